import { z } from 'zod'
import { addDays, dayIn } from '#decisions/zone-days.ts'
import { invalid } from '#platform/errors.ts'
import { daySchema } from '#platform/http/route.ts'
import { daysBetween } from './marks.ts'

export const presets = [
  'last_7_days',
  'last_30_days',
  'last_90_days',
  'last_365_days',
  'this_month',
  'last_month',
  'this_year',
] as const
export type Preset = (typeof presets)[number]

/** What every report may be asked for besides its own filters. */
export const rangeQuery = z.object({
  /** Days that end today; `from` and `to` go before it. */
  preset: z.enum(presets).default('last_30_days'),
  from: daySchema.optional(),
  to: daySchema.optional(),
  /** `before`: the same number of days before the range; `year`: the same days a year ago. */
  compare: z.enum(['before', 'year', 'none']).default('before'),
})

export type Span = { from: string; to: string }
export type Unit = 'day' | 'week' | 'month'
export type Range = Span & { zone: string; before: Span | null; unit: Unit }

const mostDays = 1100

/** The days that are asked for, in the zone of the workspace, and those to compare with. Throws 422 for a wrong range. */
export function readRange(query: z.output<typeof rangeQuery>, zone: string, now: Date): Range {
  const today = dayIn(zone, now)
  const span =
    query.from || query.to
      ? { from: query.from ?? addDays(query.to ?? today, -29), to: query.to ?? today }
      : spanOf(query.preset, today)
  if (span.from > span.to)
    throw invalid('A range ends after it begins.', [{ path: 'to', message: 'is before `from`' }])
  const length = lengthOf(span)
  if (length > mostDays) {
    throw invalid(`A report covers at most ${mostDays} days.`, [{ path: 'from', message: 'is too long ago' }])
  }
  const unit = length <= 92 ? 'day' : length <= 400 ? 'week' : 'month'
  return { ...span, zone, unit, before: spanBefore(span, query.compare) }
}

function spanOf(preset: Preset, today: string): Span {
  const month = today.slice(0, 7)
  if (preset === 'this_month') return { from: `${month}-01`, to: today }
  if (preset === 'this_year') return { from: `${today.slice(0, 4)}-01-01`, to: today }
  if (preset === 'last_month') {
    const to = addDays(`${month}-01`, -1)
    return { from: `${to.slice(0, 7)}-01`, to }
  }
  const days = { last_7_days: 7, last_30_days: 30, last_90_days: 90, last_365_days: 365 }[preset]
  return { from: addDays(today, 1 - days), to: today }
}

function spanBefore(span: Span, compare: 'before' | 'year' | 'none'): Span | null {
  if (compare === 'none') return null
  const shift = compare === 'year' ? 364 : lengthOf(span)
  return { from: addDays(span.from, -shift), to: addDays(span.to, -shift) }
}

export const lengthOf = ({ from, to }: Span): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1

/** The day that stands for the unit a day lies in: itself, its Monday, the first of its month. */
export function unitOf(day: string, unit: Unit): string {
  if (unit === 'month') return `${day.slice(0, 7)}-01`
  if (unit === 'day') return day
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
  return addDays(day, -weekday)
}

/** The units of a span in order; the first and last may be cut. */
export function unitsOf(span: Span, unit: Unit): string[] {
  return [...new Set(daysBetween(span.from, span.to).map(day => unitOf(day, unit)))]
}
