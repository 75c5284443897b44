import { type Db, one, run, sql } from '#platform/db/db.ts'
import { type Asking, compileBound, contextOf } from '../../src/decisions/compile.ts'
import type { LiveSegment } from '../../src/decisions/membership.sql.ts'

/** What somebody who knows the tables and their data would write for the three conditions of the bench. */
export function countNaive(
  db: Db,
  { metricId, now, zone }: { metricId: string; now: Date; zone: string },
): Promise<{ n: number }> {
  return one(
    db,
    sql`
    select count(*)::int as n from audience.contact c
    where lower(c.country) in ('de', 'fr', 'gb', 'us')
      and (c.attrs ->> 'seats')::numeric >= 20
      and c.id in (
        select contact_id from decisions.counter
        where metric_id = ${metricId}::bigint and day > (${now}::timestamptz at time zone ${zone}::text)::date - 20)`,
  )
}

/** The usual way: each segment by a statement of its own, which compares, writes and tells, as good as one can be. */
export async function settleNaive(db: Db, segments: LiveSegment[], asking: Asking): Promise<number> {
  const ids = asking.scope?.of === 'ids' ? asking.scope.ids : []
  let changes = 0
  for (const segment of segments) {
    const matches = compileBound(segment.bound, contextOf(asking))
    const { n } = await one<{ n: number }>(
      db,
      sql`
      with want as materialized (
        select contact.id from audience.contact contact where contact.id = any(${ids}::bigint[]) and ${matches}),
      held as materialized (
        select contact_id from decisions.segment_member
        where segment_id = ${segment.id}::bigint and contact_id = any(${ids}::bigint[])),
      came as (
        insert into decisions.segment_member (contact_id, segment_id, entered_at)
        select id, ${segment.id}::bigint, ${asking.now}::timestamptz from want
        where not exists (select from held where held.contact_id = want.id) returning contact_id),
      gone as (
        delete from decisions.segment_member m using held
        where m.segment_id = ${segment.id}::bigint and m.contact_id = held.contact_id
          and not exists (select from want where want.id = held.contact_id) returning m.contact_id)
      select ((select count(*) from came) + (select count(*) from gone))::int as n`,
    )
    changes += n
  }
  return changes
}

/** One statement, nobody else working: the least that writing a quarter of everybody can cost. */
export function rebuildNaive(db: Db, segmentId: string, now: Date): Promise<number> {
  return run(
    db,
    sql`
    insert into decisions.segment_member (contact_id, segment_id, entered_at)
    select id, ${segmentId}::bigint, ${now}::timestamptz from audience.contact where lower(stage) = 'lead'
    on conflict do nothing`,
  )
}
