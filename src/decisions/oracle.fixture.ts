import { Temporal } from 'temporal-polyfill'
import type { Filter, WrittenCondition } from './filter.ts'

// A second, naive reading of docs/filter-language.md, for tests only: one contact at a time, in memory, with no SQL.

export type NaiveEvent = { type: string; name: string | null; at: number; data: Record<string, unknown> }
export type NaiveContact = {
  id: string
  columns: Record<string, string | null>
  createdAt: number
  attrs: Record<string, unknown>
  lists: string[]
  segments: string[]
  consents: Record<string, string>
  scores: Record<string, { behaviour: number; fit: number; asOf: number; halfLifeMs: number | null }>
  events: NaiveEvent[]
  /** Contacts of one and the same company say the same of it; `people`: how many they are. */
  company?: { name: string; attrs: Record<string, unknown>; people?: number } | null
}
export type NaiveMoment = { now: number; zone: string }

const zoned = (ms: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
export const dayOf = (ms: number, zone: string): Temporal.PlainDate => zoned(ms, zone).toPlainDate()
export const dayBegins = (day: Temporal.PlainDate, zone: string): number =>
  day.toZonedDateTime(zone).startOfDay().epochMilliseconds

export function naive(filter: Filter, contact: NaiveContact, moment: NaiveMoment): boolean {
  return !hasNothing(filter) && holds(filter, contact, moment)
}

function hasNothing(filter: Filter): boolean {
  if ('all' in filter) return filter.all.every(hasNothing)
  if ('any' in filter) return filter.any.every(hasNothing)
  return 'not' in filter ? hasNothing(filter.not) : false
}

function holds(filter: Filter, contact: NaiveContact, moment: NaiveMoment): boolean {
  if (hasNothing(filter)) return false
  if ('all' in filter) return filter.all.every(part => holds(part, contact, moment))
  if ('any' in filter) return filter.any.some(part => holds(part, contact, moment))
  if ('not' in filter) return !holds(filter.not, contact, moment)
  return holdsCondition(filter, contact, moment)
}

function holdsCondition(condition: WrittenCondition, contact: NaiveContact, moment: NaiveMoment): boolean {
  switch (condition.type) {
    case 'field': {
      const raw = condition.field.startsWith('attrs.')
        ? contact.attrs[condition.field.slice(6)]
        : condition.field === 'created_at'
          ? new Date(contact.createdAt).toISOString()
          : contact.columns[condition.field]
      return compare(condition.op, raw, condition.value, moment)
    }
    case 'company': {
      const { company } = contact
      const raw = condition.field.startsWith('attrs.')
        ? company?.attrs[condition.field.slice(6)]
        : condition.field === 'name'
          ? company?.name
          : undefined
      return compare(condition.op, raw, condition.value, moment)
    }
    case 'company_people': {
      const people = contact.company?.people ?? 0
      return condition.op === 'at_least' ? people >= condition.value : people < condition.value
    }
    case 'list':
      return contact.lists.includes(condition.listId) === condition.in
    case 'segment':
      return contact.segments.includes(condition.segmentId) === condition.in
    case 'consent':
      return (contact.consents[condition.purpose] ?? 'none') === condition.state
    case 'score': {
      const score = scoreAt(contact.scores[condition.modelId], moment.now)
      return condition.op === 'at_least' ? score >= condition.value : score < condition.value
    }
    case 'event': {
      const n = countEvents(condition, contact, moment)
      if (condition.op === 'never') return n === 0
      return condition.op === 'at_least' ? n >= (condition.times ?? 1) : n <= (condition.times ?? 1)
    }
  }
}

function scoreAt(score: NaiveContact['scores'][string] | undefined, now: number): number {
  if (!score) return 0
  const left = score.halfLifeMs === null ? 1 : 0.5 ** (Math.max(0, now - score.asOf) / score.halfLifeMs)
  return score.fit + score.behaviour * left
}

function countEvents(
  condition: Extract<WrittenCondition, { type: 'event' }>,
  contact: NaiveContact,
  moment: NaiveMoment,
): number {
  const today = dayOf(moment.now, moment.zone)
  const first = condition.withinDays ? today.subtract({ days: condition.withinDays - 1 }) : null
  return contact.events.filter(event => {
    if (event.type !== condition.event || (condition.name && event.name !== condition.name)) return false
    if (event.data.bot === true || (event.data.verdict ?? 'human') !== 'human') return false
    if (first && Temporal.PlainDate.compare(dayOf(event.at, moment.zone), first) < 0) return false
    return (condition.where ?? []).every(({ property, op, value }) =>
      compare(op, propertyOf(event, property), value, moment),
    )
  }).length
}

function propertyOf(event: NaiveEvent, property: string): unknown {
  const roots = event.type === 'event.tracked' ? [event.data.properties, event.data] : [event.data]
  for (const root of roots) {
    for (const path of [[property], property.split('.')]) {
      let value: unknown = root
      for (const part of path)
        value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined
      if (value !== undefined && value !== null) return value
    }
  }
  return undefined
}

const textOf = (raw: unknown) =>
  raw === undefined || raw === null ? null : typeof raw === 'string' ? raw : JSON.stringify(raw)

function numberOf(raw: unknown): number | null {
  if (typeof raw === 'number') return raw
  return typeof raw === 'string' && /^ *[-+]?\d+(\.\d+)? *$/.test(raw) ? Number(raw) : null
}

function momentOf(raw: unknown, zone: string): number | null {
  if (typeof raw !== 'string') return null
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(raw))
      return dayBegins(Temporal.PlainDate.from(raw, { overflow: 'reject' }), zone)
    return /(Z|[-+]\d\d:\d\d)$/.test(raw) ? Temporal.Instant.from(raw).epochMilliseconds : null
  } catch {
    return null
  }
}

/** Operators come as pairs; the second of each is whatever the first is not. */
const negations: Record<string, string> = {
  is_not: 'is',
  does_not_contain: 'contains',
  does_not_start_with: 'starts_with',
  does_not_end_with: 'ends_with',
  is_none_of: 'is_any_of',
  is_not_set: 'is_set',
  not_on: 'on',
  not_in_last_days: 'in_last_days',
  not_in_next_days: 'in_next_days',
}

function compare(op: string, raw: unknown, value: unknown, moment: NaiveMoment): boolean {
  const opposite = negations[op]
  if (opposite) return !compare(opposite, raw, value, moment)
  if (op === 'is_set') return (textOf(raw) ?? '') !== ''
  if (op === 'is_any_of') return Array.isArray(value) && value.some(each => compare('is', raw, each, moment))
  if (typeof value === 'boolean') return textOf(raw)?.toLowerCase() === String(value)
  if (['before', 'after', 'on', 'in_last_days', 'in_next_days'].includes(op))
    return compareDays(op, momentOf(raw, moment.zone), value, moment)
  if (typeof value === 'number') return compareNumbers(op, numberOf(raw), value)
  return compareTexts(op, textOf(raw)?.toLowerCase(), String(value).toLowerCase())
}

function compareNumbers(op: string, actual: number | null, wanted: number): boolean {
  if (actual === null) return false
  const answers: Record<string, boolean> = {
    is: actual === wanted,
    more_than: actual > wanted,
    at_least: actual >= wanted,
    less_than: actual < wanted,
    at_most: actual <= wanted,
  }
  return answers[op] ?? false
}

function compareTexts(op: string, actual: string | undefined, wanted: string): boolean {
  if (actual === undefined) return false
  if (op === 'is') return actual === wanted
  if (op === 'contains') return actual.includes(wanted)
  return op === 'starts_with' ? actual.startsWith(wanted) : actual.endsWith(wanted)
}

function compareDays(op: string, actual: number | null, value: unknown, { now, zone }: NaiveMoment): boolean {
  if (actual === null) return false
  const day = dayOf(actual, zone)
  const today = dayOf(now, zone)
  if (op === 'in_last_days') return since(day, today) >= 0 && since(day, today) < Number(value)
  if (op === 'in_next_days') return since(today, day) >= 0 && since(today, day) < Number(value)
  const order = Temporal.PlainDate.compare(day, Temporal.PlainDate.from(String(value)))
  return op === 'on' ? order === 0 : op === 'before' ? order < 0 : order > 0
}

const since = (from: Temporal.PlainDate, to: Temporal.PlainDate) =>
  from.until(to, { largestUnit: 'days' }).days
