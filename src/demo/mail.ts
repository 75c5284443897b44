import { append } from '#activity/ledger.ts'
import { recordConsent } from '#audience/consent.ts'
import { suppress } from '#audience/suppression.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { liveVersions } from '#outreach/emails.ts'
import { sentEventId } from '#outreach/signals.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { laneOf, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { type Chance, chanceFrom } from './chance.ts'
import type { KnownPerson } from './history.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const site = 'https://www.tend.example'
const rowsAtOnce = 2000

type Letter = {
  contactId: string
  id: string
  email: { id: string; versionId: string; name: string; subject: string; link: string }
  recipient: string
  at: Date
  /** What came of it. */
  ending: 'sent' | 'bounced' | 'suppressed'
  openedAt: Date | null
  clickedAt: Date | null
  scannedAt: Date | null
  leftAt: Date | null
}

/**
 * What was sent in the past three months, with the opens, clicks, bounces and scanners that belong to it: written
 * into the ledger as sending would have, without sending.
 */
export async function seedMail(
  services: Services,
  people: KnownPerson[],
  emails: { followUp: string; newsletter: string },
  now: Date,
): Promise<void> {
  const { db } = services
  const versions = await liveVersions(db, [emails.followUp, emails.newsletter])
  const named = (id: string, name: string, subject: string, link: string) => {
    return { id, versionId: versions.get(id) ?? '0', name, subject, link }
  }
  const newsletter = named(
    emails.newsletter,
    'Monthly newsletter',
    'This month',
    `${site}/blog/lead-scoring-that-sales-believes`,
  )
  const followUp = named(
    emails.followUp,
    'White paper follow-up',
    'Three ideas',
    `${site}/docs/getting-started`,
  )
  const chance = chanceFrom(97)
  const readers = people.filter(person => person.consent === 'granted')
  const letters: Letter[] = []
  const gone = new Map<string, number>()
  const add = (person: KnownPerson, email: Letter['email'], at: Date) => {
    const end = gone.get(person.contactId)
    if (person.cameAt >= at || (end !== undefined && end <= at.getTime())) return
    const letter = letterTo(person, email, at, chance)
    letters.push(letter)
    const leaves = letter.ending === 'bounced' ? letter.at : letter.leftAt
    if (leaves) gone.set(person.contactId, leaves.getTime())
  }
  // Everybody gets it once a month; every Tuesday or so another quarter of them does.
  for (let week = 0; week < 11; week += 1) {
    const at = new Date(now.getTime() - (72 - 7 * week) * dayMs)
    for (const person of readers.filter((_reader, index) => index % 4 === week % 4))
      add(person, newsletter, new Date(at.getTime() + chance.below(40) * 60_000))
  }
  // A few follow-ups every working day, more of late.
  for (let ago = 80; ago >= 5; ago -= 1) {
    const day = new Date(now.getTime() - ago * dayMs)
    if (day.getUTCDay() % 6 === 0) continue
    for (let left = 2 + chance.below(ago < 30 ? 14 : 8); left > 0; left -= 1) {
      const person = chance.pick(readers)
      const at = new Date(day.getTime() - chance.below(8) * hourMs)
      if (person.interest < 0.5) add(person, followUp, at)
    }
  }
  for (let start = 0; start < letters.length; start += rowsAtOnce) {
    const some = letters.slice(start, start + rowsAtOnce)
    await writeMessages(db, some)
    await writeHits(db, some)
    await append(db, some.flatMap(storyOf))
  }
  await keepWord(services, db, letters)
}

/** Who left is written to no more, nor is an address that does not exist. */
async function keepWord({ secrets }: Services, db: Db, letters: Letter[]): Promise<void> {
  const leavers = letters.flatMap(({ contactId, id, leftAt }) => {
    if (!leftAt) return []
    const proof = { method: 'page', messageId: id }
    const word = {
      purpose: 'marketing',
      state: 'withdrawn' as const,
      basis: 'request',
      source: 'unsubscribe page',
    }
    return [{ contactId, ...word, proof, at: leftAt }]
  })
  await append(db, await recordConsent(db, leavers))
  const bounced = letters.filter(letter => letter.ending === 'bounced')
  await suppress(
    db,
    secrets,
    bounced.map(letter => ({
      address: letter.recipient,
      reason: 'hard_bounce' as const,
      source: 'bounce',
      at: letter.at,
    })),
  )
}

function letterTo(person: KnownPerson, email: Letter['email'], at: Date, chance: Chance): Letter {
  const { contactId, email: recipient, interest } = person
  const later = (hours: number) => new Date(at.getTime() + (0.1 + chance.next() ** 3 * hours) * hourMs)
  const ending = chance.holds(0.012) ? 'bounced' : chance.holds(0.02) ? 'suppressed' : 'sent'
  const reads = ending === 'sent' && chance.holds(0.22 + interest * 0.5)
  const openedAt = reads ? later(70) : null
  const clickedAt =
    openedAt && chance.holds(0.12 + interest * 0.35) ? new Date(openedAt.getTime() + 40_000) : null
  return {
    contactId,
    id: newId(),
    email,
    recipient,
    at,
    ending,
    openedAt,
    clickedAt,
    scannedAt: ending === 'sent' && chance.holds(0.14) ? new Date(at.getTime() + 4000) : null,
    // Follow-ups are made after newsletters, and would come too late to stop them.
    leftAt:
      openedAt && email.subject === 'This month' && chance.holds(0.012)
        ? new Date(openedAt.getTime() + 90_000)
        : null,
  }
}

const stateOf = ({ ending }: Letter) => (ending === 'bounced' ? 'failed' : ending)

async function writeMessages(db: Db, letters: Letter[]): Promise<void> {
  const column = <T>(pick: (letter: Letter) => T) => letters.map(pick)
  const refused = '550 5.1.1 no such user'
  await run(
    db,
    sql`
    insert into outreach.message (contact_id, id, lane, urgency, channel, class, state, reason, generation, email_version_id,
      recipient, why, purpose, topic_id, queued_at, not_before, attempt, verdict, verdict_reason, decided_at, sending_at,
      sent_at, reply_code, reply_text, opened_at, clicked_at, history)
    select contact_id, id, lane, 1, 'email', 'marketing', state, 'the past of the demo ' || id, 0, version, recipient, '[]',
      'marketing', 0, at, at, 1, case state when 'suppressed' then 'no' else 'send' end,
      case state when 'suppressed' then 'cap' end, at, case when state <> 'suppressed' then at end,
      case state when 'sent' then at end, case state when 'sent' then 250 when 'failed' then 550 end,
      case state when 'failed' then ${refused} end, opened, clicked,
      jsonb_build_array(jsonb_build_object('state', 'queued', 'at', at::text, 'words', 'queued'),
        jsonb_build_object('state', state, 'at', at::text, 'words', state))
    from unnest(${column(letter => letter.contactId)}::bigint[], ${column(letter => letter.id)}::bigint[],
      ${column(letter => laneOf(letter.contactId))}::smallint[], ${column(stateOf)}::text[],
      ${column(letter => letter.email.versionId)}::bigint[], ${column(letter => letter.recipient)}::text[],
      ${column(letter => letter.at)}::timestamptz[], ${column(letter => letter.openedAt)}::timestamptz[],
      ${column(letter => letter.clickedAt)}::timestamptz[])
      as fresh (contact_id, id, lane, state, version, recipient, at, opened, clicked)`,
  )
}

type Hit = { letter: Letter; kind: 'open' | 'click'; at: Date; verdict: 'human' | 'machine' }

function hitsOf(letter: Letter): Hit[] {
  const hits: Hit[] = []
  const add = (kind: Hit['kind'], at: Date | null, verdict: Hit['verdict']) =>
    at && hits.push({ letter, kind, at, verdict })
  add('open', letter.scannedAt, 'machine')
  add('click', letter.scannedAt, 'machine')
  add('open', letter.openedAt, 'human')
  add('click', letter.clickedAt, 'human')
  return hits
}

async function writeHits(db: Db, letters: Letter[]): Promise<void> {
  const hits = letters.flatMap(hitsOf)
  const column = <T>(pick: (hit: Hit) => T) => hits.map(pick)
  await run(
    db,
    sql`
    insert into outreach.hit (contact_id, id, message_id, kind, link_index, url, at, signals, verdict, verdict_reason, judge_at)
    select contact_id, id, message_id, kind, case kind when 'click' then 0 end, url, at, '{}', verdict, why, at
    from unnest(${column(hit => hit.letter.contactId)}::bigint[], ${column(() => newId())}::bigint[],
      ${column(hit => hit.letter.id)}::bigint[], ${column(hit => hit.kind)}::text[],
      ${column(hit => (hit.kind === 'click' ? hit.letter.email.link : null))}::text[], ${column(hit => hit.at)}::timestamptz[],
      ${column(hit => hit.verdict)}::text[],
      ${column(hit => (hit.verdict === 'human' ? 'nothing speaks against it' : 'within seconds of sending'))}::text[])
      as fresh (contact_id, id, message_id, kind, url, at, verdict, why)`,
  )
}

/** What the timeline says. */
function storyOf(letter: Letter): NewEvent[] {
  const { contactId, email, at } = letter
  const data = {
    messageId: letter.id,
    emailId: email.id,
    emailVersionId: email.versionId,
    emailName: email.name,
    subject: email.subject,
  }
  const causeId = sentEventId(letter.id)
  if (letter.ending === 'suppressed')
    return [
      { contactId, type: 'email.suppressed', at, data: { ...data, reason: 'too many in too short a time' } },
    ]
  if (letter.ending === 'bounced')
    return [
      { contactId, type: 'email.bounced', at, data: { ...data, bounce: 'hard', reason: 'no such user' } },
    ]
  const left = letter.leftAt
    ? [{ contactId, type: 'email.unsubscribed', at: letter.leftAt, data, causeId }]
    : []
  const signals = hitsOf(letter).map(({ kind, at, verdict }) => {
    const link = kind === 'click' ? { url: email.link, link: 0 } : {}
    return {
      contactId,
      type: kind === 'click' ? 'email.clicked' : 'email.opened',
      at,
      causeId,
      data: { ...data, ...link, verdict },
    }
  })
  return [{ contactId, type: 'email.sent', id: causeId, at, data }, ...signals, ...left]
}
