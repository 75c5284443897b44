import { normalizeAddress } from '#audience/address.ts'
import { setField } from '#audience/bulk-edit.ts'
import { contactsByAddress } from '#audience/by-address.ts'
import { consentsAmong, grantIfNone, recordConsent } from '#audience/consent.ts'
import { type Contact, contactsForRender, knownAmong, upsertContacts } from '#audience/contacts.ts'
import { listFields } from '#audience/fields.ts'
import { currentIds, resolve } from '#audience/identity.ts'
import { suppress, suppressedAmong } from '#audience/suppression.ts'
import { scoresOf } from '#decisions/scoring.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import type { Value, Values } from '../connector.ts'
import { optOut } from '../mapping.ts'
import { norm, same } from '../values.ts'
import { type Arrival, Changed, type LocalField, type LocalWrite, type Side, type Work } from './side.ts'

const text = (name: string, label: string): LocalField => ({ name, label, type: 'text', writable: true })
const core: LocalField[] = [
  text('email', 'Email'),
  text('first_name', 'First name'),
  text('last_name', 'Last name'),
  text('phone', 'Phone'),
  text('job_title', 'Job title'),
  text('country', 'Country'),
  text('language', 'Language'),
  text('time_zone', 'Time zone'),
  text('stage', 'Stage'),
  text('company_name', 'Company, by name'),
  { name: 'company_id', label: 'Company', type: 'reference', writable: true, refers: 'company' },
  { name: 'owner_id', label: 'Owner', type: 'reference', writable: true, refers: 'user' },
  { name: optOut, label: 'Opted out of marketing', type: 'boolean', writable: true },
  { name: 'id', label: 'Tend’s own id', type: 'text', writable: false },
  { name: 'url', label: 'Address in Tend', type: 'text', writable: false },
]
/** Columns that are never empty, or whose emptying would take a person his name. */
const neverEmpty = new Set(['email', 'stage', 'company_name', 'id', 'url', optOut])

/** People: contacts here, leads and contacts there. */
export const personSide: Side = {
  kind: 'person',
  matchKeys: ['email'],
  async fields(db) {
    const custom = (await listFields(db)).filter(field => field.archivedAt === null)
    return [
      ...core,
      ...custom.map(({ key, label, type }) => ({
        name: `attrs.${key}`,
        label,
        type: type === 'choice' ? ('text' as const) : type,
        writable: true,
      })),
    ]
  },
  async read(db, ids, { now, connection }) {
    const fields = connection.mapping?.objects
      .filter(each => each.kind === 'person')
      .flatMap(each => each.fields)
    const wantsScores = fields?.some(field => field.local.startsWith('score.')) ?? false
    const [contacts, words, scores] = await Promise.all([
      contactsForRender(db, ids),
      consentsAmong(db, ids, 'marketing'),
      wantsScores ? scoresOf(db, ids, now) : new Map<string, Map<string, number>>(),
    ])
    const out = new Set(
      words.filter(word => word.topicId === '0' && word.state === 'withdrawn').map(word => word.contactId),
    )
    return new Map(
      contacts.map(contact => [
        contact.id,
        {
          values: {
            ...valuesOf(contact),
            [optOut]: out.has(contact.id),
            ...scoreValues(scores.get(contact.id)),
          },
          updatedAt: contact.updatedAt,
        },
      ]),
    )
  },
  match,
  create,
  write,
  archive,
}

/** Only where the mapping says that a deletion there is one here; who had opted out stays suppressed. */
async function archive(trx: Db, ids: string[], { object, services, now, source }: Work): Promise<void> {
  if (object.deletedThere !== 'delete' || ids.length === 0) return
  const [contacts, words] = await Promise.all([
    contactsForRender(trx, ids),
    consentsAmong(trx, ids, 'marketing'),
  ])
  const out = new Set(words.filter(word => word.state === 'withdrawn').map(word => word.contactId))
  const entries = contacts
    .filter(contact => contact.email && out.has(contact.id))
    .map(contact => ({ address: contact.email ?? '', reason: 'unsubscribed' as const, source, at: now }))
  await suppress(trx, services.secrets, entries)
  await services.forget(trx, ids)
}

const scoreValues = (scores: Map<string, number> | undefined): Values =>
  Object.fromEntries([...(scores ?? [])].map(([id, value]) => [`score.${id}`, Math.round(value * 100) / 100]))

function valuesOf(contact: Contact): Values {
  const values: Values = {
    email: norm(contact.email),
    first_name: norm(contact.firstName),
    last_name: norm(contact.lastName),
    phone: norm(contact.phone),
    job_title: norm(contact.jobTitle),
    country: norm(contact.country),
    language: norm(contact.language),
    time_zone: norm(contact.timeZone),
    stage: norm(contact.stage),
    owner_id: norm(contact.ownerId),
    company_id: norm(contact.companyId),
    company_name: norm(contact.companyName),
    id: contact.id,
  }
  for (const [key, value] of Object.entries(contact.attrs)) values[`attrs.${key}`] = norm(value)
  return values
}

const addressOf = (value: Value | undefined) => (typeof value === 'string' ? normalizeAddress(value) : null)

/** By our own id in the record, then by address. */
async function match(trx: Db, arrivals: Arrival[], { object }: Work): Promise<Map<string, string>> {
  const own = arrivals.flatMap(({ record, theirs }) =>
    typeof theirs.id === 'string' && /^\d{1,18}$/.test(theirs.id)
      ? [{ remoteId: record.id, id: theirs.id }]
      : [],
  )
  const current = await currentIds(
    trx,
    own.map(each => each.id),
  )
  const known = await knownAmong(trx, [...current.values()])
  const found = new Map<string, string>()
  for (const { remoteId, id } of own) {
    const contactId = current.get(id)
    if (contactId && known.has(contactId)) found.set(remoteId, contactId)
  }
  if (!object.matchKeys.includes('email')) return found
  const addresses = arrivals.flatMap(({ theirs }) => addressOf(theirs.email) ?? [])
  const holders = await contactsByAddress(trx, addresses)
  for (const { record, theirs } of arrivals) {
    const holder = holders.get(addressOf(theirs.email) ?? '')
    if (holder && !found.has(record.id)) found.set(record.id, holder)
  }
  return found
}

/** Whoever has no address is nobody we could write to; whoever asked to be erased does not come back. */
async function create(trx: Db, arrivals: Arrival[], work: Work) {
  const named = arrivals.flatMap(arrival => {
    const email = addressOf(arrival.theirs.email)
    return email ? [{ ...arrival, email }] : []
  })
  const barred = await suppressedAmong(
    trx,
    work.services.secrets,
    named.map(each => each.email),
  )
  const welcome = named.filter(each => barred.get(each.email) !== 'erased')
  const resolved = await resolve(
    trx,
    welcome.map(({ email }) => ({ email, trust: 'server' as const })),
    { now: work.now, repoint: work.services.repoint },
  )
  const made = new Map<string, string>()
  welcome.forEach(({ record }, i) => {
    const id = resolved[i]?.contactId
    if (id) made.set(record.id, id)
  })
  const known = await knownAmong(trx, [...made.values()])
  const patches = welcome.flatMap(({ record, email, theirs }) => {
    const contactId = made.get(record.id)
    return contactId && !known.has(contactId) ? [{ contactId, email, traits: traitsOf(theirs) }] : []
  })
  const events = await upsertContacts(trx, patches, { now: work.now, source: work.source })
  const fresh = patches.map(({ contactId }) => contactId)
  const out = welcome.flatMap(({ record, theirs }) => {
    const id = made.get(record.id)
    return id && theirs[optOut] === true && fresh.includes(id) ? [id] : []
  })
  const granted = await grant(
    trx,
    welcome.map(each => ({ ...each, id: made.get(each.record.id) ?? '' })),
    work,
  )
  return { made, events: [...events, ...(await withdraw(trx, out, work)), ...granted] }
}

/** Values as the profile takes them; what is empty is simply not said. */
function traitsOf(values: Values): Record<string, unknown> {
  const traits: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || neverWritten.has(name)) continue
    if (name === 'company_name') traits.company = { name: String(value) }
    else traits[name.replace(/^attrs\./, '')] = Array.isArray(value) ? value.join('; ') : value
  }
  return traits
}
const neverWritten = new Set(['email', 'id', 'url', optOut])

function withdraw(trx: Db, ids: string[], { now, source, connection }: Work): Promise<NewEvent[]> {
  const about = { purpose: 'marketing', state: 'withdrawn' as const, basis: 'request', source, at: now }
  return recordConsent(
    trx,
    [...new Set(ids)].map(contactId => ({
      ...about,
      contactId,
      proof: { method: 'crm', connectionId: connection.id },
    })),
  )
}

/** Only where the mapping names the ground, and only to who has said nothing yet. */
function grant(trx: Db, rows: (Arrival & { id: string })[], work: Work): Promise<NewEvent[]> {
  const basis = work.object.consentBasis
  if (basis === null) return Promise.resolve([])
  return grantIfNone(
    trx,
    rows
      .filter(({ theirs, id }) => theirs[optOut] === false && id !== '')
      .map(({ id }) => ({
        contactId: id,
        purpose: 'marketing',
        basis,
        source: work.source,
        proof: { method: 'crm', connectionId: work.connection.id },
        at: work.now,
      })),
  )
}

async function write(trx: Db, writes: LocalWrite[], work: Work): Promise<NewEvent[]> {
  const hand = { now: work.now, source: work.source }
  const patches = writes.flatMap(({ localId, here }) => {
    const traits = traitsOf(here)
    const email = addressOf(here.email)
    if (Object.keys(traits).length === 0 && email === null) return []
    return [{ contactId: localId, traits, ...(email === null ? {} : { email }) }]
  })
  const events = await upsertContacts(trx, patches, hand)
  for (const [field, ids] of clears(writes)) {
    const cleared = await setField(trx, ids, { field, value: null }, hand)
    events.push(...cleared.events)
  }
  compare(events, new Map(writes.map(each => [each.localId, each.ours])))
  const out = writes.filter(({ here }) => here[optOut] === true).map(({ localId }) => localId)
  return [...events, ...(await withdraw(trx, out, work))]
}

/** Field by field, who loses it: a statement for each field. */
function clears(writes: LocalWrite[]): Map<string, string[]> {
  const cleared = new Map<string, string[]>()
  for (const { localId, here } of writes)
    for (const [field, value] of Object.entries(here)) {
      if (value !== null || neverEmpty.has(field) || field.startsWith('score.')) continue
      cleared.set(field, [...(cleared.get(field) ?? []), localId])
    }
  return cleared
}

/** What was really replaced must be what the merge had looked at. */
function compare(events: NewEvent[], ours: Map<string, Values>): void {
  for (const { contactId, type, data } of events) {
    if (type !== 'contact.updated') continue
    const changes = data?.changes as Record<string, { from: unknown }>
    for (const [field, { from }] of Object.entries(changes)) {
      const judged = ours.get(contactId)?.[field]
      if (judged !== undefined && !same(norm(from), judged, field)) throw new Changed(field)
    }
  }
}
