import { type Db, many, sql } from '#platform/db/db.ts'
import type { Range, Span } from '../range.ts'
import type { Day, Values } from './report.ts'

/** Which events: types, and the key they are about (a list, a segment); null for all. */
export type About = { types: Record<string, string>; key: string | null }

const counts = ({ types }: About) =>
  sql.join(
    Object.entries(types).map(
      ([metric, type]) => sql`coalesce(sum(n) filter (where type = ${type}), 0)::float8 as ${sql.id(metric)}`,
    ),
  )
const wanted = (about: About) =>
  sql`type = any(${Object.values(about.types)}::text[]) and (${about.key}::text is null or key = ${about.key})`

export async function eventTotals(
  db: Db,
  span: Span | null,
  about: About,
): Promise<Record<string, number> | null> {
  if (!span) return null
  const [row] = await many<Record<string, number>>(
    db,
    sql`select ${counts(about)} from insight.event_day
      where ${wanted(about)} and day between ${span.from}::date and ${span.to}::date`,
  )
  return row ?? null
}

export function eventDays(db: Db, span: Span, about: About): Promise<Day[]> {
  return many<Day>(
    db,
    sql`select day::text as day, ${counts(about)} from insight.event_day
      where ${wanted(about)} and day between ${span.from}::date and ${span.to}::date group by day order by day`,
  )
}

export async function eventBothDays(
  db: Db,
  range: Range,
  about: About,
): Promise<{ now: Day[]; before: Day[] | null }> {
  return {
    now: await eventDays(db, range, about),
    before: range.before ? await eventDays(db, range.before, about) : null,
  }
}

/** Came and went per key in a span, and what came and went since its end: with the members now, that gives sizes. */
export function comings(
  db: Db,
  span: Span,
  ask: { came: string; went: string },
): Promise<{ key: string; came: number; went: number; later: number }[]> {
  return many(
    db,
    sql`select key,
        coalesce(sum(n) filter (where type = ${ask.came} and day <= ${span.to}::date), 0)::float8 as came,
        coalesce(sum(n) filter (where type = ${ask.went} and day <= ${span.to}::date), 0)::float8 as went,
        coalesce(sum(case when type = ${ask.came} then n else -n end) filter (where day > ${span.to}::date), 0)::float8 as later
      from insight.event_day where type in (${ask.came}, ${ask.went}) and day >= ${span.from}::date group by key`,
  )
}

/** Sizes at the end of each day, backwards from the members now. */
export function sizesOf(days: Day[], size: number, ask: { came: string; went: string }): Map<string, number> {
  const sizes = new Map<string, number>()
  let left = size
  for (const day of [...days].reverse()) {
    sizes.set(day.day, left)
    left -= Number(day[ask.came] ?? 0) - Number(day[ask.went] ?? 0)
  }
  return sizes
}

export type Growth = { came: number; went: number; size: number }

/** Net and churn from what came and went. */
export function growthValues({ came, went, size }: Growth, names: { came: string; went: string }): Values {
  const atBeginning = size - came + went
  return {
    [names.came]: came,
    [names.went]: went,
    net: came - went,
    size,
    churn_rate: atBeginning > 0 ? went / atBeginning : null,
  }
}
