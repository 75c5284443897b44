import { ledger } from '#activity/ledger.ts'
import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Contact } from '../contacts.sql.ts'
import type { Change } from './import.sql.ts'

/** What an import itself brings about, and what segments and scores made of it. Anything else is somebody's deed. */
const ownEvents = [
  'contact.created',
  'contact.updated',
  'list.joined',
  'list.left',
  'consent.granted',
  'consent.pending',
  'consent.withdrawn',
  'segment.entered',
  'segment.left',
  'score.changed',
  'score.rose',
  'score.fell',
]

export function selectChanges(
  db: Db,
  importId: string,
  limit: number,
): Promise<(Change & { version: number })[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", kind, changes, lists::text[] as lists, granted, version
    from audience.import_change where import_id = ${importId}::bigint order by contact_id limit ${limit}`,
  )
}

export async function deleteChanges(db: Db, importId: string, contactIds: string[]): Promise<void> {
  await run(
    db,
    sql`
    delete from audience.import_change
    where import_id = ${importId}::bigint and contact_id = any(${plainArray(contactIds)}::bigint[])`,
  )
}

/**
 * Which of the contacts that an import added nothing else has touched: the profile is at the version that the import
 * left, no list, name, device, consent, other import or event came from elsewhere, and nobody opted out - that must
 * not be lost.
 */
export async function untouchedAmong(
  db: Db,
  importId: string,
  added: { contactId: string; version: number }[],
): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select c.id from unnest(${plainArray(added.map(row => row.contactId))}::bigint[],
      ${plainArray(added.map(row => row.version))}::int[]) as mine (id, version)
    join audience.contact c on c.id = mine.id and c.version = mine.version
    where not exists (select from audience.list_member m where m.contact_id = c.id)
      and (select count(*) from audience.identity i where i.contact_id = c.id) = 1
      and not exists (select from audience.redirect r where r.to_contact_id = c.id)
      and not exists (select from audience.import_change o where o.contact_id = c.id and o.import_id <> ${importId}::bigint)
      and not exists (select from audience.consent_current w where w.contact_id = c.id and w.state = 'withdrawn')
      and not exists (select from audience.consent w where w.contact_id = c.id
        and w.proof->>'importId' is distinct from ${importId}::text)
      and not exists (select from ${ledger} event where event.contact_id = c.id
        and event.type <> all(${textArray(ownEvents)}::text[]))`,
  )
  return rows.map(row => row.id)
}

/**
 * Takes back consent that an import gave or asked for, where its word is still the last one. The ledger keeps both.
 * Returns whose consent it was.
 */
export async function takeBackGrants(db: Db, importId: string, contactIds: string[]): Promise<string[]> {
  if (contactIds.length === 0) return []
  const rows = await many<{ id: string }>(
    db,
    sql`
    delete from audience.consent_current w
    where w.contact_id = any(${plainArray(contactIds)}::bigint[]) and w.purpose = 'marketing' and w.topic_id = 0 and w.state in ('granted', 'pending')
      and (select said.proof->>'importId' from audience.consent said
        where said.contact_id = w.contact_id and said.purpose = 'marketing' and said.topic_id = 0
        order by said.id desc limit 1) = ${importId}::text
    returning w.contact_id as id`,
  )
  return rows.map(row => row.id)
}

export type Restored = { before: Contact; core: Record<string, unknown>; attrs: Record<string, unknown> }

/** Puts earlier values back, null among them; a contact that was changed since it was read is left alone. */
export async function restoreRows(
  db: Db,
  rows: Restored[],
  { now, source }: { now: Date; source: string },
): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const column = (name: string) =>
    sql`${sql.ref(name)} = case when old.core ? ${name}::text then old.core->>${name}::text else contact.${sql.ref(name)} end`
  const changed = await many<{ id: string }>(
    db,
    sql`
    update audience.contact contact set ${sql.join(
      ['first_name', 'last_name', 'phone', 'job_title', 'country', 'language', 'time_zone'].map(column),
    )},
      stage = coalesce(old.core->>'stage', contact.stage),
      company_id = case when old.core ? 'company_id' then (old.core->>'company_id')::bigint else contact.company_id end,
      attrs = jsonb_strip_nulls(contact.attrs || old.attrs), updated_at = ${now}::timestamptz,
      updated_by = ${source}::text, version = contact.version + 1
    from unnest(${plainArray(rows.map(row => row.before.id))}::bigint[], ${plainArray(rows.map(row => row.before.version))}::int[],
      ${textArray(rows.map(row => JSON.stringify(row.core)))}::jsonb[], ${textArray(rows.map(row => JSON.stringify(row.attrs)))}::jsonb[])
      as old (id, version, core, attrs)
    where contact.id = old.id and contact.version = old.version
    returning contact.id`,
  )
  return new Set(changed.map(row => row.id))
}
