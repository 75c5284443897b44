import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction, many, maybeOne, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import { companiesFor } from './companies.ts'
import { type Contact, contactColumns, contactFrom, selectContacts, setStages, upsertRows } from './contacts.sql.ts'
import { learnFields } from './fields.ts'
import { resolve } from './identity.ts'
import { type CoreField, coreFields, normalizeCore, readTraits, type Traits } from './traits.ts'

export type { Contact } from './contacts.sql.ts'

type Patch = { contactId: string; email?: string; traits: Record<string, unknown> }
type Merged = { id: string; core: Traits['core']; attrs: Record<string, unknown>; company: Traits['company'] }

/** One patch per contact: what was said later wins. */
function mergePatches(patches: Patch[]): Map<string, Merged> {
  const merged = new Map<string, Merged>()
  for (const patch of patches) {
    const { core, custom, company } = readTraits(patch.email === undefined ? patch.traits : { ...patch.traits, email: patch.email })
    const before = merged.get(patch.contactId)
    merged.set(patch.contactId, {
      id: patch.contactId,
      core: { ...before?.core, ...core },
      attrs: { ...before?.attrs, ...custom },
      company: company ?? before?.company ?? null,
    })
  }
  return merged
}

/**
 * Creates and completes contacts from what sources say: typed fields, custom fields (a new key becomes a field of
 * the type of its first value), company. Nothing said means nothing changed; null clears a custom field. Five
 * statements for any number. Returns `contact.created` and `contact.updated` (with every change) to be recorded.
 */
export async function upsertContacts(trx: Db, patches: Patch[], { now, source }: { now: Date; source: string }): Promise<NewEvent[]> {
  const merged = [...mergePatches(patches).values()]
  if (merged.length === 0) return []
  const old = new Map((await selectContacts(trx, merged.map(row => row.id))).map(contact => [contact.id, contact]))
  const companies = await companiesFor(trx, merged.flatMap(row => (row.company ? [row.company] : [])), now)
  const allowed = await learnFields(trx, merged.map(row => row.attrs), { now, source })
  for (const row of merged) {
    row.attrs = Object.fromEntries(Object.entries(row.attrs).flatMap(([key, value]) => allowed(key, value)))
    const companyId = row.company && companies(row.company)
    if (companyId) row.core.company_id = companyId
  }
  const touched = merged.filter(row => !old.has(row.id) || Object.keys(changesOf(old.get(row.id), row)).length > 0)
  if (touched.length === 0) return []
  const written = await upsertRows(trx, touched, now)
  const stages = touched.flatMap(row => (row.core.stage ? [{ id: row.id, stage: row.core.stage }] : []))
  if (stages.length > 0) await setStages(trx, stages)
  const isNew = new Set(written.filter(row => row.isNew).map(row => row.id))
  return touched.map(row => changeEvent(row, isNew.has(row.id), old.get(row.id), { now, source }))
}

type Changes = Record<string, { from: unknown; to: unknown }>

function changesOf(before: Contact | undefined, row: Pick<Merged, 'core' | 'attrs'>): Changes {
  const changes: Changes = {}
  for (const [field, to] of Object.entries(row.core)) {
    const from = before?.[coreFields[field as CoreField]] ?? null
    if (from !== to) changes[field] = { from, to }
  }
  for (const [key, to] of Object.entries(row.attrs)) {
    const from = before?.attrs[key] ?? null
    if (from !== to) changes[`attrs.${key}`] = { from, to }
  }
  return changes
}

function changeEvent(row: Merged, created: boolean, before: Contact | undefined, { now, source }: { now: Date; source: string }): NewEvent {
  if (created) return { contactId: row.id, type: 'contact.created', at: now, data: { source, fields: Object.keys(row.core) } }
  return { contactId: row.id, type: 'contact.updated', at: now, data: { source, changes: changesOf(before, row) } }
}

/** Which of these ids are contacts; the others are visitors, or gone. */
export async function knownAmong(db: Db, ids: string[]): Promise<Set<string>> {
  const rows = await many<{ id: string }>(db, sql`select id from audience.contact where id = any(${ids}::bigint[])`)
  return new Set(rows.map(row => row.id))
}

/** What templates and workflow steps may know of contacts. Those that are gone are left out. */
export function contactsForRender(db: Db, ids: string[]): Promise<Contact[]> {
  return ids.length === 0 ? Promise.resolve([]) : selectContacts(db, ids)
}

/** The contact; one that was joined or merged is found under its old id too. 404 if there is none. */
export async function getContact(db: Db, id: string): Promise<Contact> {
  const [found] = await selectContacts(db, [id])
  if (found) return found
  const moved = await maybeOne<{ to: string }>(db, sql`
    select to_contact_id as "to" from audience.redirect where contact_id = ${id}::bigint`)
  const [other] = moved ? await selectContacts(db, [moved.to]) : []
  if (!other) throw notFound('contact')
  return other
}

export const contactSorts = ['created', 'updated', 'email', 'name'] as const
export type ContactSort = (typeof contactSorts)[number]

/** Each order is that of an index, with the id to make it total. */
const sorts: Record<ContactSort, { key: RawBuilder<unknown>; cast: RawBuilder<unknown>; descending: boolean }> = {
  created: { key: sql`contact.created_at`, cast: sql`timestamptz`, descending: true },
  updated: { key: sql`contact.updated_at`, cast: sql`timestamptz`, descending: true },
  email: { key: sql`coalesce(contact.email, '')`, cast: sql`text`, descending: false },
  name: { key: sql`coalesce(lower(contact.last_name), '')`, cast: sql`text`, descending: false },
}

export type ContactCursor = { key: string; id: string }

/**
 * One page of contacts, `limit + 1` rows at most. `filter` is a condition over the alias `contact`; `search` is the
 * beginning of an address or of a first or last name.
 */
export function listContacts(
  db: Db,
  ask: { filter?: RawBuilder<boolean>; search?: string; sort: ContactSort; cursor: ContactCursor | null; limit: number },
): Promise<(Contact & { sortKey: string })[]> {
  const { key, cast, descending } = sorts[ask.sort]
  const direction = descending ? sql`desc` : sql`asc`
  const after = ask.cursor
    ? sql`and (${key}, contact.id) ${descending ? sql`<` : sql`>`} (${ask.cursor.key}::${cast}, ${ask.cursor.id}::bigint)`
    : sql``
  const prefix = ask.search ? `${ask.search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%` : null
  const search = prefix
    ? sql`and (contact.email like ${prefix} or lower(contact.last_name) like ${prefix} or lower(contact.first_name) like ${prefix})`
    : sql``
  return many(db, sql`
    select ${contactColumns}, ${key}::text as "sortKey"
    from ${contactFrom}
    where true ${ask.filter ? sql`and (${ask.filter})` : sql``} ${search} ${after}
    order by ${key} ${direction}, contact.id ${direction}
    limit ${ask.limit + 1}`)
}

/** How many contacts there are, as the planner estimates it: an exact count of a million is not worth its time. */
export async function estimateContacts(db: Db): Promise<number> {
  const { count } = await one<{ count: number }>(db, sql`
    select greatest(reltuples, 0)::float8 as count from pg_class where oid = 'audience.contact'::regclass`)
  if (count > 10_000) return Math.round(count)
  return (await one<{ count: number }>(db, sql`select count(*)::int as count from audience.contact`)).count
}

export type ContactChange = { core: Partial<Record<CoreField, string | null>>; attrs: Record<string, unknown> }

/** Creates one contact by hand. An address that somebody has is a conflict that names him. */
export async function createContact(trx: Db, change: ContactChange & { email: string }, now: Date): Promise<{ contact: Contact; events: NewEvent[] }> {
  const email = normalizeCore('email', change.email)
  if (email === null) throw invalid('This is not an email address.', [{ path: 'email', message: 'must be one plain address, like ann@example.org' }])
  const [who] = await resolve(trx, [{ email, trust: 'server' }], { now })
  if (!who) throw new Error('no identity was resolved')
  if ((await knownAmong(trx, [who.contactId])).size > 0) {
    throw conflict('address_taken', 'Somebody with this address is already a contact.', { contactId: who.contactId })
  }
  const traits = { ...Object.fromEntries(Object.entries(change.core).filter(([, value]) => value !== null)), ...change.attrs }
  const events = await upsertContacts(trx, [{ contactId: who.contactId, email, traits }], { now, source: 'the office' })
  return { contact: await getContact(trx, who.contactId), events }
}

/** Changes one contact by hand; null clears a field. `version` is the one that was on the screen: a stale one is 409. */
export async function updateContact(
  db: Db,
  ask: { id: string; version: number; change: ContactChange; now: Date },
): Promise<{ contact: Contact; events: NewEvent[] }> {
  return inTransaction(db, async trx => {
    const before = await getContact(trx, ask.id)
    const core = { ...ask.change.core }
    if (typeof core.email === 'string') core.email = await takeAddress(trx, before, core.email, ask.now)
    const sets = Object.entries(core).map(([field, value]) =>
      field === 'company_id' ? sql`company_id = ${value}::bigint` : sql`${sql.ref(field)} = ${field === 'stage' ? (value ?? 'lead') : value}`,
    )
    const changed = await run(trx, sql`
      update audience.contact set ${sql.join([
        ...sets,
        sql`attrs = jsonb_strip_nulls(attrs || ${JSON.stringify(ask.change.attrs)}::jsonb)`,
        sql`updated_at = ${ask.now}`,
        sql`version = version + 1`,
      ])} where id = ${before.id}::bigint and version = ${ask.version}`)
    if (changed === 0) throw conflict('stale', 'Somebody changed this contact meanwhile.', { version: before.version, updatedAt: before.updatedAt })
    const changes = changesOf(before, { core: core as Traits['core'], attrs: ask.change.attrs })
    const events: NewEvent[] = Object.keys(changes).length === 0 ? [] : [{ contactId: before.id, type: 'contact.updated', at: ask.now, data: { source: 'the office', changes } }]
    return { contact: await getContact(trx, before.id), events }
  })
}

async function takeAddress(trx: Db, before: Contact, text: string, now: Date): Promise<string> {
  const email = normalizeCore('email', text)
  if (email === null) throw invalid('This is not an email address.', [{ path: 'email', message: 'must be one plain address, like ann@example.org' }])
  const holder = await maybeOne<{ id: string }>(trx, sql`
    insert into audience.identity (kind, value, contact_id, created_at) values ('email', ${email}, ${before.id}::bigint, ${now})
    on conflict (value, kind) do update set kind = excluded.kind returning contact_id as id`)
  if (holder?.id !== before.id) throw conflict('address_taken', 'Somebody else has this address.', { contactId: holder?.id })
  return email
}

