import { type Contact, getContact } from '#audience/contacts.ts'
import { type CoreField, coreFields } from '#audience/traits.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'

/** field -> the contact whose value is kept: `first_name`, `attrs.plan`. */
export type Choices = Record<string, string>

/** What a profile holds, by field; what is empty is left out. */
export function valuesOf(contact: Contact): Map<string, unknown> {
  const core = Object.entries(coreFields).map(([field, key]) => [field, contact[key]] as const)
  const attrs = Object.entries(contact.attrs).map(([key, value]) => [`attrs.${key}`, value] as const)
  return new Map([...core, ...attrs].filter(([, value]) => value !== null && value !== ''))
}

/** The one profile made of several: a choice decides, else the first in the order given that has a value. */
export function unite(
  contacts: Contact[],
  choices: Choices,
): { core: Record<string, unknown>; attrs: Record<string, unknown> } {
  const united: { core: Record<string, unknown>; attrs: Record<string, unknown> } = { core: {}, attrs: {} }
  const values = new Map(contacts.map(contact => [contact.id, valuesOf(contact)]))
  const fields = new Set([...values.values()].flatMap(each => [...each.keys()]))
  for (const field of Object.keys(choices)) fields.add(field)
  for (const field of fields) {
    const chosen = choices[field]
    const value =
      chosen === undefined
        ? contacts.map(({ id }) => values.get(id)?.get(field)).find(each => each !== undefined)
        : values.get(chosen)?.get(field)
    if (field.startsWith('attrs.')) united.attrs[field.slice(6)] = value ?? null
    else united.core[field] = value ?? null
  }
  return united
}

/** The contacts in the order of `ids`. 404 where one is none (any more): a merged id leads to another contact. */
export async function readAll(db: Db, ids: string[]): Promise<Contact[]> {
  const contacts: Contact[] = []
  for (const id of ids) {
    const contact = await getContact(db, id)
    if (contact.id !== id) throw conflict('merged_already', 'One of these was merged meanwhile.', { id })
    contacts.push(contact)
  }
  return contacts
}

export function checkChoices(choices: Choices, ids: string[]): void {
  const faults = Object.entries(choices).flatMap(([field, id]) => [
    ...(field in coreFields || field.startsWith('attrs.')
      ? []
      : [{ path: `choices.${field}`, message: 'is no field of a contact' }]),
    ...(ids.includes(id) ? [] : [{ path: `choices.${field}`, message: 'is none of these contacts' }]),
  ])
  if (faults.length > 0) throw invalid('These choices cannot be made.', faults)
}

type Hand = { now: Date; by: string }

/** Writes the united profile to the one that stays. */
export async function writeUnited(
  trx: Db,
  id: string,
  united: ReturnType<typeof unite>,
  { now, by }: Hand,
): Promise<void> {
  const core: Record<string, unknown> = { ...united.core, stage: united.core.stage ?? 'lead' }
  await run(
    trx,
    sql`
    update audience.contact set ${sql.join([
      ...(Object.keys(coreFields) as CoreField[]).map(
        field =>
          sql`${sql.id(field)} = ${core[field] ?? null}${field === 'company_id' ? sql`::bigint` : sql`::text`}`,
      ),
      sql`attrs = jsonb_strip_nulls(${JSON.stringify(united.attrs)}::jsonb)`,
      sql`updated_at = ${now}`,
      sql`updated_by = ${by}`,
      sql`version = version + 1`,
    ])} where id = ${id}::bigint`,
  )
}

/** The row of a profile as JSON, or null. */
export async function profileRow(db: Db, id: string): Promise<Record<string, unknown> | null> {
  const row = await maybeOne<{ row: Record<string, unknown> }>(
    db,
    sql`select to_jsonb(c) || jsonb_build_object('id', c.id::text, 'company_id', c.company_id::text) as row
      from audience.contact c where c.id = ${id}::bigint`,
  )
  return row?.row ?? null
}

/** What a restored profile may differ in from what it was: who touched it last. */
const bookkeeping = ['id', 'version', 'updated_at', 'updated_by', 'created_at']

/** Puts the earlier profile back, field by field, where it still holds what the merge wrote. */
export async function giveBack(
  trx: Db,
  id: string,
  rows: { before: Record<string, unknown>; after: Record<string, unknown> },
  { now, by }: Hand,
): Promise<void> {
  const current = await profileRow(trx, id)
  if (!current) throw notFound('contact')
  const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
  const columns = Object.keys(rows.before).filter(
    name => name !== 'attrs' && !bookkeeping.includes(name) && same(current[name], rows.after[name]),
  )
  const [was, became, is] = [rows.before, rows.after, current].map(
    row => (row.attrs ?? {}) as Record<string, unknown>,
  ) as [Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]
  const attrs = { ...is }
  for (const key of new Set([...Object.keys(was), ...Object.keys(became)]))
    if (same(is[key], became[key])) attrs[key] = was[key] ?? null
  await run(
    trx,
    sql`
    update audience.contact c set ${sql.join([
      ...columns.map(name => sql`${sql.id(name)} = old.${sql.id(name)}`),
      sql`attrs = jsonb_strip_nulls(${JSON.stringify(attrs)}::jsonb)`,
      sql`updated_at = ${now}::timestamptz`,
      sql`updated_by = ${by}`,
      sql`version = c.version + 1`,
    ])} from jsonb_populate_record(null::audience.contact, ${JSON.stringify(rows.before)}::jsonb) old
    where c.id = ${id}::bigint`,
  )
}

/** Brings a profile that had gone back. */
export async function bringBack(trx: Db, row: Record<string, unknown>): Promise<void> {
  await run(
    trx,
    sql`insert into audience.contact
      select (jsonb_populate_record(null::audience.contact, ${JSON.stringify(row)}::jsonb)).*
      on conflict (id) do nothing`,
  )
}

/** Which of these have a message that is leaving at this very moment: its row must not move. */
export async function sendingAmong(db: Db, ids: string[]): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`select distinct contact_id as id from outreach.message
      where contact_id = any(${ids}::bigint[]) and state = 'sending'`,
  )
  return rows.map(row => row.id)
}
