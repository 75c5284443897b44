import { formatExact } from '@/ui/format'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })
const number = new Intl.NumberFormat()

/** Whatever stands in a custom field, for a person to read. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return number.format(value)
  if (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-][\d:]+)?)?$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  ) {
    return value.includes('T') ? formatExact(value) : day.format(new Date(value))
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
