import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { Value } from './connector.ts'
import type { FieldMap } from './mapping.ts'

/**
 * Those that make less of a value than it was, or something else: they have no way back, so they work only on what
 * comes from the CRM.
 */
export const oneWay: readonly FieldMap['transform'][] = ['first_line', 'boolean', 'first_name', 'last_name']
/** Of these, two fields here are made of one there: writing one of them back would lose the other. */
export const splits: readonly FieldMap['transform'][] = ['first_name', 'last_name']

const words = new Map<string, boolean>([
  ...['true', 'yes', 'y', '1', 'on', 'x', 'ja', 'oui', 'si', 'sí'].map(word => [word, true] as const),
  ...['false', 'no', 'n', '0', 'off', 'nein', 'non'].map(word => [word, false] as const),
])

/**
 * A value as the field's transform leaves it; undefined where the transform does not understand it. Done twice is done
 * once (but for `invert`), which is what lets a field settle that is transformed on both ways.
 */
export function transform(field: Pick<FieldMap, 'transform' | 'country'>, value: Value): Value | undefined {
  if (field.transform === 'invert') return typeof value === 'boolean' ? !value : value
  if (field.transform === 'boolean')
    return typeof value === 'boolean' ? value : words.get(String(value).toLowerCase())
  if (typeof value !== 'string') return value
  switch (field.transform) {
    case 'none':
      return value
    case 'trim':
      return value.replace(/\s+/g, ' ').trim() || null
    case 'lower':
      return value.toLowerCase()
    case 'upper':
      return value.toUpperCase()
    case 'capitalize':
      return capitalized(value)
    case 'first_line':
      return value.split('\n')[0]?.trim() || null
    case 'first_name':
    case 'last_name':
      return partOfName(value, field.transform)
    case 'phone':
      return parsePhoneNumberFromString(value.replace(/^\s*00/, '+'), countryOf(field))?.number
    case 'date_day_first':
    case 'date_month_first':
      return day(value, field.transform === 'date_day_first')
  }
}

const countryOf = ({ country }: Pick<FieldMap, 'country'>) =>
  country ? { defaultCountry: country as CountryCode } : {}

/** Only what was typed all in one case: who wrote “van der Berg” or “McKay” meant it. */
function capitalized(text: string): string {
  if (text !== text.toLowerCase() && text !== text.toUpperCase()) return text
  return text.toLowerCase().replace(/(^|[\s'’-])(\p{L})/gu, (_all, before: string, letter: string) => {
    return before + letter.toUpperCase()
  })
}

/** “Berg, Ada” and “Ada Maria Berg”: the last word is the last name, all before it the first. */
function partOfName(text: string, part: 'first_name' | 'last_name'): string | null {
  const [before = '', after] = text.split(',', 2).map(piece => piece.trim())
  const names = before.split(/\s+/)
  const last = after === undefined ? (names.length > 1 ? names.at(-1) : '') : before
  const first = after === undefined ? (names.length > 1 ? names.slice(0, -1).join(' ') : before) : after
  return (part === 'first_name' ? first : last) || null
}

/** `YYYY-MM-DD` of a day or a moment (its day in UTC), of 31.12.2026 and, by the order that was said, of 12/31/2026. */
function day(text: string, isDayFirst: boolean): string | undefined {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$/.exec(text)
  const other = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/.exec(text)
  const [a, b] = [other?.[1], other?.[3]]
  const dayFirst = isDayFirst || other?.[2] === '.'
  const [year, month, date] = iso ? iso.slice(1) : [other?.[4], dayFirst ? b : a, dayFirst ? a : b]
  if (!year || !month || !date) return undefined
  const shown = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const at = new Date(`${shown}T00:00:00Z`)
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== shown ? undefined : shown
}
