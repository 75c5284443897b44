import { sentenceOf } from '#activity/catalogue.ts'
import { chainOf, type TimelineItem } from '#activity/timeline.ts'
import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { reasonWords } from './gate.ts'
import type { Channel, MessageClass } from './messages.ts'

export const states = [
  'queued',
  'sending',
  'sent',
  'failed',
  'deferred',
  'unknown',
  'suppressed',
  'cancelled',
] as const
export type State = (typeof states)[number]

type Row = {
  id: string
  contactId: string
  channel: Channel
  class: MessageClass
  state: State
  recipient: string | null
  emailId: string | null
  emailName: string | null
  subject: string | null
  purpose: string
  queuedAt: Date
  notBefore: Date
  sentAt: Date | null
  openedAt: Date | null
  clickedAt: Date | null
  attempt: number
  verdict: 'send' | 'no' | 'later' | 'hold' | null
  verdictReason: string | null
  replyCode: number | null
  replyStatus: string | null
  replyText: string | null
  /** What came back after it had left. */
  bounce: 'hard' | 'soft' | 'block' | null
  bounceWords: string | null
  complainedAt: Date | null
}

/** A message with its state in words. */
export type MessageView = Row & { words: string }

// Web addresses of webhooks are secrets of whoever made them: the host is enough here.
const columns = sql`m.id, m.contact_id as "contactId", m.channel, m.class, m.state,
  case when m.channel = 'webhook' then substring(m.recipient from '^[a-z]+://([^/?#]+)') else m.recipient end as recipient,
  v.email_id as "emailId", e.name as "emailName", coalesce(m.payload->>'subject', regexp_replace(v.subject, '\\{\\{.*?\\}\\}|\\{%.*?%\\}', '…', 'g')) as subject, m.purpose,
  m.queued_at as "queuedAt", m.not_before as "notBefore", m.sent_at as "sentAt", m.opened_at as "openedAt",
  m.clicked_at as "clickedAt", m.attempt, m.verdict, m.verdict_reason as "verdictReason",
  m.reply_code as "replyCode", m.reply_status as "replyStatus", m.reply_text as "replyText",
  m.bounce, m.bounce_words as "bounceWords", m.complained_at as "complainedAt"`
const joined = sql`outreach.message m
  left join outreach.email_version v on v.id = m.email_version_id left join outreach.email e on e.id = v.email_id`

export type MessageFilter = {
  contactId: string | null
  state: State | null
  class: MessageClass | null
  emailId: string | null
  /** Only what came back so. */
  came?: 'bounced' | 'complained' | null
  before: string | null
  limit: number
}

/** Messages, the newest first: of one contact, or of all. */
export async function listMessages(db: Db, ask: MessageFilter): Promise<MessageView[]> {
  const rows = await many<Row>(
    db,
    sql`
    select ${columns} from ${joined}
    where true
      ${ask.contactId ? sql`and m.contact_id = ${ask.contactId}::bigint` : sql``}
      ${ask.state ? sql`and m.state = ${ask.state}` : sql``}
      ${ask.class ? sql`and m.class = ${ask.class}` : sql``}
      ${ask.emailId ? sql`and v.email_id = ${ask.emailId}::bigint` : sql``}
      ${ask.came === 'bounced' ? sql`and m.bounce is not null` : sql``}
      ${ask.came === 'complained' ? sql`and m.complained_at is not null` : sql``}
      ${ask.before ? sql`and m.id < ${ask.before}::bigint` : sql``}
    order by m.id desc limit ${ask.limit}`,
  )
  return rows.map(row => ({ ...row, words: wordsOf(row) }))
}

const bounceNames = { hard: 'bounced for good', soft: 'bounced for now', block: 'refused as unwanted' }

function wordsOf(row: Row): string {
  const why = row.replyText ? `: ${row.replyText}` : ''
  if (row.state === 'suppressed') return `Not sent: ${reasonWords(row.verdictReason) ?? 'no reason was kept'}`
  if (row.state === 'queued' || row.state === 'deferred') {
    if (row.verdict === 'hold') return `Held: ${reasonWords(row.verdictReason)}`
    if (row.verdict === 'later') return `Waits: ${reasonWords(row.verdictReason)}`
    return row.state === 'deferred'
      ? `Tried ${row.attempt} times, will be tried again${why}`
      : 'Waits for its turn'
  }
  if (row.state === 'sending') return 'Is being sent'
  if (row.state === 'sent' && row.complainedAt) return 'Sent, then reported as spam'
  if (row.state === 'sent' && row.bounce)
    return `Sent, then ${bounceNames[row.bounce]}${row.bounceWords ? `: ${row.bounceWords}` : ''}`
  if (row.state === 'sent')
    return row.clickedAt ? 'Sent and clicked' : row.openedAt ? 'Sent and opened' : 'Sent'
  if (row.state === 'unknown') return 'Sent or not: the connection broke before the mail server answered'
  return row.state === 'failed' ? `Failed${why}` : 'Cancelled'
}

type HistoryEntry = { state: string; at: string; words: string | null }
/** One link of the chain, oldest first. */
export type WhyStep = {
  kind: 'event' | 'workflow' | 'campaign' | 'step' | 'segment' | 'score' | 'person' | 'gate' | 'outcome'
  words: string
  at: Date | string | null
  id: string | null
}
export type Why = { message: MessageView; steps: WhyStep[] }

/** Why a message was sent, or why not: event, segment or score, step, gate, and what became of it. */
export async function whyMessage(db: Db, contactId: string, id: string): Promise<Why> {
  const row = await maybeOne<
    Row & { causeId: string | null; why: unknown; decidedAt: Date | null; history: HistoryEntry[] }
  >(
    db,
    sql`
    select ${columns}, m.cause_id as "causeId", m.why, m.decided_at as "decidedAt", m.history from ${joined}
    where m.contact_id = ${contactId}::bigint and m.id = ${id}::bigint`,
  )
  if (!row) throw notFound('message')
  const { causeId, why, decidedAt, history, ...message } = row
  const causes = causeId === null ? [] : await chainOf(db, contactId, causeId)
  const links = Array.isArray(why) ? why.flatMap(link => linkOf(link, causes)) : []
  const told = new Set(links.flatMap(link => link.id ?? []))
  // The link of a workflow says already that the contact entered it.
  const isTold = (cause: TimelineItem) =>
    told.has(cause.id) || (cause.type === 'workflow.entered' && links.some(link => link.kind === 'workflow'))
  const events = causes.reverse().filter(cause => !isTold(cause))
  const gate = message.verdict === null ? [] : [gateStep(message, decidedAt)]
  const outcome = history.filter(entry => entry.state !== 'waiting').map(outcomeStep)
  const [queued, became] = [outcome.slice(0, 1), outcome.slice(1)]
  return {
    message: { ...message, words: wordsOf(message) },
    steps: [
      ...inTime([
        ...events.map(
          ({ id: eventId, sentence, at }): WhyStep => ({ kind: 'event', words: sentence, at, id: eventId }),
        ),
        ...links,
      ]),
      ...queued,
      ...gate,
      ...became,
    ],
  }
}

/** Oldest first; the step that queued it has no time of its own and comes last. */
function inTime(steps: WhyStep[]): WhyStep[] {
  const timeOf = ({ at }: WhyStep) => (at === null ? Number.POSITIVE_INFINITY : new Date(at).getTime())
  return steps.toSorted((a, b) => (timeOf(a) === timeOf(b) ? 0 : timeOf(a) - timeOf(b)))
}

function gateStep(message: Row, at: Date | null): WhyStep {
  const reason = reasonWords(message.verdictReason)
  const words = {
    send: 'The gate let it pass: consent, limits and quiet hours allowed it',
    no: `The gate refused it: ${reason}`,
    later: `The gate lets it wait: ${reason}`,
    hold: `The gate holds it: ${reason}`,
  }
  return { kind: 'gate', words: words[message.verdict ?? 'send'], at, id: null }
}

function outcomeStep({ state, at, words }: HistoryEntry): WhyStep {
  return { kind: 'outcome', words: words ? `${state}: ${words}` : state, at, id: null }
}

const kinds = ['event', 'workflow', 'campaign', 'step', 'segment', 'score', 'person'] as const

/** A link that whoever queued the message wrote down; what is no link is left out. Events are told as in the timeline. */
function linkOf(link: unknown, causes: TimelineItem[]): WhyStep[] {
  if (typeof link !== 'object' || link === null) return []
  const { kind, words, name, version, at, id, type } = link as Record<string, unknown>
  const known = kinds.find(each => each === kind)
  if (!known) return []
  const isEvent = known === 'event' && typeof id === 'string'
  const sentence =
    isEvent &&
    typeof type === 'string' &&
    (causes.find(cause => cause.id === id)?.sentence ??
      sentenceOf({ type, name: typeof name === 'string' ? name : null, data: {} }))
  const told =
    sentence || (typeof words === 'string' && words !== '' ? words : named({ kind: known, name, version }))
  return [{ kind: known, words: told, at: typeof at === 'string' ? at : null, id: isEvent ? id : null }]
}

function named({
  kind,
  name,
  version,
}: {
  kind: (typeof kinds)[number]
  name: unknown
  version: unknown
}): string {
  const what = typeof name === 'string' ? `“${name}”` : ''
  if (kind === 'workflow')
    return `was in the workflow ${what}${typeof version === 'number' ? `, version ${version}` : ''}`
  return kind === 'person'
    ? `${typeof name === 'string' ? name : 'somebody'} asked for it`
    : `${kind} ${what}`.trim()
}
