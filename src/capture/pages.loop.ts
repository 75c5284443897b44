import { setTimeout as pause } from 'node:timers/promises'
import { systemActor } from '#access/users.ts'
import type { Loop } from '#engine/module.ts'
import { inTransaction } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { changePage, lockPage, type PageRow, selectPage } from './pages/pages.sql.ts'
import { nextScheduled, selectOpenTests, selectScheduled } from './pages/schedule.sql.ts'
import { dropSalts, dropVisits } from './pages/visits.sql.ts'
import { decidePage, resultsOf } from './pages.results.ts'
import { pausePage, publishPage } from './pages.ts'

/** Machine times in milliseconds. */
const idleMs = 1_000
const tidyMs = 15_000

/**
 * Looks after pages: what is scheduled happens at its time, tests that end by themselves end, what may not be known
 * any more is forgotten. Any worker may do any of it: each step is one transaction under the lock of the page.
 */
export const pageLoop: Loop = {
  name: 'pages',
  role: 'worker',
  async run(services, signal) {
    let tidiedAt = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      try {
        await keepSchedule(services)
        if (performance.now() - tidiedAt > tidyMs) {
          await endTests(services)
          await forgetOld(services)
          tidiedAt = performance.now()
        }
      } catch (error) {
        services.log.error({ err: error }, 'pages could not be looked after')
      }
      await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
  },
}

/** Does what is due. */
export async function keepSchedule(services: Services): Promise<void> {
  for (const { id } of await selectScheduled(services.db, services.clock.now())) await step(services, id)
}

async function step({ db, clock }: Services, id: string): Promise<void> {
  const now = clock.now()
  const page = await selectPage(db, id)
  if (page?.publishAt && page.publishAt <= now && page.publishBy) await goLive(db, page, now)
  const after = await selectPage(db, id)
  if (after?.unpublishAt && after.unpublishAt <= now && after.status === 'live')
    await pausePage(db, systemActor, id, now)
}

/** As the one who scheduled it. What stands in the way is kept on the page, and the moment is over. */
async function goLive(db: Services['db'], page: PageRow, now: Date): Promise<void> {
  const { publishBy, id, version } = page
  if (!publishBy) return
  const actor: Actor = { ...systemActor, id: publishBy.actorId, name: publishBy.actorName }
  try {
    await publishPage(db, actor, id, { ...publishBy, version }, now)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const words = [error.message, ...error.fields.map(field => `${field.path} ${field.message}`)].join(' ')
    await inTransaction(db, async trx => {
      const locked = await lockPage(trx, id)
      // Somebody saved it at this very moment: the next turn looks again.
      if (locked?.version !== version) return
      const patch = { publishAt: null, publishBy: null, scheduleWords: words.slice(0, 1_000) }
      await changePage(trx, id, patch, { name: publishBy.actorName, now })
    })
  }
}

async function endTests(services: Services): Promise<void> {
  const { db, clock } = services
  for (const { id } of await selectOpenTests(db)) {
    const { conclusion } = await resultsOf(db, id)
    if (conclusion.winner) await decidePage(db, systemActor, id, conclusion.winner, clock.now())
  }
}

async function forgetOld({ db, clock }: Services): Promise<void> {
  const day = clock.now().toISOString().slice(0, 10)
  await dropSalts(db, day)
  await dropVisits(db, day)
}

/** Pages that should have gone live or left the street by now. */
export async function pagesPending(db: Services['db'], now: Date): Promise<number> {
  return (await selectScheduled(db, now)).length
}

export { nextScheduled as nextPage }
