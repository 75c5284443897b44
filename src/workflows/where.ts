import { Temporal } from 'temporal-polyfill'
import type { z } from 'zod'
import type { whereSchema } from '#decisions/demands.ts'

/** One demand on an event's own values, as the filter language writes it. */
export type Demand = z.infer<typeof whereSchema>[number]

type Seen = { type: string; data: Record<string, unknown> }

/**
 * Whether an event fulfils a demand. This is `compileDemands` of the filter language for a single event in memory:
 * the two mean the same, and a property test holds them together.
 */
export function fulfils(demand: Demand, event: Seen, zone: string): boolean {
  const actual = readValue(event, demand.property)
  const test = tests[demand.op]
  if (!test) throw new Error(`no operator ${demand.op}`)
  return test({ text: textOf(actual), number: numberOf(actual), zone }, demand.value)
}

type Reading = { text: string | null; number: number | null; zone: string }
type Test = (actual: Reading, wanted: Demand['value']) => boolean

const not =
  (test: Test): Test =>
  (actual, wanted) =>
    !test(actual, wanted)

const is: Test = ({ text, number }, wanted) => {
  if (typeof wanted === 'number') return number === wanted
  return text !== null && text.toLowerCase() === String(wanted).toLowerCase()
}
const isAnyOf: Test = (actual, wanted) => Array.isArray(wanted) && wanted.some(one => is(actual, one))
const isSet: Test = ({ text }) => text !== null && text !== ''

const words =
  (compare: (actual: string, wanted: string) => boolean): Test =>
  ({ text }, wanted) =>
    text !== null && compare(text.toLowerCase(), String(wanted).toLowerCase())
const contains = words((actual, wanted) => actual.includes(wanted))
const startsWith = words((actual, wanted) => actual.startsWith(wanted))
const endsWith = words((actual, wanted) => actual.endsWith(wanted))

const numbers =
  (compare: (actual: number, wanted: number) => boolean): Test =>
  ({ number }, wanted) =>
    number !== null && typeof wanted === 'number' && compare(number, wanted)

/** From the start of the wanted day, moved by some days, until the start of another. */
const days =
  (from: number | null, before: number | null): Test =>
  ({ text, zone }, wanted) => {
    const moment = text === null ? null : momentOf(text, zone)
    if (moment === null) return false
    const day = Temporal.PlainDate.from(String(wanted))
    const startOf = (offset: number) => day.add({ days: offset }).toZonedDateTime(zone).epochMilliseconds
    return (from === null || moment >= startOf(from)) && (before === null || moment < startOf(before))
  }

const tests: Record<string, Test> = {
  is,
  is_not: not(is),
  is_any_of: isAnyOf,
  is_none_of: not(isAnyOf),
  is_set: isSet,
  is_not_set: not(isSet),
  contains,
  does_not_contain: not(contains),
  starts_with: startsWith,
  does_not_start_with: not(startsWith),
  ends_with: endsWith,
  does_not_end_with: not(endsWith),
  more_than: numbers((actual, wanted) => actual > wanted),
  at_least: numbers((actual, wanted) => actual >= wanted),
  less_than: numbers((actual, wanted) => actual < wanted),
  at_most: numbers((actual, wanted) => actual <= wanted),
  before: days(null, 0),
  after: days(1, null),
  on: days(0, 1),
  not_on: not(days(0, 1)),
}

/** The operators that can be asked of an event here. */
export const knownOperators: ReadonlySet<string> = new Set(Object.keys(tests))

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Of a text only a plain decimal number counts. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s*[-+]?\d{1,30}(\.\d{1,30})?\s*$/.test(value)) return null
  return Number(value)
}

const moments =
  /^([1-9]\d{3}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)(Z|[-+](?:0\d|1[0-4]):?[0-5]\d)?)?$/

/** ISO 8601 only: a day begins at midnight in the zone, a wall time is one of the zone. */
function momentOf(text: string, zone: string): number | null {
  const [, day, time, offset] = moments.exec(text) ?? []
  if (day === undefined) return null
  try {
    if (offset !== undefined) {
      return Temporal.Instant.from(`${day}T${time}${offset}`).epochMilliseconds
    }
    const wall = Temporal.PlainDate.from(day, { overflow: 'reject' }).toPlainDateTime(time ?? '00:00')
    return wall.toZonedDateTime(zone).epochMilliseconds
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** A dot descends, and tracked events are searched in `properties` first. JSON's null is no value. */
function readValue({ type, data }: Seen, property: string): unknown {
  const roots = type === 'event.tracked' ? [data.properties, data] : [data]
  for (const root of roots) {
    for (const path of property.includes('.') ? [[property], property.split('.')] : [[property]]) {
      const found = descend(root, path)
      if (found !== undefined && found !== null) return found
    }
  }
  return undefined
}

function descend(root: unknown, path: string[]): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Array.isArray(value) ? value[Number(part)] : (value as Record<string, unknown>)[part]
  }
  return value
}
