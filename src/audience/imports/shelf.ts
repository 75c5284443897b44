import type { Db } from '#platform/db/db.ts'
import { createField, listFields } from '../fields.ts'
import { listsByName } from './import.sql.ts'
import type { ColumnMap } from './shape.ts'
import type { Shelf } from './values.ts'

/** Everything that reading a row needs to know. Fields that the mapping makes are there already. */
export async function loadShelf(db: Db, mapping: ColumnMap[]): Promise<Shelf> {
  const fields: Shelf['fields'] = new Map((await listFields(db)).map(field => [field.key, field]))
  for (const { to, create } of mapping) {
    const key = to?.startsWith('attrs.') ? to.slice(6) : null
    if (key && create && !fields.has(key))
      fields.set(key, { type: create.type, label: create.label, choices: [], archivedAt: null })
  }
  return { mapping, fields, lists: await listsByName(db) }
}

/** Makes the custom fields that the mapping names and nobody has yet. */
export async function makeFields(
  db: Db,
  mapping: ColumnMap[],
  { source, now }: { source: string; now: Date },
): Promise<void> {
  const known = new Set((await listFields(db)).map(field => field.key))
  for (const { to, create } of mapping) {
    const key = to?.startsWith('attrs.') ? to.slice(6) : null
    if (!key || !create || known.has(key)) continue
    known.add(key)
    await createField(db, { key, label: create.label, type: create.type, choices: [], source }, now)
  }
}
