import { normalizeAddress } from '#audience/address.ts'
import type { RemoteField, Value } from './connector.ts'
import type { FieldMap } from './mapping.ts'

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

/** What a value of the CRM is here; undefined where it has no counterpart here (and the field is left alone). */
export function toLocal(field: FieldMap, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined
  const clean = norm(value)
  if (clean === null) return null
  const mapped = field.valueMap?.[String(clean)]
  if (mapped !== undefined) return norm(mapped === 'true' ? true : mapped === 'false' ? false : mapped)
  return transform(field, clean)
}

/** What a value from here is in the CRM. */
export function toRemote(field: FieldMap, value: Value): Value {
  if (value === null) return null
  const back = Object.entries(field.valueMap ?? {}).find(([, ours]) => ours === String(value))
  if (back) return back[0]
  return field.transform === 'invert' ? transform(field, value) : value
}

function transform(field: FieldMap, value: Value): Value {
  if (field.transform === 'invert') return typeof value === 'boolean' ? !value : value
  if (typeof value !== 'string') return value
  if (field.transform === 'lower') return value.toLowerCase()
  if (field.transform === 'upper') return value.toUpperCase()
  if (field.transform === 'first_line') return norm(value.split('\n')[0])
  return value
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
