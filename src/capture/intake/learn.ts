import { companiesFor, describeCompanies } from '#audience/companies.ts'
import { type ConsentEntry, consentsAmong, grantIfNone, recordConsent } from '#audience/consent.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { askConsent } from '#audience/opt-in.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import type { Call, Json } from './call.ts'
import type { Batch, Recognised } from './item.ts'

type Patch = { contactId: string; email?: string; traits: Json }

const maxWording = 5_000
/** What people decide about a contact; a page may not say it of its visitor. */
const notForBrowsers = [
  'stage',
  'lifecycle_stage',
  'ownerId',
  'owner_id',
  'companyId',
  'company_id',
  'company',
]

/**
 * What the calls tell about contacts: profiles, companies, consent. Returns the events of what has changed.
 * A browser's word completes the profile that its own call makes, and no other: an anonymous id is no proof of
 * being the contact it once belonged to. What it may not change is kept as a claim in the timeline.
 */
export async function learn(trx: Db, { recognised, now }: Batch): Promise<NewEvent[]> {
  const events: NewEvent[] = []
  // Most calls only tell what happened.
  const telling = recognised.filter(
    item => item.isPromoted || item.call.kind === 'identify' || item.call.kind === 'group',
  )
  if (telling.length === 0) return events
  for (const [source, items] of bySource(telling)) {
    const patches = items.flatMap(patchOf)
    events.push(...(await upsertContacts(trx, patches, { now, source })))
  }
  await learnCompanies(trx, telling, now)
  events.push(...(await learnConsent(trx, telling)))
  events.push(...telling.flatMap(claimOf))
  return events
}

/** Changes name the source they come from. There are few sources, usually one. */
function bySource(recognised: Recognised[]): Map<string, Recognised[]> {
  const found = new Map<string, Recognised[]>()
  for (const item of recognised) {
    const items = found.get(item.source.name)
    if (items) items.push(item)
    else found.set(item.source.name, [item])
  }
  return found
}

const isTrusted = (item: Recognised): boolean => item.source.type === 'server'

/** Whether an identify may write the profile. */
function mayDescribe(item: Recognised): boolean {
  return isTrusted(item) ? item.isKnown : item.isPromoted && item.holdsAddress
}

function patchOf(item: Recognised): Patch[] {
  const { call, contactId } = item
  const email = item.holdsAddress && call.email ? { email: call.email } : {}
  if (call.kind === 'identify' && mayDescribe(item)) return [{ contactId, ...email, traits: traitsOf(item) }]
  if (!isTrusted(item) || !item.isKnown) return []
  if (call.kind === 'group') return [{ contactId, traits: { company: { ...call.fields, id: call.groupId } } }]
  // Named by a track or page call before any identify: the profile is there, and empty.
  return item.isPromoted ? [{ contactId, ...email, traits: {} }] : []
}

/** The address comes apart from the traits: it counts only where it is this contact's. */
function traitsOf(item: Recognised): Json {
  const { email: _email, marketing_consent: _consent, consent_text: _text, ...traits } = item.call.fields
  if (!isTrusted(item)) for (const name of notForBrowsers) delete traits[name]
  return traits
}

/** What was said by somebody who may not change the profile, or who has none. Another's address is not repeated. */
function claimOf(item: Recognised): NewEvent[] {
  const { call, contactId, source, receivedAt } = item
  if (call.kind !== 'identify' || mayDescribe(item)) return []
  const traits = { ...traitsOf(item), ...(item.holdsAddress ? { email: call.email } : {}) }
  const data = { traits, ...(call.bot ? { bot: true } : {}) }
  return [{ contactId, type: 'visitor.claimed', at: call.at, data, sourceId: source.id, receivedAt }]
}

async function learnCompanies(trx: Db, recognised: Recognised[], now: Date): Promise<void> {
  const groups = recognised.filter(item => item.call.kind === 'group' && isTrusted(item))
  if (groups.length === 0) return
  const mentions = groups.map(({ call }) => ({
    name: textOf(call, 'name'),
    domain: textOf(call, 'domain')?.toLowerCase() ?? null,
    externalId: call.groupId,
  }))
  const idOf = await companiesFor(trx, mentions, now)
  const rows = groups.flatMap(({ call }, i) => {
    const { name: _name, domain: _domain, ...attrs } = call.fields
    const mention = mentions[i]
    const id = mention && idOf(mention)
    return id && Object.keys(attrs).length > 0 ? [{ id, attrs }] : []
  })
  await describeCompanies(trx, rows, now)
}

function textOf(call: Call, name: string): string | null {
  const value = call.fields[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : null
}

/**
 * `traits.marketing_consent` of a server: true grants where nothing has been said yet, and never undoes an
 * opt-out; 'double_opt_in' asks the person by mail to confirm; false withdraws what was granted.
 */
async function learnConsent(trx: Db, recognised: Recognised[]): Promise<NewEvent[]> {
  const said = recognised.filter(
    item =>
      item.call.kind === 'identify' &&
      isTrusted(item) &&
      item.isKnown &&
      'marketing_consent' in item.call.fields,
  )
  if (said.length === 0) return []
  const word = (item: Recognised): unknown => item.call.fields.marketing_consent
  const granted = await grantIfNone(trx, said.filter(item => word(item) === true).map(consentOf))
  const asked = await askConsent(
    trx,
    said
      .filter(item => word(item) === 'double_opt_in')
      .map(item => ({ ...consentOf(item), basis: 'double-opt-in' })),
  )
  const withdrawn = await withdraw(
    trx,
    said.filter(item => word(item) === false),
  )
  return [...granted, ...asked, ...withdrawn]
}

async function withdraw(trx: Db, items: Recognised[]): Promise<NewEvent[]> {
  if (items.length === 0) return []
  const ids = items.map(item => item.contactId)
  const current = await consentsAmong(trx, ids, 'marketing')
  const open = new Set(
    current.filter(one => one.topicId === '0' && one.state !== 'withdrawn').map(one => one.contactId),
  )
  const last = new Map(items.filter(item => open.has(item.contactId)).map(item => [item.contactId, item]))
  const entries = [...last.values()].map(item => ({
    ...consentOf(item),
    basis: 'request',
    state: 'withdrawn' as const,
  }))
  return recordConsent(trx, entries)
}

function consentOf({ contactId, call, source, receivedAt }: Recognised): Omit<ConsentEntry, 'state'> {
  const wording = call.fields.consent_text
  return {
    contactId,
    purpose: 'marketing',
    basis: 'opt-in',
    source: source.name,
    wording: typeof wording === 'string' ? wording.slice(0, maxWording) : null,
    proof: { sourceId: source.id, messageId: call.messageId, receivedAt: receivedAt.toISOString() },
    at: call.at,
  }
}
