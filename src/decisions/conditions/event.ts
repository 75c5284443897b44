import { z } from 'zod'
import { findEventType } from '#activity/catalogue.ts'
import { ledger } from '#activity/ledger.ts'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { type Context, conditionKind, type Metric, type Scope } from '../condition.ts'
import { compileMetric, describeDemands, metricKey, whereSchema } from '../demands.ts'
import { wordsSchema } from '../operator.ts'
import { startOf, startSoon } from '../operators/date.ts'
import { addDays } from '../zone-days.ts'

export const eventSchema = z
  .strictObject({
    type: z.literal('event'),
    event: wordsSchema.max(100),
    name: wordsSchema.max(200).nullish(),
    where: whereSchema.optional(),
    op: z.enum(['at_least', 'at_most', 'never']),
    times: z.int().min(0).max(1_000_000).optional(),
    withinDays: z.int().min(1).max(3650).nullish(),
  })
  .superRefine(({ op, times }, context) => {
    if (op === 'never' && times !== undefined)
      context.addIssue({ code: 'custom', path: ['times'], message: '"never" takes no number' })
    if (op === 'at_least' && times === 0)
      context.addIssue({ code: 'custom', path: ['times'], message: 'must be 1 or more' })
  })
type Settings = z.infer<typeof eventSchema>

const metricOf = ({ event, name, where }: Settings): Metric => ({
  event,
  name: name ?? null,
  where: where ?? [],
})

/** Every form asks one thing, whether there are at least so many; `not` turns the answer round. */
function question({ op, times }: Settings): { atLeast: number; not: boolean } {
  if (op === 'at_least') return { atLeast: times ?? 1, not: false }
  return { atLeast: op === 'never' ? 1 : (times ?? 1) + 1, not: true }
}

/** The first day of the window, which ends with today; null: ever. */
function firstDay({ withinDays }: Settings, today: string): string | null {
  return withinDays ? addDays(today, 1 - withinDays) : null
}

/** Narrows a sub-select to the contacts of the statement. */
export function inScope(scope: Scope, column: RawBuilder<unknown>): RawBuilder<unknown> {
  if (scope.of === 'all') return sql``
  if (scope.of === 'ids') return sql` and ${column} = any(${scope.ids}::bigint[])`
  return sql` and ${column} > ${scope.after}::bigint and ${column} <= ${scope.upTo}::bigint`
}

function hasAtLeast(settings: Settings, atLeast: number, context: Context): RawBuilder<boolean> {
  const metricId = context.metrics.get(metricKey(metricOf(settings)))
  const from = firstDay(settings, context.today)
  if (metricId !== undefined && context.tally)
    return sql<boolean>`${context.tally.sum(metricId, from)} >= ${atLeast}::int`
  if (metricId !== undefined) {
    // No counter is ever 0, so "once" needs no sum.
    const enough =
      atLeast === 1 ? sql`` : sql`group by counter.contact_id having sum(counter.n) >= ${atLeast}::int`
    return sql<boolean>`contact.id in (
      select counter.contact_id from decisions.counter counter
      where counter.metric_id = ${metricId}::bigint${from === null ? sql`` : sql` and counter.day >= ${from}::date`}
        ${inScope(context.scope, sql`counter.contact_id`)} ${enough})`
  }
  const since = from === null ? sql`` : sql` and event.at >= ${startOf(from, context.zone)}`
  const counted = atLeast === 1 ? sql`` : sql`group by event.contact_id having count(*) >= ${atLeast}::int`
  return sql<boolean>`contact.id in (
    select event.contact_id from ${ledger} event
    where ${compileMetric(metricOf(settings), context)}${since}${inScope(context.scope, sql`event.contact_id`)} ${counted})`
}

/** How often it really happened within the window. */
function count(settings: Settings, context: Context): RawBuilder<number> {
  const metricId = context.metrics.get(metricKey(metricOf(settings)))
  const from = firstDay(settings, context.today)
  if (metricId !== undefined) {
    return sql<number>`coalesce((select sum(counter.n)::int from decisions.counter counter where counter.contact_id = contact.id
      and counter.metric_id = ${metricId}::bigint${from === null ? sql`` : sql` and counter.day >= ${from}::date`}), 0)`
  }
  return sql<number>`(select count(*)::int from ${ledger} event where event.contact_id = contact.id
    and ${compileMetric(metricOf(settings), context)}${from === null ? sql`` : sql` and event.at >= ${startOf(from, context.zone)}`})`
}

/**
 * Days drop out of the window at midnight, oldest first. The answer turns when the newest day drops out with which
 * there still are enough: `withinDays` midnights after it. Nothing but a new event turns it the other way.
 */
function turns(settings: Settings, context: Context): RawBuilder<Date | null> | null {
  const { withinDays } = settings
  if (!withinDays) return null
  const { atLeast } = question(settings)
  const from = addDays(context.today, 1 - withinDays)
  const metricId = context.metrics.get(metricKey(metricOf(settings)))
  const { tally } = context
  if (metricId !== undefined && tally && atLeast === 1) {
    return startSoon(sql`${tally.lastDay(metricId, from)} + ${withinDays}::int`, withinDays, context)
  }
  const slow = lastDayOfEnough(settings, context, { metricId, from, atLeast })
  const turn = startOf(sql`${slow} + ${withinDays}::int`, context.zone)
  // Who has not enough now does not turn, and most have not.
  if (metricId === undefined || !tally) return turn
  return sql<Date | null>`case when ${tally.sum(metricId, from)} >= ${atLeast}::int then ${turn} end`
}

type Looking = { metricId: string | undefined; from: string; atLeast: number }

/** The newest day from which on, up to today, there are enough; null where there never are. */
function lastDayOfEnough(
  settings: Settings,
  context: Context,
  { metricId, from, atLeast }: Looking,
): RawBuilder<unknown> {
  const days =
    metricId !== undefined
      ? sql`select counter.day, counter.n from decisions.counter counter where counter.contact_id = contact.id
          and counter.metric_id = ${metricId}::bigint and counter.day >= ${from}::date`
      : sql`select (event.at at time zone ${context.zone}::text)::date as day, count(*) as n from ${ledger} event
          where event.contact_id = contact.id and event.at >= ${startOf(from, context.zone)}
            and ${compileMetric(metricOf(settings), context)} group by 1`
  return sql`(
    select max(enough.day) from (select d.day, sum(d.n) over (order by d.day desc) as so_far from (${days}) d) enough
    where enough.so_far >= ${atLeast}::int)`
}

const timesWords = (n: number) => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`)

/** A tracked event is known by its name alone; a page by what it is and its name: “Page viewed” “Pricing”. */
function whatWords(type: string, name: string | null): string {
  const title = `“${findEventType(type)?.title ?? type}”`
  if (name === null) return title
  return type === 'event.tracked' ? `“${name}”` : `${title} “${name}”`
}

function describe(settings: Settings): string {
  const { op, event, name, where, withinDays, times } = settings
  const what = whatWords(event, name ?? null)
  const demands = where && where.length > 0 ? ` where ${describeDemands(where)}` : ''
  const window = withinDays ? ` in the last ${withinDays === 1 ? 'day' : `${withinDays} days`}` : ''
  if (op === 'never') return `never did ${what}${demands}${window}`
  return `did ${what}${demands} ${op === 'at_least' ? 'at least' : 'at most'} ${timesWords(times ?? 1)}${window}`
}

/** What a contact did, how often and how lately. Days are whole days in the workspace zone, today included. */
export const event = conditionKind<Settings>({
  type: 'event',
  title: 'Event',
  schema: eventSchema,
  cost: () => 20,
  describe,
  wakesOn: ({ event: type, name }) => [name ? { type, about: name } : { type }],
  metrics: settings => [metricOf(settings)],
  compile(settings, context) {
    const { atLeast, not } = question(settings)
    const enough = hasAtLeast(settings, atLeast, context)
    return not ? sql<boolean>`not (${enough})` : enough
  },
  actual: count,
  turningPoint: turns,
})
