import { Temporal } from 'temporal-polyfill'

export type QuietHours = { from: string; to: string }

/** The zone if it is one, else `fallback`: a zone comes from outside and may be anything. */
export function zoneOr(zone: string | null, fallback: string): string {
  if (zone === null) return fallback
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId
  } catch {
    return fallback
  }
}

/**
 * When the night that `now` lies in ends where the contact lives, or null by day. `from` later than `to` spans
 * midnight. An end that the clocks skip (spring) is the moment they skip to.
 */
export function endOfNight(now: Date, zone: string, night: QuietHours): Date | null {
  const local = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(zone)
  const time = local.toPlainTime()
  const from = Temporal.PlainTime.from(night.from)
  const to = Temporal.PlainTime.from(night.to)
  const after = Temporal.PlainTime.compare(time, from) >= 0
  const before = Temporal.PlainTime.compare(time, to) < 0
  const spans = Temporal.PlainTime.compare(from, to) > 0
  if (!(spans ? after || before : after && before)) return null
  const day = spans && after ? local.toPlainDate().add({ days: 1 }) : local.toPlainDate()
  const end = day.toZonedDateTime({ timeZone: zone, plainTime: to })
  return new Date(end.epochMilliseconds)
}
