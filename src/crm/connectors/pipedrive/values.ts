import { CrmError, type RemoteRecord, type Value, type Values } from '../../connector.ts'
import { joinName, splitName } from '../kit/names.ts'
import { asList, asObject, asText, toMoment, toValue } from '../kit/values.ts'
import type { Known } from './schema.ts'

type Row = Record<string, unknown>
type Entry = { value: string; primary: boolean; label: string }

/** Lists of which Tend knows the primary entry by a name of its own. */
const lists = new Map([
  ['email', 'emails'],
  ['phone', 'phones'],
])
const second = 1000

/** Stamps are whole seconds; finer ones would lie between two questions. */
const stamp = (raw: unknown): Date | null => {
  const at = toMoment(raw)
  return at && new Date(Math.floor(at.getTime() / second) * second)
}

export function toRecord(row: Row, fields: readonly string[], known: Known): RemoteRecord {
  const created = stamp(row.add_time)
  const values: Values = {}
  for (const name of fields) {
    const value = fieldOf(row, name, known)
    if (value !== undefined) values[name] = value
  }
  return {
    id: asText(row.id),
    modified: stamp(row.update_time) ?? created ?? new Date(0),
    created,
    version: null,
    values,
    ...(row.is_deleted === true || row.status === 'deleted' ? { deleted: true } : {}),
  }
}

/** Addresses or numbers of a person, the primary one first. */
export const entriesOf = (row: Row, list: string): Entry[] =>
  asList(row[list])
    .map(asObject)
    .map(each => ({
      value: asText(each.value),
      primary: each.primary === true,
      label: asText(each.label) || 'work',
    }))
    .filter(each => each.value !== '')
    .sort((a, b) => Number(b.primary) - Number(a.primary))

/** A field of a row as Tend has it; undefined where Pipedrive did not answer it. */
function fieldOf(row: Row, name: string, known: Known): Value | undefined {
  const field = known.fields.get(name)
  if (!field) return undefined
  const list = lists.get(name)
  if (list) return list in row ? (entriesOf(row, list)[0]?.value ?? null) : undefined
  if (name === 'emails' || name === 'phones')
    return name in row
      ? toValue(field, [...new Set(entriesOf(row, name).map(each => each.value))])
      : undefined
  if (name === 'stage' || name === 'pipeline') return optionOf(known, name, row[`${name}_id`])
  if ((name === 'first_name' || name === 'last_name') && !(name in row))
    return splitName(asText(row.name))[name]
  const custom = known.custom.get(name)
  const raw = custom ? asObject(row.custom_fields)[name] : row[name]
  // A field of the company's own that is empty may be left out.
  if (raw === undefined) return custom ? null : undefined
  const { value } = asObject(raw)
  const plain = value === undefined ? raw : value
  if (known.options.has(name))
    return Array.isArray(plain)
      ? toValue(
          field,
          plain.map(each => optionOf(known, name, each) ?? ''),
        )
      : optionOf(known, name, plain)
  return toValue(field, plain)
}

/** The label of an option, or its number where it is not described. */
function optionOf(known: Known, name: string, raw: unknown): Value {
  const id = asText(raw) || asText(asObject(raw).id)
  return known.options.get(name)?.find(each => each.id === id)?.value ?? (id || null)
}

/** What a record must be asked for before a change of these fields: lists and names are written whole. */
export const needsRecord = (values: Values, known: Known): boolean =>
  Object.keys(values).some(
    name => lists.has(name) || /^(first|last)_name$/.test(name) || known.custom.get(name) === 'monetary',
  )

/** The body that writes these values; `before` is the record as it is, where that matters. */
export function toBody(values: Values, before: Row, known: Known, currency: string): Row {
  const body: Row = {}
  const custom: Row = {}
  for (const [name, value] of Object.entries(values)) {
    const list = lists.get(name)
    if (list) body[list] = withPrimary(entriesOf(before, list), value)
    else if (known.custom.has(name)) custom[name] = toWire(name, value, before, known, currency)
    else if (name === 'person_id' && known.object.role === 'task')
      body.participants = value === null ? [] : [{ person_id: Number(value), primary: true }]
    else if (!/^(first|last)_name$/.test(name)) body[name] = toWire(name, value, before, known, currency)
  }
  if (!('name' in values) && ('first_name' in values || 'last_name' in values)) {
    const parts = splitName(asText(before.name))
    const {
      first_name = before.first_name ?? parts.first_name,
      last_name = before.last_name ?? parts.last_name,
    } = values
    body.name = joinName(first_name, last_name)
  }
  return Object.keys(custom).length > 0 ? { ...body, custom_fields: custom } : body
}

/** Pipedrive guesses nothing from texts: numbers must be numbers, and texts texts. */
function toWire(name: string, value: Value, before: Row, known: Known, currency: string): unknown {
  if (value === null) return null
  const type = known.fields.get(name)?.type
  const custom = known.custom.get(name)
  const options = known.options.get(name)
  if (options?.length)
    return Array.isArray(value) ? value.map(each => idOf(options, each, name)) : idOf(options, value, name)
  if (custom === 'monetary') {
    const kept = asText(asObject(asObject(before.custom_fields)[name]).currency)
    return { value: numberOf(value, name), currency: kept || currency }
  }
  if (custom === 'address' || name === 'address') return { value: String(value) }
  if (type === 'boolean') return value === true || value === 'true'
  if (Array.isArray(value)) return value.map(each => numberOf(each, name))
  if (type === 'date') return String(value).slice(0, 10)
  const isNumber = ['reference', 'number', 'money'].includes(type ?? '') || /_id$/.test(name)
  return isNumber ? numberOf(value, name) : String(value)
}

/** What is no number would empty the field on its way. */
function numberOf(value: unknown, name: string): number {
  const number = Number(value)
  if (Number.isFinite(number)) return number
  throw unfit(`“${String(value).slice(0, 80)}” is not a number.`, 'no_number', name)
}

const unfit = (words: string, code: string, name: string) =>
  new CrmError({ kind: 'invalid', words, code, fields: [name] })

function idOf(options: { id: string; value: string }[], value: unknown, name: string): number {
  const text = String(value)
  const found =
    options.find(each => each.value === text) ??
    options.find(each => each.id === text) ??
    options.find(each => each.value.toLowerCase() === text.toLowerCase())
  if (found) return Number(found.id)
  throw unfit(`“${text.slice(0, 80)}” is not among the options of this field.`, 'no_option', name)
}

/** The list with this value as its primary entry: in the place of the one before, others stay as they are. */
function withPrimary(entries: Entry[], value: Value): Entry[] {
  const [first, ...others] = entries
  const text = value === null ? '' : String(value)
  const rest = others.filter(each => each.value.toLowerCase() !== text.toLowerCase())
  if (text === '') return rest.map((each, at) => ({ ...each, primary: at === 0 }))
  // Who is moved up from the list leaves the one before in it.
  const kept = first && rest.length < others.length ? [first, ...rest] : rest
  const label = entries.find(each => each.value.toLowerCase() === text.toLowerCase())?.label
  return [
    { value: text, primary: true, label: label ?? first?.label ?? 'work' },
    ...kept.map(each => ({ ...each, primary: false })),
  ]
}
