import { timers } from '#engine/timers.ts'
import { type Db, many, maybeOne, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { type Asking, compileBound, compileScope, compileTurningPoint, contextOf } from './compile.ts'
import type { Context } from './condition.ts'
import { inScope } from './conditions/event.ts'
import type { Bound, Filter } from './filter.ts'
import { gather } from './gather.ts'

/** The kind of our timers; the key is the segment. */
export const timerKind = 'segment'

/** A live segment as the keeping of members needs it. */
export type LiveSegment = { id: string; name: string; version: number; builtTo: string | null; bound: Bound }
export type LiveRow = { id: string; name: string; version: number; builtTo: string | null }

export function selectLive(db: Db): Promise<LiveRow[]> {
  return many(
    db,
    sql`
    select id, name, live_version as version, built_to as "builtTo"
    from decisions.segment where status = 'live' and broken is null order by id`,
  )
}

export function selectFilters(
  db: Db,
  rows: { id: string; version: number }[],
): Promise<{ id: string; version: number; filter: Filter }[]> {
  return many(
    db,
    sql`
    select v.segment_id as id, v.version, v.filter from decisions.segment_version v
    join unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.version)}::int[]) as wanted (segment_id, version)
      on wanted.segment_id = v.segment_id and wanted.version = v.version`,
  )
}

/** Shown where the segment is defined; its members stay as they last were right. */
export async function markBroken(db: Db, id: string, reason: string): Promise<void> {
  await run(
    db,
    sql`update decisions.segment set broken = ${reason.slice(0, 500)} where id = ${id}::bigint and broken is null`,
  )
}

/** Somebody came or went, or time alone will turn the answer at `at`. */
export type Finding = {
  contactId: string
  segmentId: string
  what: 'entered' | 'left' | 'turns'
  at: Date | null
}

/**
 * Asks all these segments about all contacts of the scope, writes what has changed and returns it, with the
 * turning points that come before a timer that is set already: one that rings early asks again and finds the next.
 * One statement, whatever the number of segments.
 */
export function settleMembers(db: Db, segments: LiveSegment[], asking: Asking): Promise<Finding[]> {
  return many(db, settleStatement(segments, asking))
}

/** The statement of `settleMembers`. */
export function settleStatement(segments: LiveSegment[], asking: Asking): RawBuilder<Finding> {
  const context = contextOf(asking)
  const ids = segments.map(segment => segment.id)
  const { built, join } = gather(context, within => ({
    cases: segments.map(
      ({ id, bound }) => sql`case when ${compileBound(bound, within)} then ${id}::bigint end`,
    ),
    turning: turningOf(segments, within),
  }))
  const { cases, turning } = built
  return sql`
    with asked as materialized (
      select contact.id, array_remove(array[${sql.join(cases)}]::bigint[], null) as wanted${turning.column}
      from audience.contact contact ${join}
      where ${compileScope(context.scope)}),
    diff as materialized (
      select coalesce(want.contact_id, held.contact_id) as contact_id, coalesce(want.segment_id, held.segment_id) as segment_id,
        held.contact_id is null as is_new
      from (select asked.id as contact_id, unnest(asked.wanted) as segment_id from asked) want
      full join (${membersIn(ids, context.scope)}) held
        on held.contact_id = want.contact_id and held.segment_id = want.segment_id
      where want.contact_id is null or held.contact_id is null),
    came as (
      insert into decisions.segment_member (contact_id, segment_id, entered_at)
      select contact_id, segment_id, ${asking.now}::timestamptz from diff where is_new order by contact_id, segment_id
      on conflict (contact_id, segment_id) do nothing),
    gone as (
      delete from decisions.segment_member m using diff
      where not diff.is_new and m.contact_id = diff.contact_id and m.segment_id = diff.segment_id)
    select diff.contact_id as "contactId", diff.segment_id as "segmentId",
      case when diff.is_new then 'entered' else 'left' end as what, null::timestamptz as at
    from diff${turning.rows}`
}

/** The turning points of those segments that have some, as a column of `asked` and as rows of the answer. */
function turningOf(
  segments: LiveSegment[],
  context: Context,
): { column: RawBuilder<unknown>; rows: RawBuilder<unknown> } {
  const turning = segments.flatMap(({ id, bound }) => {
    const at = compileTurningPoint(bound, context)
    return at ? [{ id, at }] : []
  })
  if (turning.length === 0) return { column: sql``, rows: sql`` }
  return {
    column: sql`, array[${sql.join(turning.map(each => each.at))}]::timestamptz[] as turns`,
    rows: sql`
    union all
    select asked.id, turn.segment_id, 'turns', turn.at from asked
    cross join lateral unnest(${turning.map(each => each.id)}::bigint[], asked.turns) as turn (segment_id, at)
    left join ${timers} timer on timer.contact_id = asked.id and timer.kind = ${timerKind} and timer.key = turn.segment_id
      and timer.due_at <= turn.at${inScope(context.scope, sql`timer.contact_id`)}
    where turn.at is not null and timer.contact_id is null`,
  }
}

function membersIn(segmentIds: string[], scope: Parameters<typeof inScope>[0]): RawBuilder<unknown> {
  return sql`
    select m.contact_id, m.segment_id from decisions.segment_member m
    where m.segment_id = any(${segmentIds}::bigint[])${inScope(scope, sql`m.contact_id`)}`
}

export type RangeResult = { came: number; left: number }

/** Writes the members of one segment in a range of contacts: those who should be in and are not, and the reverse. */
export function settleRange(
  db: Db,
  { id, bound }: { id: string; bound: Bound },
  asking: Asking,
): Promise<RangeResult> {
  const context = contextOf(asking)
  const { built: filter, join } = gather(context, within => compileBound(bound, within))
  return one(
    db,
    sql`
    with want as materialized (
      select contact.id from audience.contact contact ${join}
      where ${compileScope(context.scope)} and ${filter}),
    held as materialized (${membersIn([id], context.scope)}),
    came as (
      insert into decisions.segment_member (contact_id, segment_id, entered_at)
      select want.id, ${id}::bigint, ${asking.now}::timestamptz from want
      where not exists (select from held where held.contact_id = want.id)
      returning 1),
    gone as (
      delete from decisions.segment_member m using held
      where m.contact_id = held.contact_id and m.segment_id = ${id}::bigint
        and not exists (select from want where want.id = held.contact_id)
      returning 1)
    select (select count(*)::int from came) as came, (select count(*)::int from gone) as left`,
  )
}

/** The turning points of a segment in a range, for contacts of whom time alone will change the answer. */
export function turningPoints(
  db: Db,
  { bound }: { bound: Bound },
  asking: Asking,
): Promise<{ contactId: string; dueAt: Date }[]> {
  const context = contextOf(asking)
  const { built: at, join } = gather(context, within => compileTurningPoint(bound, within))
  if (!at) return Promise.resolve([])
  return many(
    db,
    sql`
    select id as "contactId", at as "dueAt" from (
      select contact.id, ${at} as at from audience.contact contact ${join} where ${compileScope(context.scope)}) asked
    where at is not null`,
  )
}

/** Contacts of a range who are wrongly in or wrongly out, except those of whom something is still to be looked at. */
export function findDrift(
  db: Db,
  { id, bound }: { id: string; bound: Bound },
  asking: Asking,
  quietSince: Date,
): Promise<{ contactId: string }[]> {
  const context = contextOf(asking)
  const { built: filter, join } = gather(context, within => compileBound(bound, within))
  return many(
    db,
    sql`
    select coalesce(want.id, held.contact_id) as "contactId"
    from (
      select contact.id from audience.contact contact ${join}
      where ${compileScope(context.scope)} and ${filter}) want
    full join (${membersIn([id], context.scope)}) held on held.contact_id = want.id
    where (want.id is null or held.contact_id is null)
      and not exists (
        select from activity.event event
        where event.contact_id = coalesce(want.id, held.contact_id) and event.received_at > ${quietSince}::timestamptz)`,
  )
}

/** The end of the next range of contacts after `after`, or null when there are no more. */
export async function rangeEnd(db: Db, after: string, size: number): Promise<string | null> {
  const row = await maybeOne<{ upTo: string | null }>(
    db,
    sql`
    select max(id) as "upTo" from (
      select id from audience.contact where id > ${after}::bigint order by id limit ${size}) batch`,
  )
  return row?.upTo ?? null
}

/** Contacts there are, roughly: what the planner believes. */
export async function roughContacts(db: Db): Promise<number> {
  const row = await one<{ n: number }>(
    db,
    sql`
    select greatest(reltuples, 0)::float8 as n from pg_class where oid = 'audience.contact'::regclass`,
  )
  return Math.round(row.n)
}

/** Segments of which contacts are still to be judged. */
export function selectBuilding(db: Db): Promise<{ id: string; name: string; version: number }[]> {
  return many(
    db,
    sql`
    select id, name, live_version as version from decisions.segment where status = 'live' and built_to is not null and broken is null order by id`,
  )
}

export async function saveBuilt(db: Db, id: string, builtTo: string | null, now: Date): Promise<void> {
  await run(
    db,
    sql`
    update decisions.segment set built_to = ${builtTo}::bigint, built_at = case when ${builtTo === null} then ${now}::timestamptz else built_at end
    where id = ${id}::bigint`,
  )
}

/** Segments that rest upon this one are judged anew. */
export async function rebuildAlso(db: Db, ids: string[]): Promise<void> {
  if (ids.length > 0)
    await run(
      db,
      sql`update decisions.segment set built_to = 0 where id = any(${ids}::bigint[]) and status = 'live'`,
    )
}

export async function saveChecked(db: Db, id: string, drift: number, now: Date): Promise<void> {
  await run(
    db,
    sql`update decisions.segment set drift = ${drift}::int, checked_at = ${now} where id = ${id}::bigint`,
  )
}

export async function forgetMember(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from decisions.segment_member where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from decisions.counter where contact_id = any(${contactIds}::bigint[])`)
}

/** Counters are additive; membership of the one that goes is judged anew for the one that stays. */
export async function repointMember(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    insert into decisions.counter as counter (contact_id, metric_id, day, n)
    select ${to}::bigint, old.metric_id, old.day, old.n from decisions.counter old where old.contact_id = ${from}::bigint
    on conflict (contact_id, metric_id, day) do update set n = counter.n + excluded.n`,
  )
  await forgetMember(trx, [from])
}
