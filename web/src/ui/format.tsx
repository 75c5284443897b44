import { Text, Tooltip } from '@mantine/core'
import dayjs from 'dayjs'
import relativeTime from 'dayjs/plugin/relativeTime'
import { useBusinessNow } from '@/shell/clock'

dayjs.extend(relativeTime)

const number = new Intl.NumberFormat()
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

export const formatNumber = (value: number) => number.format(value)
export const formatExact = (value: string) => exact.format(new Date(value))
export const formatDay = (value: string) => day.format(new Date(`${value.slice(0, 10)}T12:00:00Z`))

/** "3 days ago", measured on the business clock, with the exact time and zone one hover away. */
export function When({ at, size = 'sm' }: { at: string; size?: string }) {
  const now = useBusinessNow()
  return (
    <Tooltip label={formatExact(at)}>
      <Text span size={size} c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        <time dateTime={at}>{dayjs(at).from(dayjs(now))}</time>
      </Text>
    </Tooltip>
  )
}

export const personName = (person: { firstName?: string | null; lastName?: string | null; email?: string | null }) =>
  [person.firstName, person.lastName].filter(Boolean).join(' ') || person.email || 'Somebody without a name'
