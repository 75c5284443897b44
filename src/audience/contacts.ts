import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { companiesFor } from './companies.ts'
import { type Contact, type ContactWrite, selectContacts, takeAddresses, upsertRows } from './contacts.sql.ts'
import { learnFields } from './fields.ts'
import { type CoreField, coreFields, readTraits, type Traits } from './traits.ts'

export {
  type ContactRow,
  type ContactSort,
  contactSorts,
  contactsById,
  estimateContacts,
  listContacts,
  walkContacts,
} from './contacts.list.ts'
export type { Contact } from './contacts.sql.ts'

type Patch = { contactId: string; email?: string; traits: Record<string, unknown> }
type Merged = { id: string; core: Traits['core']; attrs: Record<string, unknown>; company: Traits['company'] }

/** One patch per contact: what was said later wins. */
function mergePatches(patches: Patch[]): Map<string, Merged> {
  const merged = new Map<string, Merged>()
  for (const patch of patches) {
    const { core, custom, company } = readTraits(
      patch.email === undefined ? patch.traits : { ...patch.traits, email: patch.email },
    )
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
 * the type of its first value), company. Nothing said means nothing changed; null clears a custom field. An address
 * that nobody has becomes the contact’s, one that is another’s is left out. Seven statements at most for any number,
 * if nobody else changes the same contacts; else those are read and written again, so that the changes told are
 * exactly the changes made. Returns `contact.created` and `contact.updated` (with every change) to be recorded.
 */
export async function upsertContacts(
  trx: Db,
  patches: Patch[],
  how: { now: Date; source: string },
): Promise<NewEvent[]> {
  let open = [...mergePatches(patches).values()]
  if (open.length === 0) return []
  await settle(trx, open, how)
  const events: NewEvent[] = []
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const found = await selectContacts(
      trx,
      open.map(({ id }) => id),
    )
    const old = new Map(found.map(contact => [contact.id, contact]))
    const writes = open
      .map(row => ({ ...row, before: old.get(row.id) }))
      .filter(row => !row.before || Object.keys(changesOf(row.before, row)).length > 0)
    await keepAddresses(trx, writes, how.now)
    if (writes.length === 0) return events
    const written = new Map((await upsertRows(trx, writes, how)).map(row => [row.id, row.isNew]))
    for (const row of writes) {
      const isNew = written.get(row.id)
      if (isNew !== undefined) events.push(...changeEvents(row, isNew, how))
    }
    open = writes.filter(row => !written.has(row.id))
    if (open.length === 0) return events
  }
  throw new Error('contacts changed under us again and again')
}

const maxAttempts = 6

/** Finds the companies and the custom fields that are mentioned, or makes them. */
async function settle(trx: Db, rows: Merged[], how: { now: Date; source: string }): Promise<void> {
  const companies = await companiesFor(
    trx,
    rows.flatMap(row => (row.company ? [row.company] : [])),
    how.now,
  )
  const allowed = await learnFields(
    trx,
    rows.map(row => row.attrs),
    how,
  )
  for (const row of rows) {
    row.attrs = Object.fromEntries(Object.entries(row.attrs).flatMap(([key, value]) => allowed(key, value)))
    const companyId = row.company && companies(row.company)
    if (companyId) row.core.company_id = companyId
  }
}

/** New addresses are taken under the unique key of identities; whoever does not get his keeps the one he has. */
async function keepAddresses(trx: Db, rows: ContactWrite[], now: Date): Promise<void> {
  const fresh = rows.filter(row => row.core.email !== undefined && row.core.email !== row.before?.email)
  const holders = await takeAddresses(trx, new Map(fresh.map(row => [row.core.email ?? '', row.id])), now)
  for (const row of fresh) if (holders.get(row.core.email ?? '') !== row.id) delete row.core.email
}

type Changes = Record<string, { from: unknown; to: unknown }>

/** What a patch changes: typed fields by their name in the filter language, custom ones as `attrs.<key>`. */
export function changesOf(
  before: Contact | undefined,
  row: { core: Partial<Record<CoreField, string | null>>; attrs: Record<string, unknown> },
): Changes {
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

function changeEvents(
  row: ContactWrite,
  isNew: boolean,
  { now, source }: { now: Date; source: string },
): NewEvent[] {
  const about = { contactId: row.id, at: now }
  if (isNew) return [{ ...about, type: 'contact.created', data: { source, fields: Object.keys(row.core) } }]
  const changes = changesOf(row.before, row)
  // An address that turned out to be another's may have been all that there was.
  return Object.keys(changes).length === 0
    ? []
    : [{ ...about, type: 'contact.updated', data: { source, changes } }]
}

/** Which of these ids are contacts; the others are visitors, or gone. */
export async function knownAmong(db: Db, ids: string[]): Promise<Set<string>> {
  const rows = await many<{ id: string }>(
    db,
    sql`select id from audience.contact where id = any(${ids}::bigint[])`,
  )
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
  const moved = await maybeOne<{ to: string }>(
    db,
    sql`
    select to_contact_id as "to" from audience.redirect where contact_id = ${id}::bigint`,
  )
  const [other] = moved ? await selectContacts(db, [moved.to]) : []
  if (!other) throw notFound('contact')
  return other
}
