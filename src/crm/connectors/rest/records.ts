import type { RemoteField, RemoteObject, RemoteRecord, Value, Values } from '../../connector.ts'
import { CrmError } from '../../connector.ts'
import { asText, plainMoment, toMoment, toValue } from '../kit/values.ts'
import type { RestDefinition, RestObject } from './definition.ts'
import { at, put } from './places.ts'

export function describeObject(object: RestObject): RemoteObject {
  const fields = object.fields.map(
    ({ name, label, type, required, readOnly, externalId, options, references }): RemoteField => ({
      name,
      label: label ?? name,
      type,
      required,
      readOnly,
      ...(externalId ? { externalId } : {}),
      ...(options ? { options: options.map(value => ({ value, label: value })) } : {}),
      ...(references ? { references } : {}),
    }),
  )
  return { type: object.type, label: object.label, role: object.role, fields }
}

/** Moments in whole seconds or in milliseconds since 1970 look alike; nobody keeps records of before 2001. */
export function momentOf(raw: unknown): Date | null {
  const number = typeof raw === 'number' ? raw : /^\d{9,10}$/.test(asText(raw)) ? Number(raw) : null
  return number !== null && number < 1e11 ? new Date(number * 1000) : toMoment(raw)
}

export function toRecord(object: RestObject, row: unknown, asked: readonly string[]): RemoteRecord {
  const created = object.created ? momentOf(at(row, object.created)) : null
  const bin = object.deleted === undefined ? undefined : at(row, object.deleted)
  const values: Values = {}
  for (const field of object.fields) {
    const raw = at(row, field.path ?? field.name)
    if (!asked.includes(field.name) || (raw === undefined && !object.omitsEmpty)) continue
    const moment = field.type === 'moment' ? momentOf(raw) : null
    values[field.name] = moment
      ? moment.toISOString()
      : toValue({ ...field, label: field.name } as RemoteField, raw ?? null)
  }
  const id = asText(at(row, object.id))
  if (id === '')
    throw new CrmError({
      kind: 'schema',
      words: `A record of ${object.label} came without an id at "${object.id}": look at the definition.`,
      code: 'no_id',
    })
  return {
    id,
    modified: momentOf(at(row, object.modified)) ?? created ?? new Date(0),
    created,
    version: null,
    values,
    ...(bin === undefined || bin === null || bin === false || bin === '' ? {} : { deleted: true }),
  }
}

export function writtenMoment(moments: RestDefinition['moments'], date: Date): string | number {
  if (moments === 'seconds') return Math.floor(date.getTime() / 1000)
  if (moments === 'milliseconds') return date.getTime()
  return moments === 'plain' ? plainMoment(date) : date.toISOString()
}

/** The body of a write: every value in its place. */
export function toBody(
  { moments }: RestDefinition,
  object: RestObject,
  values: Values,
  wrap: string,
): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  const written = (value: Value, type: string | undefined) =>
    type === 'moment' && typeof value === 'string' ? writtenMoment(moments, new Date(value)) : value
  for (const [name, value] of Object.entries(values)) {
    const field = object.fields.find(each => each.name === name)
    put(body, field?.path ?? name, written(value, field?.type))
  }
  if (wrap === '') return body
  const outer: Record<string, unknown> = {}
  put(outer, wrap, body)
  return outer
}
