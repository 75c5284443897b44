import { normalizeAddress } from '#audience/address.ts'
import type { RemoteField, Value } from './connector.ts'
import type { FieldMap } from './mapping.ts'
import { transform } from './transforms.ts'

/** One spelling, so that only differences that mean something count: what is empty is null. */
export function norm(value: unknown): Value {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? Number(value.toPrecision(15)) : null
  if (Array.isArray(value)) {
    const list = [...new Set(value.map(String))].sort()
    return list.length === 0 ? null : list
  }
  if (value instanceof Date) return moment(value.toISOString())
  const text = String(value).replaceAll('\u0000', '').replaceAll('\r\n', '\n').toWellFormed().trim()
  return text === '' ? null : moment(text)
}

/** CRMs keep seconds; what is finer never comes back. */
function moment(text: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return text
  const at = Date.parse(text)
  return Number.isNaN(at) ? text : new Date(Math.floor(at / 1000) * 1000).toISOString()
}

/** Whether two values mean the same: addresses without case, numbers and their texts alike. */
export function same(a: Value, b: Value, field?: string): boolean {
  if (a === null || b === null) return a === b
  if (Array.isArray(a) || Array.isArray(b)) return JSON.stringify([a].flat()) === JSON.stringify([b].flat())
  if (field === 'email') return addressOf(a) === addressOf(b)
  if (field === 'phone') return digits(a) === digits(b)
  return String(a) === String(b)
}

const addressOf = (value: Value) => normalizeAddress(String(value)) ?? String(value).toLowerCase()
/** A leading plus or 00 begins a country; spaces, dashes and brackets are dress. */
const digits = (value: Value) =>
  String(value)
    .replace(/^\+/, '00')
    .replace(/[^\da-z]/gi, '')

/** Mappings that were published before there was a choice have none: then it works on what comes here. */
const comesIn = ({ applies }: FieldMap) => applies !== 'there'
const goesOut = ({ applies, transform: by }: FieldMap) =>
  by === 'invert' || (by !== 'none' && (applies === 'there' || applies === 'both'))

/**
 * What a value of the CRM is here; undefined where it has no counterpart here (and the field is left alone).
 * Of several choices each is looked at by itself.
 */
export function toLocal(field: FieldMap, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  const clean = norm(value)
  if (Array.isArray(clean)) return each(clean, one => toLocal(field, one))
  if (clean === null) return null
  const map = field.valueMap ?? {}
  if (Object.hasOwn(map, String(clean))) {
    const mapped = map[String(clean)]
    return norm(mapped === 'true' ? true : mapped === 'false' ? false : mapped)
  }
  return passed(field, clean, comesIn(field) ? transform(field, clean) : clean)
}

/** What a value from here is in the CRM; undefined where it has no counterpart there. */
export function toRemote(field: FieldMap, value: Value): Value | undefined {
  if (value === null) return null
  if (Array.isArray(value)) return each(value, one => toRemote(field, one))
  const back = Object.entries(field.valueMap ?? {}).find(([, ours]) => ours === String(value))
  if (back) return back[0]
  return passed(field, value, goesOut(field) ? transform(field, value) : value)
}

/** What stands in no value map, or was not understood, passes as the field says. */
function passed(field: FieldMap, value: Value, shaped: Value | undefined): Value | undefined {
  const isListed = Object.keys(field.valueMap ?? {}).length > 0
  if (shaped !== undefined && !isListed) return shaped
  if (field.unknown === 'issue') return undefined
  return field.unknown === 'blank' ? null : (shaped ?? value)
}

function each(list: string[], by: (one: string) => Value | undefined): Value | undefined {
  const passing = list.map(by)
  return passing.includes(undefined) ? undefined : norm(passing.filter(one => one !== null))
}

/**
 * What a value of ours looks like after it has been there: what a transform takes away on its way is no difference
 * between the two sides, and nothing to write for.
 */
export function asItComesBack(field: FieldMap, value: Value): Value {
  if (!goesOut(field)) return value
  return toLocal(field, toRemote(field, value)) ?? value
}

/** What would be refused is cut or rounded before it goes, as the CRM itself would say it keeps it. */
export function fit(value: Value, field: RemoteField | undefined): Value {
  if (!field || value === null) return value
  if (field.type === 'boolean') return String(value) === 'true'
  if (['number', 'money'].includes(field.type)) {
    const number = Number(value)
    if (!Number.isFinite(number)) return value
    return field.scale === undefined ? number : Number(number.toFixed(field.scale))
  }
  if (field.type === 'choices' && !Array.isArray(value)) return [String(value)]
  if (Array.isArray(value)) return value
  const text = String(value)
  return field.maxLength && text.length > field.maxLength ? text.slice(0, field.maxLength) : text
}
