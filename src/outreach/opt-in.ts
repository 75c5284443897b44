import { record } from '#activity/record.ts'
import { type Contact, contactsForRender } from '#audience/contacts.ts'
import { confirmAsks, openAsks } from '#audience/opt-in.ts'
import { addressHash } from '#audience/suppression.ts'
import type { Event } from '#engine/reactor.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { plainLetter } from './letters.ts'
import { cancelMessages, type NewMessage, queueMessages } from './messages.ts'
import {
  deleteLater,
  insertOptIns,
  noteConfirmed,
  type OptInRow,
  recentLetters,
  selectOptIn,
} from './opt-in.sql.ts'
import { wordsFor } from './pages.words.ts'
import { holderId, type Seen } from './preferences.ts'
import { readSettings, type Settings } from './settings.ts'
import { makeToken, type Subject } from './tokens.ts'

const dayMs = 86_400_000
/** So long a letter's link works. */
const linkDays = 7

type Ask = {
  contact: Contact
  address: string
  addressHash: Buffer
  event: Event
  id: string
  leavesAt: Date
}

/**
 * Writes to everybody who is to confirm a wish: one letter per address a day at most, whatever the door and however many
 * wishes; it confirms all that wait. A letter of class service: it is what the person has asked for. Who is asked now need
 * not wait for a letter of an import that was to leave later.
 */
export async function sendConfirmations(
  trx: Db,
  services: Pick<Services, 'config' | 'secrets'>,
  events: Event[],
  now: Date,
): Promise<void> {
  const last = new Map(events.map(event => [event.contactId, event]))
  const asks = (await contactsForRender(trx, [...last.keys()])).flatMap((contact): Ask[] => {
    const event = last.get(contact.id)
    const hash = contact.email ? addressHash(services.secrets, contact.email) : null
    return event && contact.email && hash
      ? [
          {
            contact,
            address: contact.email,
            addressHash: hash,
            event,
            id: newId(),
            leavesAt: leavesAt(event, now),
          },
        ]
      : []
  })
  if (asks.length === 0) return
  const keys = asks.map(ask => ({ contactId: ask.contact.id, addressHash: ask.addressHash, id: ask.id }))
  const recent = await recentLetters(trx, keys, { since: new Date(now.getTime() - dayMs), now })
  const due = asks.filter(ask => !recent.has(`${ask.contact.id}|${ask.addressHash.toString('hex')}`))
  if (due.length === 0) return
  await dropLetters(trx, [...new Set(due.map(ask => ask.contact.id))], now)
  await insertOptIns(
    trx,
    due.map(ask => ({ ...ask, contactId: ask.contact.id })),
  )
  const { settings } = await readSettings(trx, services.config.mode)
  await queueMessages(
    trx,
    due.map(ask => letterOf(services, settings, ask)),
    now,
  )
}

/** At once, or when an import that asks many has its turn for this one. */
function leavesAt({ data }: Event, now: Date): Date {
  const later = typeof data.letterAt === 'string' ? new Date(data.letterAt) : now
  return later > now ? later : now
}

/** Takes back letters that were to leave later: the wish is over, or another letter says the same sooner. */
export async function dropLetters(trx: Db, contactIds: string[], now: Date): Promise<void> {
  const letters = await deleteLater(trx, contactIds, now)
  await cancelMessages(trx, letters, 'there is nothing left to confirm by it', now)
}

function letterOf(
  { config, secrets }: Pick<Services, 'config' | 'secrets'>,
  settings: Settings,
  { contact, address, event, id, leavesAt }: Ask,
): NewMessage {
  const words = wordsFor(contact.language)
  const token = makeToken(secrets, 'confirm', { contactId: contact.id, messageId: id })
  const text = settings.confirmText || words.letterText(settings.fromName)
  return {
    contactId: contact.id,
    channel: 'email',
    class: 'service',
    reason: `double-opt-in:${id}`,
    // The address that was asked for, even if the contact has another one by the time it leaves.
    recipient: address,
    payload: plainLetter(words, {
      subject: settings.confirmSubject || words.letterSubject(settings.fromName),
      lines: text.split('\n'),
      button: { label: words.letterButton, url: `${config.streetUrl}/confirm/${token}` },
      last: words.letterIgnore,
    }),
    causeId: event.id,
    why: [{ kind: 'event', id: event.id, type: event.type, words: '', at: event.at.toISOString() }],
    notBefore: leavesAt,
  }
}

export type Waiting =
  | { is: 'open'; wordings: string[] }
  | { is: 'confirmed' | 'expired' | 'nothing' | 'unknown' }

/** What a link of such a letter can still confirm. Reads only. */
export async function lookAtLink(
  services: Services,
  subject: Subject,
): Promise<Waiting & { language: string | null }> {
  const found = await findLink(services.db, services, subject)
  if (!found) return { is: 'unknown', language: null }
  const { row, contact } = found
  const { language } = contact
  if (row.confirmedAt) return { is: 'confirmed', language }
  if (isOver(row, services.clock.now())) return { is: 'expired', language }
  const asks = await openAsks(services.db, contact.id)
  if (asks.length === 0) return { is: 'nothing', language }
  return { is: 'open', wordings: [...new Set(asks.flatMap(ask => ask.wording ?? []))], language }
}

const isOver = (row: OptInRow, now: Date) => now.getTime() - row.askedAt.getTime() > linkDays * dayMs

/** The letter and its reader, as long as the address that it went to is still his. */
async function findLink(
  db: Db,
  { secrets }: Pick<Services, 'secrets'>,
  subject: Subject,
): Promise<{ row: OptInRow; contact: Contact } | null> {
  const contactId = await holderId(db, subject)
  if (contactId === null) return null
  const row = await selectOptIn(db, contactId, subject.messageId)
  const [contact] = await contactsForRender(db, [contactId])
  const hash = contact?.email ? addressHash(secrets, contact.email) : null
  return row && contact && hash?.equals(row.addressHash) ? { row, contact } : null
}

/** The person's own click: everything that waits for it becomes consent, with proof. Repeating it changes nothing. */
export async function confirmLink(services: Services, subject: Subject, seen: Seen): Promise<Waiting['is']> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const found = await findLink(trx, services, subject)
    if (!found) return 'unknown'
    const { row, contact } = found
    if (row.confirmedAt) return 'confirmed'
    if (isOver(row, now)) return 'expired'
    const proof = { ...seen, letterId: row.id, letterSentAt: row.askedAt.toISOString() }
    const given = { contactId: contact.id, address: contact.email ?? '', proof, now }
    const events = await confirmAsks(trx, services.secrets, given)
    if (events.length === 0) return 'nothing'
    await noteConfirmed(trx, row, now)
    await record(trx, events)
    return 'confirmed'
  })
}
