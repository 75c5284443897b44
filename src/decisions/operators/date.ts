import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { type Operand, type Operator, operator, type When } from '../operator.ts'
import { addDays } from '../zone-days.ts'

const daySchema = z.iso
  .date({ error: 'must be a day, like 2026-11-23' })
  .refine(day => day >= '1900' && day < '9000', 'must lie between the years 1900 and 9000')
const countSchema = z.int({ error: 'must be a whole number of days' }).min(1).max(3650)

/** The first moment of a calendar day in the zone. */
export function startOf(day: RawBuilder<unknown> | string, zone: string): RawBuilder<Date> {
  return sql<Date>`decisions.day_start(${typeof day === 'string' ? sql`${day}::date` : day}, ${zone}::text)`
}

/** The same for a day that is very likely one of the next `within`, of which a statement may hold a calendar. */
export function startSoon(day: RawBuilder<unknown>, within: number, { zone, soon }: When): RawBuilder<Date> {
  return soon ? soon(day, within) : startOf(day, zone)
}

type Between = { from?: string; before?: string }

/** From the start of one day until the start of another. */
function between({ moment }: Operand, { from, before }: Between, zone: string): RawBuilder<boolean> {
  const parts: RawBuilder<unknown>[] = []
  if (from) parts.push(sql`${moment} >= ${startOf(from, zone)}`)
  if (before) parts.push(sql`${moment} < ${startOf(before, zone)}`)
  return sql<boolean>`coalesce(${sql.join(parts, sql` and `)}, false)`
}

const inLast = (days: number, today: string): Between => ({
  from: addDays(today, 1 - days),
  before: addDays(today, 1),
})
const inNext = (days: number, today: string): Between => ({ from: today, before: addDays(today, days) })

const dayOf = ({ moment }: Operand, zone: string) => sql`(${moment} at time zone ${zone}::text)::date`

/** A day comes into "the last n days" when it arrives, and leaves n midnights later. */
function lastTurns(operand: Operand, days: number, when: When): RawBuilder<Date | null> {
  const { zone, today } = when
  const day = dayOf(operand, zone)
  return sql<Date | null>`case when ${day} > ${today}::date then ${startOf(day, zone)}
    when ${day} > ${addDays(today, -days)}::date then ${startSoon(sql`${day} + ${days}::int`, days, when)} end`
}

/** A day comes into "the next n days" n - 1 midnights before it, and leaves when it is over. */
function nextTurns(operand: Operand, days: number, when: When): RawBuilder<Date | null> {
  const { zone, today } = when
  const day = dayOf(operand, zone)
  return sql<Date | null>`case when ${day} >= ${addDays(today, days)}::date then ${startOf(sql`${day} - ${days - 1}::int`, zone)}
    when ${day} >= ${today}::date then ${startSoon(sql`${day} + 1`, days, when)} end`
}

const days = (n: number) => (n === 1 ? 'day' : `${n} days`)

function calendar(
  name: string,
  negation: string | null,
  title: string,
  span: (day: string) => Between,
): Operator {
  return operator<string>({
    name,
    families: ['date'],
    negation,
    title,
    value: daySchema,
    describe: day => `${title} ${day}`,
    compile: (operand, day, { zone }) => between(operand, span(day), zone),
  })
}

function relative(
  [name, negation]: [string, string],
  words: (n: number) => string,
  span: (n: number, today: string) => Between,
  turns: typeof lastTurns,
): Operator[] {
  const common = { families: ['date' as const], value: countSchema, turningPoint: turns }
  return [
    operator<number>({
      ...common,
      name,
      negation,
      title: `is ${name.replaceAll('_', ' ')}`,
      describe: n => `is in ${words(n)}`,
      compile: (operand, n, { zone, today }) => between(operand, span(n, today), zone),
    }),
    operator<number>({
      ...common,
      name: negation,
      negation: name,
      title: `is ${negation.replaceAll('_', ' ')}`,
      describe: n => `is not in ${words(n)}`,
      compile: (operand, n, { zone, today }) => sql<boolean>`not ${between(operand, span(n, today), zone)}`,
    }),
  ]
}

export const dateOperators: Operator[] = [
  calendar('before', null, 'is before', day => ({ before: day })),
  calendar('after', null, 'is after', day => ({ from: addDays(day, 1) })),
  calendar('on', 'not_on', 'is on', day => ({ from: day, before: addDays(day, 1) })),
  operator<string>({
    name: 'not_on',
    families: ['date'],
    negation: 'on',
    title: 'is not on',
    value: daySchema,
    describe: day => `is not on ${day}`,
    compile: (operand, day, { zone }) =>
      sql<boolean>`not ${between(operand, { from: day, before: addDays(day, 1) }, zone)}`,
  }),
  ...relative(['in_last_days', 'not_in_last_days'], n => `the last ${days(n)}`, inLast, lastTurns),
  ...relative(['in_next_days', 'not_in_next_days'], n => `the next ${days(n)}`, inNext, nextTurns),
]
