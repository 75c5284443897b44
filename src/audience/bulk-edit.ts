import type { NewEvent } from '#engine/reactor.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { invalid } from '#platform/errors.ts'
import { checked } from './contacts.by-hand.ts'
import { type CoreField, coreFields } from './traits.ts'

/** One field of many contacts, by its name in the filter language; null clears it. */
export type FieldEdit = { field: string; value: string | number | boolean | null }
type Hand = { now: Date; source: string }

/** An address is one person's, so it is not set for many. */
const fixed = new Set(['email'])

const isCore = (field: string): field is CoreField => Object.hasOwn(coreFields, field) && !fixed.has(field)
const customKey = (field: string) => (field.startsWith('attrs.') ? field.slice(6) : null)

/** The edit in the one spelling in which it is stored. Throws `invalid` where there is no such field or value. */
export async function checkEdit(trx: Db, edit: FieldEdit, hand: Hand): Promise<FieldEdit> {
  const key = customKey(edit.field)
  if (key === null && !isCore(edit.field))
    throw invalid('This field cannot be set for many at once.', [
      { path: 'field', message: 'is no field that can be set' },
    ])
  if (edit.field === 'stage' && edit.value === null)
    throw invalid('Everybody has a stage.', [{ path: 'value', message: 'must not be empty' }])
  const { field, value } = edit
  const change =
    key === null
      ? { core: { [field]: value === null ? null : String(value) }, attrs: {} }
      : { core: {}, attrs: { [key]: value } }
  const clean = await checked(trx, change, { now: hand.now, by: hand.source })
  const stored = key === null ? clean.core[field as CoreField] : clean.attrs[key]
  return { field, value: (stored ?? null) as FieldEdit['value'] }
}

/** What a field holds now (alias `contact`), as jsonb; null where there is nothing. */
export function heldValue(field: string): RawBuilder<unknown> {
  const key = customKey(field)
  return key === null
    ? sql`to_jsonb(${sql.ref(`contact.${field}`)}${field === 'company_id' ? sql`::text` : sql``})`
    : sql`(contact.attrs -> ${key}::text)`
}

/** Whether the field holds that value already. */
export const holds = ({ field, value }: FieldEdit): RawBuilder<boolean> =>
  sql<boolean>`${heldValue(field)} is not distinct from ${value === null ? sql`null::jsonb` : sql`${JSON.stringify(value)}::jsonb`}`

const assigned = (field: string, value: RawBuilder<unknown>): RawBuilder<unknown> => {
  const key = customKey(field)
  if (key !== null)
    return sql`attrs = jsonb_strip_nulls(contact.attrs || jsonb_build_object(${key}::text, ${value}))`
  return sql`${sql.id(field)} = (${value} #>> '{}')${field === 'company_id' ? sql`::bigint` : sql``}`
}

const maxRounds = 5

/**
 * Sets a field of many contacts; who holds the value already is left alone. A statement for any number, repeated
 * for those who were changed in the same moment. Returns who was changed with the earlier value, and the events.
 */
export async function setField(
  trx: Db,
  ids: string[],
  edit: FieldEdit,
  hand: Hand,
): Promise<{ changed: { id: string; was: unknown }[]; events: NewEvent[] }> {
  const changed: { id: string; was: unknown }[] = []
  const value = sql`${JSON.stringify(edit.value)}::jsonb`
  for (let round = 0; round < maxRounds; round++) {
    const rows = await many<{ id: string; was: unknown }>(
      trx,
      sql`
      update audience.contact contact set ${assigned(edit.field, value)}, updated_at = ${hand.now}::timestamptz,
        updated_by = ${hand.source}, version = contact.version + 1
      from (select contact.id, contact.version, ${heldValue(edit.field)} as was from audience.contact contact
        where contact.id = any(${plainArray(ids)}::bigint[]) and not ${holds(edit)}) old
      where contact.id = old.id and contact.version = old.version
      returning contact.id, old.was`,
    )
    changed.push(...rows)
    if (rows.length === 0) break
  }
  return {
    changed,
    events: changed.map(({ id, was }) => told(id, edit.field, { was, is: edit.value }, hand)),
  }
}

/** Gives earlier values back where the field still holds what was set. Returns the events of those who got one. */
export async function restoreField(
  trx: Db,
  rows: { id: string; was: unknown }[],
  edit: FieldEdit,
  hand: Hand,
): Promise<NewEvent[]> {
  const back = await many<{ id: string; was: unknown }>(
    trx,
    sql`
    update audience.contact contact set ${assigned(edit.field, sql`old.was`)}, updated_at = ${hand.now}::timestamptz,
      updated_by = ${hand.source}, version = contact.version + 1
    from unnest(${plainArray(rows.map(row => row.id))}::bigint[],
      ${rows.map(row => JSON.stringify(row.was ?? null))}::jsonb[]) as old (id, was)
    where contact.id = old.id and ${holds(edit)}
    returning contact.id, old.was`,
  )
  return back.map(({ id, was }) => told(id, edit.field, { was: edit.value, is: was }, hand))
}

function told(
  contactId: string,
  field: string,
  { was, is }: { was: unknown; is: unknown },
  { now, source }: Hand,
): NewEvent {
  const changes = { [field]: { from: was ?? null, to: is ?? null } }
  return { contactId, type: 'contact.updated', at: now, data: { source, changes } }
}

/** Takes back withdrawals that one bulk change wrote, where they are still the last word: what held before holds again. */
export async function liftBulkWithdrawals(
  trx: Db,
  rows: { id: string; was: string | null; since: Date | null }[],
  { bulkId, purpose }: { bulkId: string; purpose: string },
): Promise<string[]> {
  const lifted = await many<{ id: string }>(
    trx,
    sql`
    delete from audience.consent_current w where w.contact_id = any(${rows.map(row => row.id)}::bigint[])
      and w.purpose = ${purpose} and w.topic_id = 0 and w.state = 'withdrawn'
      and (select said.proof ->> 'bulkId' from audience.consent said where said.contact_id = w.contact_id
        and said.purpose = w.purpose and said.topic_id = 0 order by said.id desc limit 1) = ${bulkId}
    returning w.contact_id as id`,
  )
  const open = new Set(lifted.map(row => row.id))
  const back = rows.filter(row => open.has(row.id) && row.was !== null)
  await run(
    trx,
    sql`
    insert into audience.consent_current (contact_id, purpose, topic_id, state, since)
    select id, ${purpose}, 0, was, since from unnest(${back.map(row => row.id)}::bigint[],
      ${back.map(row => row.was)}::text[], ${back.map(row => row.since?.toISOString() ?? null)}::timestamptz[]) as t (id, was, since)
    on conflict do nothing`,
  )
  return [...open]
}
