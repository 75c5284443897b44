import { contactsForRender } from '#audience/contacts.ts'
import { listsByIds } from '#audience/lists.ts'
import { segmentsByIds } from '#decisions/segments.ts'
import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { reasonWords } from '../gate.ts'
import { type CampaignRow, type Counts, selectCampaignNames } from './campaigns.sql.ts'
import { campaignProblems, campaignWarnings } from './checks.ts'
import { type RecipientRow, selectRecipients, type Tally, tallyCampaign } from './results.sql.ts'

export type Excluded = {
  reason: string
  words: string
  n: number
  examples: { contactId: string; name: string }[]
}

/** Reasons with their words, the most frequent first, each with some contacts to look at. */
export async function explainCounts(
  db: Db,
  counts: Counts,
): Promise<{ excluded: Excluded[]; waiting: Excluded[] }> {
  const contacts = await contactsForRender(db, [...new Set(Object.values(counts.examples).flat())])
  const names = new Map(
    contacts.map(({ id, email, firstName, lastName }) => [
      id,
      [firstName, lastName].filter(Boolean).join(' ') || email || 'without a name',
    ]),
  )
  const words = await wordsFor(db, Object.keys(counts.excluded))
  const told = (entries: Record<string, number>): Excluded[] =>
    Object.entries(entries)
      .map(([reason, n]) => ({
        reason,
        n,
        words: words.get(reason) ?? reasonWords(reason) ?? reason,
        examples: (counts.examples[reason] ?? []).map(contactId => ({
          contactId,
          name: names.get(contactId) ?? 'no contact any more',
        })),
      }))
      .sort((a, b) => b.n - a.n)
  return { excluded: told(counts.excluded), waiting: told(counts.waiting) }
}

/** Words for what the campaign itself keeps out: `segment:1` is a name to people. */
async function wordsFor(db: Db, reasons: string[]): Promise<Map<string, string>> {
  const idsOf = (kind: string) =>
    reasons.filter(reason => reason.startsWith(`${kind}:`)).map(reason => reason.slice(kind.length + 1))
  const [segments, lists, campaigns] = await Promise.all([
    segmentsByIds(db, idsOf('segment')),
    listsByIds(db, idsOf('list')),
    selectCampaignNames(db, idsOf('campaign')),
  ])
  return new Map([
    ...segments.map(row => [`segment:${row.id}`, `is in the excluded segment “${row.name}”`] as const),
    ...lists.map(row => [`list:${row.id}`, `is on the excluded list “${row.name}”`] as const),
    ...campaigns.map(row => [`campaign:${row.id}`, `got the campaign “${row.name}” already`] as const),
  ])
}

/** From so many on, the number is typed by whoever sends it. */
export const typedFrom = 500

/** Everything that a person should have seen before a campaign leaves. */
export async function reviewOf(services: Services, campaign: CampaignRow) {
  const { db, clock } = services
  const { review, reviewVersion, version, settings } = campaign
  const isFresh = review?.state === 'done' && reviewVersion === version
  return {
    state: review === null || reviewVersion !== version ? ('none' as const) : review.state,
    at: review?.at ?? null,
    plannedAt: review?.plannedAt ?? null,
    people: isFresh ? review.counts.people : null,
    duplicates: isFresh ? review.counts.named - review.counts.people : null,
    recipients: isFresh ? review.counts.recipients : null,
    withoutZone: isFresh ? review.counts.withoutZone : null,
    mustType: isFresh && review.counts.recipients >= typedFrom,
    ...(isFresh ? await explainCounts(db, review.counts) : { excluded: [], waiting: [] }),
    problems: campaign.status === 'draft' ? await campaignProblems(db, settings, clock.now()) : [],
    warnings: await campaignWarnings(services, campaign),
  }
}

const remembered = new Map<string, { tally: Tally[]; until: number }>()

/** The counts of a campaign; counting a large one anew takes no more than a fifth of the time. */
export async function tallyNow(db: Db, campaignId: string): Promise<Tally[]> {
  const found = remembered.get(campaignId)
  if (found && found.until > performance.now()) return found.tally
  const began = performance.now()
  const tally = await tallyCampaign(db, campaignId)
  const tookMs = performance.now() - began
  if (tookMs > 100) remembered.set(campaignId, { tally, until: performance.now() + 5 * tookMs })
  for (const key of [...remembered.keys()].slice(0, Math.max(0, remembered.size - 100)))
    remembered.delete(key)
  return tally
}

/** What became of a recipient, in words. */
export function recipientWords(row: RecipientRow, campaign: CampaignRow): string {
  const why = row.replyText ? `: ${row.replyText}` : ''
  const isOpen = ['waiting', 'queued', 'deferred'].includes(row.state)
  if (isOpen && campaign.status === 'paused') return 'Waits: the campaign is paused'
  if (isOpen && campaign.status === 'stopped') return 'Not sent: the campaign was stopped'
  if (row.state === 'waiting')
    return row.wave > campaign.wave ? 'Waits for the winner of the test' : 'Waits for its turn'
  if (row.state === 'suppressed') return `Not sent: ${reasonWords(row.verdictReason) ?? 'no reason was kept'}`
  if (row.state === 'queued' || row.state === 'deferred') {
    if (row.verdict === 'hold') return `Held: ${reasonWords(row.verdictReason)}`
    if (row.verdict === 'later') return `Waits: ${reasonWords(row.verdictReason)}`
    return row.state === 'deferred' ? `Will be tried again${why}` : 'Is in the line'
  }
  if (row.state === 'sending') return 'Is being sent'
  if (row.state === 'failed') return `Failed${why}`
  if (row.state === 'unknown') return 'Sent or not: the connection broke before the mail server answered'
  if (row.state === 'cancelled') return 'Cancelled: the campaign was stopped'
  return row.clickedAt ? 'Sent and clicked' : row.openedAt ? 'Sent and opened' : `Sent${why}`
}

export { selectRecipients }
