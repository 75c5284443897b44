import { Temporal } from 'temporal-polyfill'
import { endOfNight } from '#outreach/quiet-hours.ts'
import type { AlertDefinition } from './definition.ts'

/** When people are to be told of what happens now: at once, with the next digest, and never at night. */
export function dueFor(
  { digest, digestAt, quietHours }: Pick<AlertDefinition, 'digest' | 'digestAt' | 'quietHours'>,
  now: Date,
  zone: string,
): Date {
  const told = digest === 'none' ? now : digest === 'hourly' ? nextHour(now) : nextDay(now, zone, digestAt)
  return (quietHours && endOfNight(told, zone, quietHours)) ?? told
}

const hourMs = 3_600_000
const nextHour = (now: Date) => new Date(Math.floor(now.getTime() / hourMs) * hourMs + hourMs)

/** The next time the clocks there show this; a time that they skip is the moment they skip to. */
function nextDay(now: Date, zone: string, at: string): Date {
  const local = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone)
  const plainTime = Temporal.PlainTime.from(at)
  const today = local.toPlainDate().toZonedDateTime({ timeZone: zone, plainTime })
  const next =
    today.epochMilliseconds > now.getTime()
      ? today
      : local.toPlainDate().add({ days: 1 }).toZonedDateTime({ timeZone: zone, plainTime })
  return new Date(next.epochMilliseconds)
}
