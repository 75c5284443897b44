import { normalizeAddress } from '#audience/address.ts'
import { consentsAmong } from '#audience/consent.ts'
import { type Contact, contactsForRender, knownAmong } from '#audience/contacts.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import type { VersionRow } from '../emails.sql.ts'
import type { Consent, GateFacts } from '../gate.ts'
import { frequencyHours, noPreference, type Preference, preferencesOf } from '../preferences.ts'
import { zoneOr } from '../quiet-hours.ts'
import type { Settings } from '../settings.ts'
import { type Due, selectMarketingSent, selectShown } from './claim.sql.ts'

/** All that is known about the recipients of a batch. */
export type Facts = {
  contacts: Map<string, Contact>
  of(message: Due): GateFacts
}

type Given = {
  due: Due[]
  versions: Map<string, VersionRow>
  settings: Settings
  now: Date
  routeDownUntil: Date | null
}

/** Loads what the gate asks about a whole batch: one statement per kind of fact, whatever its size. */
export async function loadFacts(trx: Db, services: Services, given: Given): Promise<Facts> {
  const { due, settings, now } = given
  const { config, secrets } = services
  const ids = [...new Set(due.map(message => message.contactId))]
  const found = await contactsForRender(trx, ids)
  const contacts = new Map(found.map(contact => [contact.id, contact]))
  const known = found.length === ids.length ? new Set(ids) : await knownAmong(trx, ids)
  const addresses = new Map(due.map(message => [message.id, addressOf(message, contacts)]))
  const suppressed = await suppressedAmong(trx, secrets, [...addresses.values()].filter(isText))
  const consent = await loadConsents(trx, due)
  const wishes = await loadWishes(trx, due)
  const sent = await loadSent(trx, due, { settings, wishes, now })
  // In the sandbox the mailbox is to show a mail at once: only what it shows already waits for the server.
  const isWaiting = config.mode === 'sandbox' && given.routeDownUntil !== null
  const shown = isWaiting ? await selectShown(trx, due) : null
  const hasRoute = config.smtpUrl !== null || config.mode === 'sandbox'
  const of = (message: Due): GateFacts => {
    const address = addresses.get(message.id) ?? null
    const topicId = topicOf(message, given.versions)
    const wish = wishes.get(message.contactId) ?? noPreference
    return {
      class: message.class,
      channel: message.channel,
      address,
      isForContact: message.class === 'marketing' || message.class === 'service',
      contactExists: known.has(message.contactId),
      hasContent: message.payload !== null || given.versions.has(message.emailVersionId ?? ''),
      suppressed: (address !== null && suppressed.get(address)) || null,
      purpose: message.purpose,
      consent: consent(message, '0'),
      topic: topicId === '0' ? null : { consent: consent(message, topicId) },
      frequency: wish.frequency,
      pausedUntil: wish.pausedUntil,
      marketingSent: sent(message.contactId),
      zone: zoneOr(contacts.get(message.contactId)?.timeZone ?? null, config.zone),
      queuedAt: message.queuedAt,
      hasRoute,
      routeDownUntil: shown === null || shown.has(message.id) ? given.routeDownUntil : null,
    }
  }
  return { contacts, of }
}

/** The topic that a message was queued with, or else the one that its email is about; '0' for none. */
export function topicOf(message: Due, versions: Map<string, VersionRow>): string {
  if (message.topicId !== '0') return message.topicId
  return versions.get(message.emailVersionId ?? '')?.draft.topicId ?? '0'
}

const isText = (text: string | null): text is string => text !== null

/** Alerts and tests name their address; emails to contacts go to the one the contact has now. */
function addressOf(message: Due, contacts: Map<string, Contact>): string | null {
  if (message.channel !== 'email') return null
  const { recipient, payload } = message
  return normalizeAddress(payload && recipient ? recipient : (contacts.get(message.contactId)?.email ?? ''))
}

async function loadConsents(trx: Db, due: Due[]): Promise<(message: Due, topicId: string) => Consent | null> {
  const words = new Map<string, Consent>()
  for (const purpose of new Set(due.map(message => message.purpose))) {
    const ids = [
      ...new Set(due.filter(message => message.purpose === purpose).map(message => message.contactId)),
    ]
    for (const row of await consentsAmong(trx, ids, purpose))
      words.set(`${row.contactId}|${purpose}|${row.topicId}`, row.state)
  }
  return (message, topicId) => words.get(`${message.contactId}|${message.purpose}|${topicId}`) ?? null
}

const recipientsOf = (due: Due[]) => [
  ...new Set(due.filter(message => message.class === 'marketing').map(message => message.contactId)),
]

async function loadWishes(trx: Db, due: Due[]): Promise<Map<string, Preference>> {
  const ids = recipientsOf(due)
  return ids.length === 0 ? new Map() : preferencesOf(trx, ids)
}

/** The list of a contact is shared by its messages: what the gate lets pass in this batch counts for the next one. */
async function loadSent(
  trx: Db,
  due: Due[],
  { settings, wishes, now }: { settings: Settings; wishes: Map<string, Preference>; now: Date },
): Promise<(contactId: string) => Date[]> {
  const ids = recipientsOf(due)
  const wished = [...wishes.values()].map(({ frequency }) => frequencyHours[frequency])
  const hours = Math.max(0, ...settings.caps.map(cap => cap.hours), ...wished)
  const since = new Date(now.getTime() - hours * 3_600_000)
  const byContact = new Map<string, Date[]>()
  const list = (contactId: string) => {
    const dates = byContact.get(contactId) ?? []
    byContact.set(contactId, dates)
    return dates
  }
  if (ids.length > 0)
    for (const row of await selectMarketingSent(trx, ids, since)) list(row.contactId).push(row.at)
  return list
}
