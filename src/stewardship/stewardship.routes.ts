import type { Module } from '#engine/module.ts'
import type { Route } from '#platform/http/route.ts'
import { bulkRoutes } from './bulk.routes.ts'
import { companyListRoutes } from './companies.routes.ts'
import { handOverRoutes } from './hand-over.routes.ts'
import { mergingRoutes } from './merge.routes.ts'
import { qualityRoutes } from './quality.routes.ts'
import { requestRoutes } from './requests.routes.ts'
import type { retainJob } from './retention.jobs.ts'
import { retentionRoutes } from './retention.routes.ts'
import { reviewRoutes } from './reviews.routes.ts'
import { subjectRoutes } from './subject.routes.ts'

/** Routes that reach into all rooms; app.ts hands the rooms over. */
export function stewardshipRoutes(modules: Module[], retention: ReturnType<typeof retainJob>): Route[] {
  return [
    ...handOverRoutes(modules),
    ...subjectRoutes(modules),
    ...requestRoutes(modules),
    ...retentionRoutes(retention),
    ...mergingRoutes,
    ...bulkRoutes,
    ...companyListRoutes,
    ...qualityRoutes,
    ...reviewRoutes(modules),
  ]
}
