import type { RemoteField, RemoteObject, RemoteRecord, Value, Values } from '../../connector.ts'
import { CrmError } from '../../connector.ts'

/** A plain object, or none: what comes over a wire may be anything. */
export const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
/** A list there must be: anything else is no answer, and must not pass for nothing at all. */
export function listIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new CrmError({
    kind: 'transient',
    words: 'The CRM answered without the list that was asked for.',
    code: 'no_list',
  })
}
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** A moment of the wire: `2026-11-23 01:28:46` (UTC), ISO 8601 in any zone, or milliseconds; null where none. */
export function toMoment(raw: unknown): Date | null {
  if (typeof raw === 'number') return new Date(raw)
  const text = asText(raw)
  if (/^\d{10,}$/.test(text)) return new Date(Number(text))
  const plain = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/.exec(text)
  const time = Date.parse(plain ? `${plain[1]}T${plain[2]}Z` : text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(time) ? null : new Date(time)
}

/** `2026-11-23 01:28:46`, cut to seconds. */
export const plainMoment = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ')

/** The value a field of this type has to Tend; `raw` in the usual JSON forms. */
export function toValue(field: RemoteField | undefined, raw: unknown): Value {
  if (raw === null || raw === undefined || raw === '') return null
  if (Array.isArray(raw)) {
    const all = raw.map(each => asText(each)).filter(each => each !== '')
    return all.length === 0 ? null : all
  }
  switch (field?.type) {
    case 'number':
    case 'money': {
      const number = Number(raw)
      return Number.isFinite(number) ? number : null
    }
    case 'boolean':
      return raw === true || raw === 'true' || raw === 1 || raw === '1'
    case 'moment':
      return toMoment(raw)?.toISOString() ?? null
    case 'date':
      return asText(raw).slice(0, 10) || null
    case 'choices':
    case 'references':
      return asText(raw).split(';').filter(Boolean)
    case 'text':
    case 'long_text':
    case 'email':
    case 'phone':
    case 'url':
    case 'choice':
    case 'reference':
      return typeof raw === 'boolean' ? String(raw) : asText(raw) || null
    default:
      return typeof raw === 'boolean' || typeof raw === 'number' ? raw : asText(raw) || null
  }
}

export type FieldIndex = Map<string, RemoteField>
export const indexOf = (object: Pick<RemoteObject, 'fields'>): FieldIndex =>
  new Map(object.fields.map(field => [field.name, field]))

/** The asked fields of a row; a field that the CRM did not answer stays absent. */
export function pick(row: Record<string, unknown>, fields: readonly string[], index: FieldIndex): Values {
  const values: Values = {}
  for (const name of fields) if (name in row) values[name] = toValue(index.get(name), row[name])
  return values
}

export const byStampAndId = (a: RemoteRecord, b: RemoteRecord): number =>
  a.modified.getTime() - b.modified.getTime() || compareIds(a.id, b.id)

/** Ids that are numbers in their order as numbers, others as texts. */
export function compareIds(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) {
    const left = BigInt(a)
    const right = BigInt(b)
    return left < right ? -1 : left > right ? 1 : 0
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** A definition that is fetched once for the life of a connection; `afresh` asks again and keeps that. */
export function remember<T>(ask: (key: string) => Promise<T>) {
  const kept = new Map<string, Promise<T>>()
  const afresh = (key: string): Promise<T> => {
    const fresh = ask(key)
    kept.set(key, fresh)
    fresh.catch(() => kept.delete(key))
    return fresh
  }
  return Object.assign((key: string): Promise<T> => kept.get(key) ?? afresh(key), { afresh })
}
