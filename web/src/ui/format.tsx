import { Text, Tooltip } from '@mantine/core'
import { useBusinessNow } from '@/shell/clock'

const number = new Intl.NumberFormat()
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
const minute = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  timeZoneName: 'short',
})
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat()
const justNow = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(0, 'second')

export const formatNumber = (value: number) => number.format(value)
export const formatExact = (value: string) => exact.format(new Date(value))
export const formatMinute = (value: string) => minute.format(new Date(value))
export const formatDay = (value: string) => day.format(new Date(`${value.slice(0, 10)}T12:00:00Z`))

const seconds: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** "3 days ago", "in 2 hours", in the reader's language; within a minute simply now. */
export function formatRelative(at: string, now: Date): string {
  const distance = (new Date(at).getTime() - now.getTime()) / 1_000
  const [unit, length] = seconds.find(([, each]) => Math.abs(distance) >= each * 0.95) ?? []
  return unit && length ? relative.format(Math.round(distance / length), unit) : justNow
}

/** "3 days ago", measured on the business clock, with the exact time and zone one hover away. */
export function When({ at, size = 'sm' }: { at: string; size?: string }) {
  const now = useBusinessNow()
  return (
    <Tooltip label={formatExact(at)}>
      <Text span size={size} c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        <time dateTime={at}>{formatRelative(at, now)}</time>
      </Text>
    </Tooltip>
  )
}

export const personName = (person: {
  firstName?: string | null
  lastName?: string | null
  email?: string | null
}) =>
  [person.firstName, person.lastName].filter(Boolean).join(' ') || person.email || 'Somebody without a name'
