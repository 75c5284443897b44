import { z } from 'zod'
import { setTimers } from '#engine/timers.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import type { Asking } from './compile.ts'
import { type ReadySegment, readSegments } from './live-segments.ts'
import {
  findDrift,
  markBroken,
  rangeEnd,
  rebuildAlso,
  roughContacts,
  saveBuilt,
  saveChecked,
  settleRange,
  timerKind,
  turningPoints,
} from './membership.sql.ts'
import { countPast } from './metrics.jobs.ts'
import { lockOutTicks, sweepCounters, unreadyMetrics } from './metrics.sql.ts'
import { readyMetrics } from './metrics.ts'

/** Contacts judged in one transaction: ticks wait for it, so it stays well under a second. */
const rangeSize = 50_000

const progressSchema = z.object({ done: z.number(), changed: z.number() })
type Progress = z.infer<typeof progressSchema>

/**
 * Writes the members of a segment after its publication, range by range in the order of ids. How far it has come
 * stands in the segment's own row, so that ticks know whom they may judge, a kill repeats nothing, and another
 * publication in the middle simply starts it over.
 */
export const buildSegment = defineJob({
  name: 'decisions.build-segment',
  input: z.strictObject({ segmentId: idSchema, name: z.string() }),
  title: ({ name }) => `Find the members of “${name}”`,
  async run(job, services) {
    const { db } = services
    await countFirst(services, job.input.segmentId, words => job.save({ done: 0, words }))
    const total = await roughContacts(db)
    let progress: Progress = progressSchema.catch({ done: 0, changed: 0 }).parse(job.cursor)
    for (;;) {
      const step = await buildStep(services, job.input.segmentId, {
        progress,
        save: (trx, next) =>
          job.save({
            done: next.done,
            total: Math.max(total, next.done),
            cursor: next,
            db: trx,
            words: `${next.changed} came or went`,
          }),
      })
      if (step === null) return
      progress = step
    }
  },
})

/** Counters first: asked of the events themselves, ranges would keep the ticks waiting for long. */
async function countFirst(
  services: Services,
  segmentId: string,
  say: (words: string) => Promise<void>,
): Promise<void> {
  const { db, config } = services
  for (const { id, name } of await unreadyMetrics(db, config.zone, { kind: 'segment', id: segmentId })) {
    await countPast(services, id, {
      cursor: null,
      save: ({ done, total }) => say(`counting ${name} first: ${done} of ${total} steps`),
    })
  }
}

type Saving = { progress: Progress; save(trx: Db, progress: Progress): Promise<void> }

/** Judges one range; null when there is nothing (more) to do. What cannot be asked is marked, and keeps its members. */
async function buildStep(services: Services, id: string, saving: Saving): Promise<Progress | null> {
  try {
    return await inTransaction(services.db, trx => judgeRange(services, trx, id, saving))
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^(22|42|54)/.test(String(error.code))) {
      await markBroken(services.db, id, `It cannot be asked: ${error.message}`)
    }
    throw error
  }
}

async function judgeRange(
  { config, clock }: Services,
  trx: Db,
  id: string,
  { progress, save }: Saving,
): Promise<Progress | null> {
  await lockOutTicks(trx)
  const segments = await readSegments(trx)
  const segment = segments.find(each => each.id === id)
  if (!segment || segment.builtTo === null) return null
  const now = clock.now()
  const after = segment.builtTo
  const upTo = await rangeEnd(trx, after, rangeSize)
  if (upTo === null) {
    await saveBuilt(trx, id, null, now)
    // What rests upon it looked at members who were still being written.
    if (progress.changed > 0)
      await rebuildAlso(
        trx,
        segments.filter(each => each.restsOn.includes(id)).map(each => each.id),
      )
    return null
  }
  const start = after === '0' ? { done: 0, changed: 0 } : progress
  const asking: Asking = {
    now,
    zone: config.zone,
    metrics: await readyMetrics(trx, config.zone),
    scope: { of: 'range', after, upTo },
  }
  const { came, left } = await settleRange(trx, segment, asking)
  const turns = await turningPoints(trx, segment, asking)
  await setTimers(
    trx,
    turns.map(turn => ({ ...turn, kind: timerKind, key: id })),
  )
  await saveBuilt(trx, id, upTo, now)
  const next = { done: start.done + rangeSize, changed: start.changed + came + left }
  await save(trx, next)
  return next
}

/** Somebody of whom something happened within this time may still be on his way through a tick. */
const settlingMs = 10 * 60_000

/**
 * Every night all members are judged again. Whoever is wrongly in or out is looked at again by a tick, which
 * writes the change with its event; how many there were is shown, and should be 0.
 */
export const checkSegments = defineJob({
  name: 'decisions.check-segments',
  schedule: '20 3 * * *',
  input: noInput,
  title: () => 'Check the members of all segments',
  async run(job, services) {
    const { db, clock, config, log } = services
    const segments = (await readSegments(db)).filter(segment => segment.builtTo === null)
    for (const [place, segment] of segments.entries()) {
      const drift = await driftOf(services, segment)
      await saveChecked(db, segment.id, drift, clock.now())
      if (drift > 0)
        log.error(
          { segment: segment.id, drift, zone: config.zone },
          'members of a segment were not as they should be',
        )
      await job.save({ done: place + 1, total: segments.length })
    }
    await sweepCounters(db)
  },
})

async function driftOf({ db, clock, config }: Services, segment: ReadySegment): Promise<number> {
  let drift = 0
  let after = '0'
  for (;;) {
    const upTo = await rangeEnd(db, after, rangeSize)
    if (upTo === null) return drift
    const now = clock.now()
    const asking: Asking = {
      now,
      zone: config.zone,
      metrics: await readyMetrics(db, config.zone),
      scope: { of: 'range', after, upTo },
    }
    const wrong = await findDrift(db, segment, asking, new Date(now.getTime() - settlingMs))
    await setTimers(
      db,
      wrong.map(({ contactId }) => ({ contactId, kind: timerKind, key: segment.id, dueAt: now })),
    )
    drift += wrong.length
    after = upTo
  }
}
