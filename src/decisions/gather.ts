import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Context, Scope, Share, Tally } from './condition.ts'
import { inScope } from './conditions/event.ts'
import { startOf } from './operators/date.ts'

/**
 * Builds a statement of many filters so that nothing is worked out twice for a contact: counters are read in one
 * pass for all conditions on them, and what several conditions look at (a text without case, a number out of JSON)
 * becomes a column. `join` belongs behind `audience.contact contact`.
 */
export function gather<T>(
  context: Context,
  build: (context: Context) => T,
): { built: T; join: RawBuilder<unknown> } {
  const uses = new Map<string, number>()
  const count: Share = (key, value) => {
    uses.set(key, (uses.get(key) ?? 0) + 1)
    return value
  }
  build({ ...context, tally: tallyInto(new Map()), share: count })
  const columns = new Map<string, Column>()
  const shared = new Map<string, RawBuilder<unknown>>()
  const share: Share = <V>(key: string, value: RawBuilder<V>) => {
    // What is looked at once may not be looked at at all, if something cheaper decides before.
    if ((uses.get(key) ?? 0) < 2) return value
    shared.set(key, value)
    return sql<V>`${sql.ref(`shared.${nameIn(shared, key)}`)}`
  }
  let reach = 0
  const soon = (day: RawBuilder<unknown>, within: number) => {
    reach = Math.max(reach, within)
    // A day beyond the calendar (an event from the future) is worked out.
    return sql<Date>`coalesce(calendar.starts[${day} - ${context.today}::date], ${startOf(day, context.zone)})`
  }
  const built = build({ ...context, tally: tallyInto(columns), share, soon })
  const tallies = tallyJoin([...columns.values()], context.scope)
  return { built, join: sql`${sharedJoin(shared)} ${tallies} ${calendarJoin(reach, context)}` }
}

const nameIn = (all: Map<string, unknown>, key: string) => `s${[...all.keys()].indexOf(key)}`

/** OFFSET 0 keeps PostgreSQL from putting the expressions back to where they are used. */
function sharedJoin(shared: Map<string, RawBuilder<unknown>>): RawBuilder<unknown> {
  if (shared.size === 0) return sql``
  const columns = [...shared].map(([key, value]) => sql`${value} as ${sql.ref(nameIn(shared, key))}`)
  return sql`cross join lateral (select ${sql.join(columns)} offset 0) shared`
}

/** The beginnings of the next days, worked out once for all contacts: index 1 is tomorrow. */
function calendarJoin(reach: number, { today, zone }: Context): RawBuilder<unknown> {
  if (reach === 0) return sql``
  const start = startOf(sql`${today}::date + ahead.n`, zone)
  return sql`cross join (
    select array(select ${start} from generate_series(1, ${reach}::int) as ahead (n) order by ahead.n) as starts offset 0) calendar`
}

function tallyInto(columns: Map<string, Column>): Tally {
  const column = (metricId: string, from: string | null, isLast: boolean) => {
    const key = `${metricId}|${from}|${isLast}`
    const known = columns.get(key) ?? { name: `n${columns.size}`, metricId, from, isLast }
    columns.set(key, known)
    return sql.ref(`tally.${known.name}`)
  }
  return {
    sum: (metricId, from) => sql<number>`coalesce(${column(metricId, from, false)}, 0)`,
    lastDay: (metricId, from) => sql<string | null>`${column(metricId, from, true)}`,
  }
}

type Column = { name: string; metricId: string; from: string | null; isLast: boolean }

function tallyJoin(columns: Column[], scope: Scope): RawBuilder<unknown> {
  if (columns.length === 0) return sql``
  const days = columns.map(column => column.from)
  const earliest = days.includes(null) ? null : days.reduce((a, b) => ((a ?? '') < (b ?? '') ? a : b))
  const since = earliest === null ? sql`` : sql` and counter.day >= ${earliest}::date`
  return sql`left join (
    select counter.contact_id, ${sql.join(columns.map(sumOf))} from decisions.counter counter
    where counter.metric_id = any(${[...new Set(columns.map(column => column.metricId))]}::bigint[])${since}
      ${inScope(scope, sql`counter.contact_id`)}
    group by counter.contact_id) tally on tally.contact_id = contact.id`
}

function sumOf({ name, metricId, from, isLast }: Column): RawBuilder<unknown> {
  const since = from === null ? sql`` : sql` and counter.day >= ${from}::date`
  const value = isLast ? sql`max(counter.day)` : sql`sum(counter.n)`
  return sql`${value} filter (where counter.metric_id = ${metricId}::bigint${since}) as ${sql.ref(name)}`
}
