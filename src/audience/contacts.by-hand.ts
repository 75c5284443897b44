import { getUser } from '#access/users.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict, type FieldProblem, invalid } from '#platform/errors.ts'
import { type Contact, takeAddresses } from './contacts.sql.ts'
import { changesOf, getContact, knownAmong, upsertContacts } from './contacts.ts'
import { checkValues, learnFields } from './fields.ts'
import { resolve } from './identity.ts'
import { type CoreField, coreFields, isReserved, normalizeCore } from './traits.ts'

/** What a person or an API client sets: typed fields by their name in the filter language; null clears. */
export type ContactChange = {
  core: Partial<Record<CoreField, string | null>>
  attrs: Record<string, unknown>
}
type Hand = { now: Date; by: string }

/** Creates one contact. An address that somebody has is a conflict that names him. */
export async function createContact(
  trx: Db,
  given: ContactChange,
  { now, by }: Hand,
): Promise<{ contact: Contact; events: NewEvent[] }> {
  const change = await checked(trx, given, { now, by })
  const { email } = change.core
  if (!email)
    throw invalid('A contact needs an address.', [
      { path: 'email', message: 'must be one plain address, like ann@example.org' },
    ])
  const [who] = await resolve(trx, [{ email, trust: 'server' }], { now })
  if (!who) throw new Error('no identity was resolved')
  if ((await knownAmong(trx, [who.contactId])).size > 0)
    throw taken(who.contactId, 'Somebody with this address is already a contact.')
  const core = Object.fromEntries(Object.entries(change.core).filter(([, value]) => value !== null))
  const events = await upsertContacts(
    trx,
    [{ contactId: who.contactId, email, traits: { ...change.attrs, ...core } }],
    { now, source: by },
  )
  return { contact: await getContact(trx, who.contactId), events }
}

/**
 * Changes one contact; null clears a field. `version` is the one that was on the screen: a stale one is 409, which
 * says who changed it meanwhile. The old address stays his, so that who opted out under it is recognised.
 */
export async function updateContact(
  db: Db,
  ask: { id: string; version: number; change: ContactChange } & Hand,
): Promise<{ contact: Contact; events: NewEvent[] }> {
  return inTransaction(db, async trx => {
    const before = await getContact(trx, ask.id)
    if (before.version !== ask.version) throw stale(before)
    const { core, attrs } = await checked(trx, ask.change, ask)
    if (core.email) await takeAddress(trx, before, core.email, ask.now)
    if (core.stage === null) core.stage = 'lead'
    const changes = changesOf(before, { core, attrs })
    if (Object.keys(changes).length === 0) return { contact: before, events: [] }
    const changed = await run(
      trx,
      sql`
      update audience.contact set ${sql.join([
        ...Object.entries(core).map(
          ([field, value]) =>
            sql`${sql.ref(field)} = ${value}${field === 'company_id' ? sql`::bigint` : sql``}`,
        ),
        sql`attrs = jsonb_strip_nulls(attrs || ${JSON.stringify(attrs)}::jsonb)`,
        sql`updated_at = ${ask.now}`,
        sql`updated_by = ${ask.by}`,
        sql`version = version + 1`,
      ])} where id = ${before.id}::bigint and version = ${ask.version}`,
    )
    const contact = await getContact(trx, before.id)
    if (changed === 0) throw stale(contact)
    const events: NewEvent[] = [
      { contactId: before.id, type: 'contact.updated', at: ask.now, data: { source: ask.by, changes } },
    ]
    return { contact, events }
  })
}

const stale = ({ version, updatedAt, updatedBy }: Contact) =>
  conflict('stale', `${updatedBy || 'Somebody'} changed this contact meanwhile.`, {
    version,
    updatedAt,
    updatedBy,
  })

const taken = (contactId: string | undefined, words: string) =>
  conflict('address_taken', words, { contactId })

async function takeAddress(trx: Db, contact: Contact, email: string, now: Date): Promise<void> {
  if (email === contact.email) return
  const holder = (await takeAddresses(trx, new Map([[email, contact.id]]), now)).get(email)
  if (holder !== contact.id) throw taken(holder, 'Somebody else has this address.')
}

/** The change in the one spelling in which it is stored. Throws `invalid` with every field that cannot be. */
export async function checked(
  trx: Db,
  { core, attrs }: ContactChange,
  { now, by }: Hand,
): Promise<ContactChange> {
  const faults: FieldProblem[] = []
  const clean: ContactChange = { core: {}, attrs: {} }
  for (const [field, value] of Object.entries(core) as [CoreField, string | null][]) {
    clean.core[field] = value === null ? null : normalizeCore(field, value)
    if (value !== null && clean.core[field] === null)
      faults.push({ path: coreFields[field], message: wanted[field] ?? 'is not possible' })
  }
  faults.push(...(await missingReferences(trx, clean.core)))
  const free = Object.fromEntries(Object.entries(attrs).filter(([key]) => !isReserved(key)))
  await learnFields(trx, [free], { now, source: by })
  const values = await checkValues(trx, attrs)
  clean.attrs = values.attrs
  faults.push(...values.faults)
  if (faults.length > 0) throw invalid('Some fields cannot be saved like this.', faults)
  return clean
}

const wanted: Partial<Record<CoreField, string>> = {
  email: 'must be one plain address, like ann@example.org',
  language: 'is no language code, like en or pt-BR',
  time_zone: 'is no time zone, like Europe/Berlin',
  company_id: 'is no company',
}

async function missingReferences(db: Db, core: ContactChange['core']): Promise<FieldProblem[]> {
  const faults: FieldProblem[] = []
  if (core.owner_id && !(await getUser(db, core.owner_id))?.active)
    faults.push({ path: 'ownerId', message: 'is no active user' })
  if (
    core.company_id &&
    !(await maybeOne(db, sql`select from audience.company where id = ${core.company_id}::bigint`))
  ) {
    faults.push({ path: 'companyId', message: 'is no company' })
  }
  return faults
}
