import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import { type Db, one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { contactListRoutes } from './contact-list.routes.ts'
import { filterRoutes } from './filter.routes.ts'
import { membershipReactor } from './membership.reactor.ts'
import { forgetMember, repointMember, selectBuilding } from './membership.sql.ts'
import { countMetric } from './metrics.jobs.ts'
import { metricsReactor } from './metrics.reactor.ts'
import { scoreModelRoutes } from './score-models.routes.ts'
import { pendingPasses, recountScores, scoringLoop } from './scoring.jobs.ts'
import { scoringReactor } from './scoring.reactor.ts'
import { exportScores, forgetScores, repointScores } from './scoring.ts'
import { buildSegment, checkSegments } from './segments.jobs.ts'
import { segmentRoutes } from './segments.routes.ts'
import { selectMemberships } from './segments.sql.ts'
import { upkeepLoop } from './upkeep.loop.ts'

async function health({ db }: Services): Promise<{ ok: boolean; words: string }[]> {
  const { broken, drifted } = await one<{ broken: string[]; drifted: string[] }>(
    db,
    sql`
    select coalesce(array_agg(name order by name) filter (where broken is not null), '{}') as broken,
      coalesce(array_agg(name order by name) filter (where drift > 0), '{}') as drifted
    from decisions.segment where status = 'live'`,
  )
  const listed = (names: string[]) =>
    `${names
      .slice(0, 5)
      .map(name => `“${name}”`)
      .join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
  return [
    {
      ok: true,
      words:
        broken.length === 0
          ? 'All live segments can be asked.'
          : `Segments that cannot be asked keep their last members: ${listed(broken)}.`,
    },
    ...(drifted.length === 0
      ? []
      : [{ ok: true, words: `The nightly check had to correct members of ${listed(drifted)}.` }]),
  ]
}

async function exportContact(db: Db, contactId: string): Promise<unknown> {
  const [segments, scores] = [await selectMemberships(db, contactId), await exportScores(db, contactId)]
  return { segments, scores }
}

/** Who qualifies: the filter language, segments with their members, scores. */
export const decisionsModule: Module = {
  name: 'decisions',
  ...ownedIn({ segments: 'decisions.segment', scoring: 'decisions.score_model' }),
  routes: [...contactListRoutes, ...filterRoutes, ...segmentRoutes, ...scoreModelRoutes],
  // Filters ask counters and scores, so those come first.
  reactors: [metricsReactor, scoringReactor, membershipReactor],
  jobs: [countMetric, buildSegment, checkSegments, recountScores],
  loops: [upkeepLoop, scoringLoop],
  pending: async db => (await selectBuilding(db)).length + (await pendingPasses(db)),
  health,
  async forget(trx, contactIds) {
    await forgetMember(trx, contactIds)
    await forgetScores(trx, contactIds)
  },
  exportContact,
  async repoint(trx, from, to) {
    await repointMember(trx, from, to)
    await repointScores(trx, from, to)
  },
}
