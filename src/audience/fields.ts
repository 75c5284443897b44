import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, invalid, notFound } from '#platform/errors.ts'
import { isFieldKey } from './traits.ts'

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
  return many(db, sql`select ${columns} from audience.field order by archived_at is not null, lower(label), key`)
}

/** The type that a first value suggests: an ISO date is a date, other text is text. */
function typeOf(value: unknown): FieldType {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.test(value) ? 'date' : 'text'
}

/** A value in the type of its field, or null where it cannot be one. */
export function fitValue(type: FieldType, value: unknown): unknown {
  if (value === null) return null
  if (type === 'number') return typeof value === 'boolean' || String(value).trim() === '' ? null : finite(Number(value))
  if (type === 'boolean') return typeof value === 'boolean' ? value : (({ true: true, false: false, yes: true, no: false, '1': true, '0': false })[String(value).toLowerCase()] ?? null)
  if (type === 'date') return Number.isNaN(Date.parse(String(value))) ? null : String(value)
  return String(value)
}

const finite = (number: number) => (Number.isFinite(number) ? number : null)

/**
 * Makes sure that every key has a field: a new key becomes one of the type of its first value. Returns a function
 * that gives the entry as it may be stored, or nothing: a value of the wrong type, an archived field, one too many.
 */
export async function learnFields(
  trx: Db,
  attrs: Record<string, unknown>[],
  { now, source }: { now: Date; source: string },
): Promise<(key: string, value: unknown) => [string, unknown][]> {
  const seen = new Map<string, unknown>()
  for (const row of attrs) for (const [key, value] of Object.entries(row)) if (!seen.has(key) || seen.get(key) === null) seen.set(key, value)
  if (seen.size === 0) return () => []
  const keys = [...seen.keys()].sort()
  const find = () => many<{ key: string; type: FieldType; archived: boolean }>(trx, sql`
    select key, type, archived_at is not null as archived from audience.field where key = any(${keys}::text[])`)
  let known = await find()
  const missing = keys.filter(key => seen.get(key) !== null && !known.some(field => field.key === key))
  if (missing.length > 0) {
    await run(trx, sql`
      insert into audience.field (key, label, type, created_at, source)
      select key, key, type, ${now}::timestamptz, ${source}
      from unnest(${missing}::text[], ${missing.map(key => typeOf(seen.get(key)))}::text[]) as fresh (key, type)
      where (select count(*) from audience.field) + ${missing.length}::int <= ${maxFields}::int
      on conflict do nothing`)
    known = await find()
  }
  const types = new Map(known.filter(field => !field.archived).map(field => [field.key, field.type]))
  return (key, value) => {
    const type = types.get(key)
    if (!type) return []
    const fitted = fitValue(type, value)
    return fitted === null && value !== null ? [] : [[key, fitted]]
  }
}

export async function createField(
  db: Db,
  given: { key: string; label: string; type: FieldType; choices: string[]; source: string },
  now: Date,
): Promise<Field> {
  if (!isFieldKey(given.key)) throw invalid('This is no usable key.', [{ path: 'key', message: 'begins with a letter; letters, digits, space, dot, dash and underscore; at most 64' }])
  if (given.type === 'choice' && given.choices.length === 0) throw invalid('A choice needs something to choose from.', [{ path: 'choices', message: 'must not be empty' }])
  const { count } = await one<{ count: number }>(db, sql`select count(*)::int as count from audience.field`)
  if (count >= maxFields) throw new AppError('too_many_fields', `There are ${maxFields} fields already. Archive some that are not used.`, { status: 409 })
  const made = await maybeOne<Field>(db, sql`
    insert into audience.field (key, label, type, choices, created_at, source)
    values (${given.key}, ${given.label}, ${given.type}, ${given.choices}::text[], ${now}, ${given.source})
    on conflict do nothing returning ${columns}`)
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
  const changed = await maybeOne<Field>(db, sql`
    update audience.field set label = coalesce(${change.label ?? null}, label), choices = coalesce(${change.choices ?? null}::text[], choices),
      archived_at = case when ${change.archived ?? null}::boolean is null then archived_at
        when ${change.archived ?? null}::boolean then coalesce(archived_at, ${now}::timestamptz) end
    where key = ${key} returning ${columns}`)
  if (!changed) throw notFound('field')
  return changed
}
