import { Temporal } from 'temporal-polyfill'

/** How long, and until what hour of which days. Weekdays: 1 is Monday, 7 is Sunday. */
export type WaitRule = {
  for?: { amount: number; unit: WaitUnit }
  at?: string
  weekdays?: number[]
}
export type WaitUnit = 'minutes' | 'hours' | 'days' | 'weeks'

const unitMs = { minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 } as const

/** A length of time in milliseconds; a day is 24 hours. */
export function durationMs(length: { amount: number; unit: WaitUnit }): number {
  return length.amount * unitMs[length.unit]
}

// Asking costs about 50 us, and a tick asks for thousands of contacts who live in a few dozen zones.
const known = new Map<string, boolean>()

/** Whether the running system knows the zone. */
export function isZone(zone: string): boolean {
  const before = known.get(zone)
  if (before !== undefined) return before
  if (known.size > 2000) known.clear()
  known.set(zone, knowsZone(zone))
  return known.get(zone) ?? false
}

function knowsZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/**
 * The moment a wait ends. A bare length is elapsed time: three days are 72 hours, also over a change of the clocks.
 * With an hour or weekdays, whole days count on the calendar of `zone`, and the wait then ends at the first moment
 * the wall clock there shows that hour on an allowed day. An hour skipped in spring is taken when the clocks have
 * moved on (as RFC 5545 does); an hour shown twice in autumn counts at its first showing that is not past.
 */
export function waitUntil(rule: WaitRule, arrivedAt: Date, zone: string): Date {
  const length = rule.for ?? { amount: 0, unit: 'minutes' as const }
  if (rule.at === undefined && !rule.weekdays?.length)
    return new Date(arrivedAt.getTime() + durationMs(length))
  const base = addLength(Temporal.Instant.fromEpochMilliseconds(arrivedAt.getTime()), length, zone)
  return new Date(firstMoment(base, rule, zone).epochMilliseconds)
}

function addLength(start: Temporal.Instant, length: { amount: number; unit: WaitUnit }, zone: string) {
  if (length.unit === 'minutes' || length.unit === 'hours') {
    return start.add({ milliseconds: durationMs(length) })
  }
  const days = length.unit === 'weeks' ? length.amount * 7 : length.amount
  return start.toZonedDateTimeISO(zone).add({ days }).toInstant()
}

function firstMoment(base: Temporal.Instant, rule: WaitRule, zone: string): Temporal.Instant {
  const local = base.toZonedDateTimeISO(zone)
  const allowed = rule.weekdays?.length ? rule.weekdays : null
  if (rule.at === undefined && (!allowed || allowed.includes(local.dayOfWeek))) return base
  const time = Temporal.PlainTime.from(rule.at ?? '00:00')
  // Eight days reach the same weekday again when its hour today is already past.
  for (let days = 0; days <= 8; days += 1) {
    const date = local.toPlainDate().add({ days })
    if (allowed && !allowed.includes(date.dayOfWeek)) continue
    const moment = momentOn(date, time, zone, base)
    if (moment) return moment
  }
  throw new Error(`no moment for ${JSON.stringify(rule)} in ${zone}`)
}

function momentOn(date: Temporal.PlainDate, time: Temporal.PlainTime, zone: string, base: Temporal.Instant) {
  const wall = date.toPlainDateTime(time)
  const first = wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant()
  if (Temporal.Instant.compare(first, base) >= 0) return first
  const second = wall.toZonedDateTime(zone, { disambiguation: 'later' }).toInstant()
  return Temporal.Instant.compare(second, base) >= 0 ? second : null
}
