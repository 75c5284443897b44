import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { setReferences, usedBy } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, type FieldProblem, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { filterProblems } from './check.ts'
import { conditionsOf, type Filter, usesOf } from './filter.ts'
import { registerMetrics, releaseMetrics } from './metrics.ts'
import { unwatchScores, watchScore } from './scoring.ts'
import { buildSegment } from './segments.jobs.ts'
import {
  changeSegment,
  deleteSegmentRows,
  insertSegment,
  insertSegmentVersion,
  lockSegment,
  type SegmentRow,
  selectByIds,
  selectLiveFilters,
  selectSegment,
} from './segments.sql.ts'

export type Segment = SegmentRow

export async function getSegment(db: Db, id: string): Promise<Segment> {
  const found = await selectSegment(db, id)
  if (!found) throw notFound('segment')
  return found
}

/** What a segment is called and whether it runs, for those that point at it. */
export function segmentsByIds(db: Db, ids: string[]) {
  return selectByIds(db, ids)
}

/** Starts a segment as a draft: nobody is in it before it is published. */
export async function createSegment(
  db: Db,
  actor: Actor,
  given: { name: string; description?: string | undefined; filter?: Filter | null | undefined },
  now: Date,
): Promise<Segment> {
  const id = newId()
  return inTransaction(db, async trx => {
    const ownerId = actor.kind === 'user' ? actor.id : null
    const { name, description = '', filter: draft = null } = given
    await insertSegment(trx, { id, name, description, draft, ownerId, by: actor.name, now })
    await audit(trx, actor, 'segments.create', { kind: 'segment', id }, { name })
    return getSegment(trx, id)
  })
}

/** Refuses a change made against an older state, and says who changed it since. */
async function lockAt(trx: Db, id: string, version: number): Promise<Segment> {
  const segment = await lockSegment(trx, id)
  if (!segment) throw notFound('segment')
  if (segment.version !== version) {
    throw conflict('stale', `${segment.updatedBy} has changed this segment meanwhile. Load it again.`, {
      version: segment.version,
      updatedBy: segment.updatedBy,
      updatedAt: segment.updatedAt.toISOString(),
    })
  }
  return segment
}

type Given<T> = T | undefined

/** Changes the draft, the words or the steward. Who is in it changes only when it is published. */
export async function updateSegment(
  db: Db,
  actor: Actor,
  id: string,
  change: {
    version: number
    name?: Given<string>
    description?: Given<string>
    filter?: Given<Filter | null>
    ownerId?: Given<string | null>
    reviewOn?: Given<string | null>
  },
  now: Date,
): Promise<Segment> {
  return inTransaction(db, async trx => {
    const before = await lockAt(trx, id, change.version)
    if (before.status === 'archived')
      throw conflict('archived', 'An archived segment is not changed any more.')
    const { version: _, filter: draft, ...rest } = change
    const steward = { ownerId: rest.ownerId ?? before.ownerId, reviewOn: rest.reviewOn ?? before.reviewOn }
    // What is live stays owned: a steward may be replaced, not taken away.
    const stewardGoes = rest.ownerId !== undefined || rest.reviewOn !== undefined
    if (before.status === 'live' && stewardGoes) await requireSteward(trx, { ...steward, ...rest }, now)
    await changeSegment(trx, id, { ...rest, draft }, { by: actor.name, now })
    await audit(trx, actor, 'segments.edit', { kind: 'segment', id }, { name: rest.name ?? before.name })
    return getSegment(trx, id)
  })
}

/**
 * Makes the draft the next version and live. Its members are written by a job: call `startBuilding` when
 * this is committed. Publishing raises no events: the definition changed, not the contacts.
 */
export async function publishSegment(
  db: Db,
  actor: Actor,
  id: string,
  wanted: { version: number; ownerId: string; reviewOn: string },
  now: Date,
): Promise<Segment> {
  return inTransaction(db, async trx => {
    await requireSteward(trx, wanted, now)
    const segment = await lockAt(trx, id, wanted.version)
    if (segment.status === 'archived')
      throw conflict('archived', 'An archived segment is not published any more.')
    const filter = segment.draft
    if (!filter)
      throw invalid('This segment has no filter yet.', [{ path: 'filter', message: 'holds no condition' }])
    const problems = [
      ...(await filterProblems(trx, filter, 'filter')),
      ...(await circleProblems(trx, id, filter)),
      ...(await sleeping(trx, filter)),
    ]
    if (problems.length > 0) throw invalid('This segment cannot be published yet.', problems)
    const liveVersion = await insertSegmentVersion(trx, { id, filter, by: actor.name, now })
    const steward = { ownerId: wanted.ownerId, reviewOn: wanted.reviewOn }
    await changeSegment(
      trx,
      id,
      { status: 'live', liveVersion, builtTo: '0', broken: null, ...steward },
      { by: actor.name, now },
    )
    await registerMetrics(trx, { kind: 'segment', id }, filter)
    await watchScores(trx, id, filter)
    await setReferences(trx, { kind: 'segment', id, name: segment.name }, usesOf(filter))
    await audit(trx, actor, 'segments.publish', { kind: 'segment', id }, { liveVersion })
    return getSegment(trx, id)
  })
}

/** Has the crossing of every score it names told at its moment. */
async function watchScores(trx: Db, id: string, filter: Filter): Promise<void> {
  const scores = conditionsOf(filter).filter(condition => condition.type === 'score')
  const models = Map.groupBy(scores, condition => condition.modelId)
  await unwatchScores(trx, { kind: 'segment', id })
  for (const [modelId, conditions] of models) {
    await watchScore(trx, modelId, [...new Set(conditions.map(condition => condition.value))], {
      kind: 'segment',
      id,
    })
  }
}

/** Starts the job that finds the members of what was published. Should it be lost, the upkeep loop starts it again. */
export async function startBuilding(
  { db, jobs, log }: Services,
  segment: { id: string; name: string },
): Promise<void> {
  const input = { segmentId: segment.id, name: segment.name }
  await jobs.start(db, buildSegment, input, { key: segment.id }).catch(error => {
    log.warn({ err: error, segment: segment.id }, 'the job starts a little later')
  })
}

/** A segment must not rest upon itself by way of others. */
async function circleProblems(trx: Db, id: string, filter: Filter): Promise<FieldProblem[]> {
  const filters = new Map((await selectLiveFilters(trx)).map(row => [row.id, row.filter]))
  filters.set(id, filter)
  const visited = new Set<string>()
  const reaches = (from: string): boolean => {
    const below = usesOf(filters.get(from) ?? { all: [] }).filter(thing => thing.kind === 'segment')
    return below.some(thing => {
      if (thing.id === id) return true
      if (visited.has(thing.id)) return false
      visited.add(thing.id)
      return reaches(thing.id)
    })
  }
  return reaches(id)
    ? [{ path: 'filter', message: 'rests upon this very segment, directly or by way of others' }]
    : []
}

async function sleeping(trx: Db, filter: Filter): Promise<FieldProblem[]> {
  const ids = usesOf(filter)
    .filter(thing => thing.kind === 'segment')
    .map(thing => thing.id)
  if (ids.length === 0) return []
  const below = await selectByIds(trx, ids)
  return below
    .filter(row => row.status !== 'live')
    .map(row => ({
      path: 'filter',
      message: `the segment “${row.name}” is ${row.status === 'draft' ? 'not published yet' : row.status}`,
    }))
}

/** What others rest upon is not stopped under them. */
async function requireUnused(trx: Db, id: string, words: string): Promise<void> {
  const users = await usedBy(trx, { kind: 'segment', id })
  if (users.length > 0) {
    throw conflict(
      'in_use',
      `This segment is used by ${users.length} other${users.length === 1 ? '' : 's'} and cannot be ${words}.`,
      { usedBy: users },
    )
  }
}

/** Stops keeping its members up to date (`paused`: they stay as they are) or ends it (`archived`: nobody is in it). */
export async function stopSegment(
  db: Db,
  actor: Actor,
  id: string,
  wanted: { version: number; status: 'paused' | 'archived' },
  now: Date,
): Promise<Segment> {
  const { status } = wanted
  return inTransaction(db, async trx => {
    const segment = await lockAt(trx, id, wanted.version)
    if (status === 'paused' && segment.status !== 'live')
      throw conflict('not_live', 'Only a live segment can be paused.')
    await requireUnused(trx, id, status)
    await changeSegment(trx, id, { status, builtTo: null }, { by: actor.name, now })
    if (status === 'archived') {
      await releaseMetrics(trx, { kind: 'segment', id })
      await unwatchScores(trx, { kind: 'segment', id })
      await setReferences(trx, { kind: 'segment', id, name: segment.name }, [])
    }
    await audit(trx, actor, `segments.${status === 'paused' ? 'pause' : 'archive'}`, { kind: 'segment', id })
    return getSegment(trx, id)
  })
}

/** Deletes a segment that is not live and that nothing uses. */
export async function deleteSegment(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const segment = await lockSegment(trx, id)
    if (!segment) throw notFound('segment')
    if (segment.status === 'live') throw conflict('live', 'A live segment is not deleted: archive it first.')
    await requireUnused(trx, id, 'deleted')
    await releaseMetrics(trx, { kind: 'segment', id })
    await unwatchScores(trx, { kind: 'segment', id })
    await setReferences(trx, { kind: 'segment', id, name: segment.name }, [])
    await deleteSegmentRows(trx, id)
    await audit(trx, actor, 'segments.delete', { kind: 'segment', id }, { name: segment.name })
  })
}
