import type { Module } from '#engine/module.ts'
import { bulkRun, bulkUndo } from './bulk/jobs.ts'
import { countCompanies } from './companies.ts'
import { findDuplicates } from './duplicates.ts'
import { dropNotes, forgetNotes } from './notes.ts'
import { countQuality } from './quality.ts'
import { retainJob } from './retention.jobs.ts'
import { stewardshipRoutes } from './stewardship.routes.ts'
import { upkeepLoop } from './upkeep.loop.ts'

/** Care for what runs and for what is held about people. It reaches into all rooms below, so they are handed in. */
export function stewardshipModule(rooms: Module[]): Module {
  const retention = retainJob(rooms)
  return {
    name: 'stewardship',
    routes: stewardshipRoutes(rooms, retention),
    jobs: [retention, findDuplicates, bulkRun, bulkUndo, dropNotes, countQuality, countCompanies],
    loops: [upkeepLoop],
    forget: forgetNotes,
  }
}
