import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, type FieldProblem, invalid, notFound } from '#platform/errors.ts'
import { isFieldKey, isReserved } from './traits.ts'

export const fieldTypes = ['text', 'number', 'boolean', 'date', 'choice'] as const
export type FieldType = (typeof fieldTypes)[number]
export type Field = {
  key: string
  label: string
  type: FieldType
  choices: string[]
  archivedAt: Date | null
  createdAt: Date
  source: string
}

/** Beyond this no new field is learnt from events; people are told instead. */
const maxFields = 1_000

const columns = sql`key, label, type, choices, archived_at as "archivedAt", created_at as "createdAt", source`

export function listFields(db: Db): Promise<Field[]> {
  return many(
    db,
    sql`select ${columns} from audience.field order by archived_at is not null, lower(label), key`,
  )
}

/** The type that a first value suggests: an ISO date is a date, other text is text. */
function typeOf(value: unknown): FieldType {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' && fitDate(value) !== null ? 'date' : 'text'
}

/** A value in the type of its field, or null where it cannot be one. */
export function fitValue({ type, choices }: Pick<Field, 'type' | 'choices'>, value: unknown): unknown {
  if (value === null) return null
  if (type === 'number')
    return typeof value === 'boolean' || String(value).trim() === '' ? null : finite(Number(value))
  if (type === 'boolean')
    return typeof value === 'boolean' ? value : (words.get(String(value).toLowerCase()) ?? null)
  if (type === 'date') return fitDate(String(value))
  if (type === 'choice') return choices.includes(String(value)) ? String(value) : null
  return String(value)
}

const words = new Map([
  ['true', true],
  ['false', false],
  ['yes', true],
  ['no', false],
  ['1', true],
  ['0', false],
])
const finite = (number: number) => (Number.isFinite(number) ? number : null)
const isoDate = /^(\d{4}-\d\d-\d\d)(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/

/** ISO 8601 only: what 05/06/2026 means depends on who wrote it. A day must exist. */
function fitDate(text: string): string | null {
  const day = isoDate.exec(text.trim())?.[1]
  const time = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day) return null
  return Number.isNaN(Date.parse(text.trim())) ? null : text.trim()
}

type Shelf = Map<string, Pick<Field, 'type' | 'choices' | 'archivedAt'>>

async function fieldsFor(db: Db, keys: string[]): Promise<Shelf> {
  const fields = await many<Field>(
    db,
    sql`select ${columns} from audience.field where key = any(${keys}::text[])`,
  )
  return new Map(fields.map(field => [field.key, field]))
}

/**
 * Makes sure that every key has a field: a new key becomes one of the type of its first value, as long as there are
 * less than a thousand. Returns a function that gives the entry as it may be stored, or nothing: a value of the wrong
 * type, an archived field, one too many.
 */
export async function learnFields(
  trx: Db,
  attrs: Record<string, unknown>[],
  { now, source }: { now: Date; source: string },
): Promise<(key: string, value: unknown) => [string, unknown][]> {
  const first = new Map<string, unknown>()
  for (const row of attrs) {
    for (const [key, value] of Object.entries(row))
      if ((first.get(key) ?? null) === null) first.set(key, value)
  }
  if (first.size === 0) return () => []
  const keys = [...first.keys()].sort()
  let fields = await fieldsFor(trx, keys)
  const missing = keys.filter(key => first.get(key) !== null && !fields.has(key))
  if (missing.length > 0) {
    await run(
      trx,
      sql`
      insert into audience.field (key, label, type, created_at, source)
      select key, key, type, ${now}::timestamptz, ${source}
      from unnest(${missing}::text[], ${missing.map(key => typeOf(first.get(key)))}::text[]) as fresh (key, type)
      order by key
      limit greatest(${maxFields}::int - (select count(*)::int from audience.field where archived_at is null), 0)
      on conflict do nothing`,
    )
    fields = await fieldsFor(trx, keys)
  }
  return (key, value) => {
    const field = fields.get(key)
    if (!field || field.archivedAt !== null) return []
    const fitted = fitValue(field, value)
    return fitted === null && value !== null ? [] : [[key, fitted]]
  }
}

const wanted: Record<Exclude<FieldType, 'choice'>, string> = {
  text: 'must be text',
  number: 'must be a number',
  boolean: 'must be true or false',
  date: 'must be a date, like 2026-11-23',
}

/** Values as they may be stored, and in words what is wrong with the others: what people enter is not left out in silence. */
export async function checkValues(
  db: Db,
  attrs: Record<string, unknown>,
): Promise<{ attrs: Record<string, unknown>; faults: FieldProblem[] }> {
  const fields = await fieldsFor(db, Object.keys(attrs))
  const faults: FieldProblem[] = []
  const clean: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(attrs)) {
    const field = fields.get(key)
    const fitted = value === null ? null : field && fitValue(field, value)
    const path = `attrs.${key}`
    if (value === null) clean[key] = null
    else if (isReserved(key)) faults.push({ path, message: 'is no custom field: set it beside attrs' })
    else if (!field) faults.push({ path, message: `cannot become a field: there are ${maxFields} already` })
    else if (field.archivedAt !== null) faults.push({ path, message: 'is an archived field' })
    else if (fitted === null)
      faults.push({
        path,
        message: field.type === 'choice' ? `must be one of ${field.choices.join(', ')}` : wanted[field.type],
      })
    else clean[key] = fitted
  }
  return { attrs: clean, faults }
}

export async function createField(
  db: Db,
  given: { key: string; label: string; type: FieldType; choices: string[]; source: string },
  now: Date,
): Promise<Field> {
  if (!isFieldKey(given.key))
    throw invalid('This is no usable key.', [
      {
        path: 'key',
        message: 'begins with a letter; letters, digits, space, dot, dash and underscore; at most 64',
      },
    ])
  if (isReserved(given.key))
    throw invalid('This key has a meaning already.', [
      { path: 'key', message: 'belongs to a field that every contact has' },
    ])
  if (given.type === 'choice' && given.choices.length === 0)
    throw invalid('A choice needs something to choose from.', [
      { path: 'choices', message: 'must not be empty' },
    ])
  const { count } = await one<{ count: number }>(
    db,
    sql`select count(*)::int as count from audience.field where archived_at is null`,
  )
  if (count >= maxFields)
    throw new AppError(
      'too_many_fields',
      `There are ${maxFields} fields already. Archive some that are not used.`,
      { status: 409 },
    )
  const made = await maybeOne<Field>(
    db,
    sql`
    insert into audience.field (key, label, type, choices, created_at, source)
    values (${given.key}, ${given.label}, ${given.type}, ${given.choices}::text[], ${now}, ${given.source})
    on conflict do nothing returning ${columns}`,
  )
  if (!made) throw conflict('field_exists', `There is a field “${given.key}” already.`)
  return made
}

/** A field's label, choices and whether it is offered can change; its key and type are part of what is stored. */
export async function updateField(
  db: Db,
  key: string,
  change: { label?: string | undefined; choices?: string[] | undefined; archived?: boolean | undefined },
  now: Date,
): Promise<Field> {
  const changed = await maybeOne<Field>(
    db,
    sql`
    update audience.field set label = coalesce(${change.label ?? null}, label), choices = coalesce(${change.choices ?? null}::text[], choices),
      archived_at = case when ${change.archived ?? null}::boolean is null then archived_at
        when ${change.archived ?? null}::boolean then coalesce(archived_at, ${now}::timestamptz) end
    where key = ${key} returning ${columns}`,
  )
  if (!changed) throw notFound('field')
  return changed
}
