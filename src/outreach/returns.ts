import { record } from '#activity/record.ts'
import { consentsAmong, recordConsent } from '#audience/consent.ts'
import { knownAmong } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { suppressHashes } from '#audience/suppression.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { addTally } from './delivery/receipts.sql.ts'
import type { BounceClass } from './returns/classes.ts'
import {
  type About,
  farewellHashes,
  insertNews,
  noteOutcomes,
  oftenFull,
  selectAbout,
} from './returns/news.sql.ts'
import { sentEventId } from './signals.ts'

export const newsKinds = ['hard', 'soft', 'block', 'delayed', 'delivered', 'auto-reply', 'complaint'] as const
export type NewsKind = (typeof newsKinds)[number]

/** What was learned about a message after it had left, or when the other side refused it at once. */
export type News = {
  contactId: string
  messageId: string
  kind: NewsKind
  /** RFC 3463, `5.1.1`. */
  status: string | null
  /** What the other side wrote, cleaned, one line. */
  words: string
  /** `smtp`, `listener` or the name of a webhook. */
  source: string
  at: Date
  /** Told after the message had left: what the receipt of a sender says is not late. */
  late: boolean
  /** Where it is known, for the sentence in the contact's story. */
  subject?: string | null
  code?: number | null
}

/** A mailbox that was full this often within this time is given up (../docs/returns.md). */
export const softLimit = { bounces: 3, days: 30 }

/**
 * Takes news about messages, however they came in: keeps them, notes them on the messages, suppresses, withdraws, counts,
 * and tells the contacts' stories. The same news again changes nothing. The caller has checked that they may be believed.
 * A fixed number of statements for any number; returns how many were new.
 */
export async function takeNews(trx: Db, given: News[]): Promise<number> {
  const { found, orphans } = await findMessages(trx, given)
  await suppressOrphans(trx, orphans)
  if (found.length === 0) return 0
  const keys = await insertNews(trx, once(found.map(({ news }) => news)))
  const fresh = found.filter(({ news }) => keys.delete(keyOf(news)))
  if (fresh.length === 0) return 0
  await noteOutcomes(
    trx,
    fresh.map(({ news }) => news),
  )
  // Our own people's mail: noted, and no word about the contact that it was about.
  const toContacts = fresh.filter(({ about }) => about.class === 'marketing' || about.class === 'service')
  await suppressAddresses(trx, toContacts)
  const withdrawn = await withdrawComplainers(trx, toContacts)
  await record(trx, [...toContacts.flatMap(eventOf), ...withdrawn])
  await countLate(trx, toContacts)
  return fresh.length
}

type Found = { news: News; about: About }
const keyOf = (news: News) => `${news.messageId}|${news.kind}`
const once = (rows: News[]) => [...new Map(rows.map(row => [keyOf(row), row])).values()]

/** Messages of contacts that were joined or merged meanwhile are found under the new id. */
async function findMessages(trx: Db, given: News[]): Promise<{ found: Found[]; orphans: News[] }> {
  const abouts = new Map((await selectAbout(trx, given)).map(about => [about.id, about]))
  const missing = given.filter(news => !abouts.has(news.messageId))
  if (missing.length > 0) {
    const current = await currentIds(trx, [...new Set(missing.map(news => news.contactId))])
    const moved = missing.flatMap(news => {
      const contactId = current.get(news.contactId)
      return contactId && contactId !== news.contactId ? [{ ...news, contactId }] : []
    })
    if (moved.length > 0) for (const about of await selectAbout(trx, moved)) abouts.set(about.id, about)
  }
  const found = given.flatMap(news => {
    const about = abouts.get(news.messageId)
    return about ? [{ news: { ...news, contactId: about.contactId }, about }] : []
  })
  return { found, orphans: given.filter(news => !abouts.has(news.messageId)) }
}

/** Of contacts that were deleted only the hashes of their addresses are left; a complaint still closes them for good. */
async function suppressOrphans(trx: Db, orphans: News[]): Promise<void> {
  const complaints = orphans.filter(news => news.kind === 'complaint')
  if (complaints.length === 0) return
  const at = new Map(complaints.map(news => [news.contactId, news.at]))
  const rows = await farewellHashes(trx, [...at.keys()])
  await suppressHashes(
    trx,
    rows.map(({ contactId, hash }) => ({
      hash,
      reason: 'complaint' as const,
      source: 'complaint about a mail to a deleted contact',
      at: at.get(contactId) ?? new Date(0),
    })),
  )
}

type Suppressed = Parameters<typeof suppressHashes>[1][number]

async function suppressAddresses(trx: Db, fresh: Found[]): Promise<void> {
  const soft = fresh.filter(({ news }) => news.kind === 'soft')
  const latest = Math.max(0, ...soft.map(({ news }) => news.at.getTime()))
  const full =
    soft.length === 0
      ? new Set<string>()
      : await oftenFull(
          trx,
          soft.map(({ news }) => news.contactId),
          { since: new Date(latest - softLimit.days * 86_400_000), most: softLimit.bounces },
        )
  const rows = fresh.flatMap(({ news, about }): Suppressed[] => {
    if (about.addressHash === null) return []
    const base = { hash: about.addressHash, source: `message ${about.id}`, at: news.at }
    if (news.kind === 'hard') return [{ ...base, reason: 'hard_bounce' as const }]
    if (news.kind === 'complaint') return [{ ...base, reason: 'complaint' as const }]
    if (news.kind !== 'soft' || !full.has(news.contactId)) return []
    const source = `${softLimit.bounces} soft bounces in ${softLimit.days} days, the last by message ${about.id}`
    return [{ ...base, reason: 'hard_bounce' as const, source }]
  })
  await suppressHashes(trx, rows)
}

/** Who reports us as spam takes back what he once agreed to, for the purpose of that message. */
async function withdrawComplainers(trx: Db, fresh: Found[]): Promise<NewEvent[]> {
  const complaints = fresh.filter(({ news }) => news.kind === 'complaint')
  if (complaints.length === 0) return []
  const ids = [...new Set(complaints.map(({ news }) => news.contactId))]
  const known = await knownAmong(trx, ids)
  const done = new Set<string>()
  for (const purpose of new Set(complaints.map(({ about }) => about.purpose)))
    for (const word of await consentsAmong(trx, ids, purpose))
      if (word.topicId === '0' && word.state === 'withdrawn') done.add(`${word.contactId}|${purpose}`)
  return recordConsent(
    trx,
    complaints.flatMap(({ news, about }) => {
      const key = `${news.contactId}|${about.purpose}`
      if (!known.has(news.contactId) || done.has(key)) return []
      done.add(key)
      const { contactId, at } = news
      const proof = { method: 'feedback loop', messageId: about.id, words: news.words, told: news.source }
      return [
        {
          contactId,
          purpose: about.purpose,
          state: 'withdrawn',
          basis: 'request',
          source: 'spam complaint',
          proof,
          at,
        },
      ]
    }),
  )
}

const isBounce = (kind: NewsKind): kind is BounceClass =>
  kind === 'hard' || kind === 'soft' || kind === 'block'

function eventOf({ news, about }: Found): NewEvent[] {
  if (!isBounce(news.kind) && news.kind !== 'complaint') return []
  const data = {
    messageId: about.id,
    emailId: about.emailId,
    emailVersionId: about.emailVersionId,
    emailName: about.emailName,
    subject: news.subject ?? null,
    reason: news.words || null,
    source: news.source,
    ...(about.campaignId === null ? {} : { campaignId: about.campaignId, variant: about.variant }),
  }
  const base = {
    contactId: news.contactId,
    at: news.at,
    causeId: news.late ? sentEventId(about.id) : about.causeId,
  }
  return news.kind === 'complaint'
    ? [{ ...base, type: 'email.complained', data }]
    : [
        {
          ...base,
          type: 'email.bounced',
          data: { ...data, bounce: news.kind, code: news.code ?? null, status: news.status, late: news.late },
        },
      ]
}

/** For the breakers. What was refused at once is counted by its receipt. */
async function countLate(trx: Db, fresh: Found[]): Promise<void> {
  const counts = new Map<string, number>()
  let now = new Date(0)
  for (const { news } of fresh) {
    if (!news.late || (!isBounce(news.kind) && news.kind !== 'complaint')) continue
    const outcome = news.kind === 'complaint' ? 'complaint' : `late-${news.kind}`
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    if (news.at > now) now = news.at
  }
  await addTally(trx, counts, now)
}
