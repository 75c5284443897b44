import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { loadFacts } from '../delivery/facts.ts'
import type { VersionRow } from '../emails.sql.ts'
import { decide } from '../gate.ts'
import { readSettings } from '../settings.ts'
import { type Candidate, selectCandidates } from './audience.sql.ts'
import type { CampaignRow, Counts } from './campaigns.sql.ts'
import { type CampaignSettings, dueIn } from './definition.ts'

/** Contacts looked at in one go. */
export const pageSize = 2000
const mostExamples = 5

export type Recipient = { contactId: string; dueAt: Date }

/** Nothing counted yet. */
export const noCounts = (): Counts => ({
  named: 0,
  people: 0,
  recipients: 0,
  excluded: {},
  waiting: {},
  withoutZone: 0,
  examples: {},
})

export type Sifted = {
  counts: Counts
  recipients: Recipient[]
  /** Where the next page begins; null: that was the last. */
  after: string | null
}

/**
 * Looks at the next contacts of an audience: who is kept out by the campaign itself, and whom the gate would refuse
 * for good at the moment at which his mail is due. It is the very function that decides when the mail leaves, so the
 * numbers before and after can differ only by what happens in between. Adds to `counts`.
 */
export async function siftPage(
  db: Db,
  services: Services,
  ask: {
    settings: CampaignSettings
    version: VersionRow
    startsAt: Date
    after: string
    counts: Counts
  },
): Promise<Sifted> {
  const { counts, settings } = ask
  const candidates = await selectCandidates(db, settings, { after: ask.after, limit: pageSize })
  counts.people += candidates.length
  counts.named += candidates.reduce((sum, row) => sum + row.times, 0)
  const open: Candidate[] = []
  for (const row of candidates) {
    if (row.excludedBy) note(counts, 'excluded', row.excludedBy, row.contactId)
    else open.push(row)
  }
  const recipients = await passGate(db, services, open, ask)
  counts.recipients += recipients.length
  const last = candidates.length < pageSize ? null : (candidates.at(-1)?.contactId ?? null)
  return { counts, recipients, after: last }
}

function note(counts: Counts, kind: 'excluded' | 'waiting', reason: string, contactId: string): void {
  counts[kind][reason] = (counts[kind][reason] ?? 0) + 1
  const examples = counts.examples[reason] ?? []
  if (examples.length < mostExamples) counts.examples[reason] = [...examples, contactId]
}

async function passGate(
  db: Db,
  services: Services,
  open: Candidate[],
  { settings, version, startsAt, counts }: Parameters<typeof siftPage>[2],
): Promise<Recipient[]> {
  if (open.length === 0) return []
  const { settings: rules } = await readSettings(db, services.config.mode)
  const due = open.map(row => letterTo(row.contactId, { settings, version, startsAt }))
  const facts = await loadFacts(db, services, {
    due,
    versions: new Map([[version.id, version]]),
    settings: rules,
    now: startsAt,
    routeDownUntil: null,
  })
  const dueAt = dueIn(settings.schedule, startsAt)
  const recipients: Recipient[] = []
  for (const message of due) {
    // Whether a mail server is there is a matter of the installation, not of the contact.
    const known = { ...facts.of(message), hasRoute: true }
    const at = dueAt(known.zone)
    const verdict = decide({ ...known, queuedAt: at }, { settings: rules, pause: null, now: at })
    if (verdict.is === 'no') {
      note(counts, 'excluded', verdict.reason, message.contactId)
      continue
    }
    if (verdict.is === 'later') note(counts, 'waiting', verdict.reason, message.contactId)
    if (!facts.contacts.get(message.contactId)?.timeZone) counts.withoutZone += 1
    recipients.push({ contactId: message.contactId, dueAt: at })
  }
  return recipients
}

/** The message that this contact would get, as the gate sees it. */
function letterTo(
  contactId: string,
  { settings, version, startsAt }: { settings: CampaignSettings; version: VersionRow; startsAt: Date },
) {
  return {
    contactId,
    id: contactId,
    channel: 'email' as const,
    class: 'marketing' as const,
    emailVersionId: version.id,
    recipient: null,
    payload: null,
    causeId: null,
    purpose: 'marketing',
    topicId: settings.topicId ?? '0',
    queuedAt: startsAt,
    attempt: 0,
    campaignId: null,
    variant: null,
  }
}

/** The reason by which all messages of a campaign go: one per contact and generation. */
export const reasonOf = (campaign: Pick<CampaignRow, 'id'>): string => `campaign:${campaign.id}`
