import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Showing } from './token.ts'

export type Whence = { source: string; medium: string; campaign: string; host: string }

/** Notes a showing; the second time says nothing new. */
export async function noteView(db: Db, showing: Showing, whence: Whence): Promise<void> {
  await run(
    db,
    sql`
    insert into capture.form_view (form_id, id, version, at, source, medium, campaign, host)
    values (${showing.formId}::bigint, ${showing.id}::bigint, ${showing.version}, ${showing.at}, ${whence.source},
      ${whence.medium}, ${whence.campaign}, ${whence.host})
    on conflict do nothing`,
  )
}

/** Somebody began, or left a field with an answer in it. */
export async function noteTouch(db: Db, showing: Showing, field: string | null, now: Date): Promise<void> {
  await run(
    db,
    sql`
    update capture.form_view set started_at = coalesce(started_at, ${now}),
      last_field = coalesce(${field}::text, last_field),
      touched = case when ${field}::text is null or ${field}::text = any(touched) then touched
        else touched || ${field}::text end
    where form_id = ${showing.formId}::bigint and id = ${showing.id}::bigint`,
  )
}

/** It was sent, and nothing about it is suspicious. */
export async function noteCompletion(db: Db, showing: Showing, now: Date): Promise<void> {
  await run(
    db,
    sql`
    update capture.form_view set started_at = coalesce(started_at, ${now}), completed_at = coalesce(completed_at, ${now})
    where form_id = ${showing.formId}::bigint and id = ${showing.id}::bigint`,
  )
}

type Range = { formId: string; from: Date; to: Date }
const inRange = ({ formId, from, to }: Range) =>
  sql`v.form_id = ${formId}::bigint and v.at >= ${from} and v.at < ${to}`
const counts = sql`count(*)::int as views, count(v.started_at)::int as starts, count(v.completed_at)::int as completions`

export type Counts = { views: number; starts: number; completions: number }

/** Showings, starts and completions by version, with the median time from the first entry to sending. */
export function countVersions(
  db: Db,
  range: Range,
): Promise<(Counts & { version: number; seconds: number | null })[]> {
  return many(
    db,
    sql`
    select v.version, ${counts},
      percentile_cont(0.5) within group (order by extract(epoch from v.completed_at - v.at)::float8) as seconds
    from capture.form_view v where ${inRange(range)} group by v.version order by v.version`,
  )
}

export function countDays(db: Db, range: Range, zone: string): Promise<(Counts & { day: string })[]> {
  return many(
    db,
    sql`
    select (v.at at time zone ${zone}::text)::date::text as day, ${counts} from capture.form_view v
    where ${inRange(range)} group by 1 order by 1`,
  )
}

/** The sources that brought most. */
export function countSources(
  db: Db,
  range: Range,
): Promise<(Counts & { source: string; medium: string; campaign: string })[]> {
  return many(
    db,
    sql`
    select v.source, v.medium, v.campaign, ${counts} from capture.form_view v
    where ${inRange(range)} group by 1, 2, 3 order by count(*) desc, 1, 2, 3 limit 50`,
  )
}

/** By field: how many answered it, and for how many who did not send it was the last. */
export function countFields(
  db: Db,
  range: Range,
): Promise<{ field: string; answered: number; lastOf: number }[]> {
  return many(
    db,
    sql`
    select t.field, count(*)::int as answered,
      (count(*) filter (where v.completed_at is null and v.last_field = t.field))::int as "lastOf"
    from capture.form_view v cross join lateral unnest(v.touched) as t (field)
    where ${inRange(range)} group by t.field`,
  )
}
