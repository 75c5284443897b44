import { type BounceClass, classify, type Refusal, refusalIn } from './classes.ts'
import { bounds, type Part, readMail, splitHead } from './mime.ts'

/** What a mail that came back tells, before anybody knows whether it may be believed. */
export type Notice = {
  kind: BounceClass | 'delayed' | 'delivered' | 'complaint' | 'opt-out' | 'auto-reply' | 'other'
  status: string | null
  /** What the other side wrote, one line of at most 300 characters. */
  words: string
  /** Every Message-ID that the mail names as the one it is about. */
  messageIds: string[]
}

/** What a mail to one of our addresses for what comes back is. Pure; throws nothing, whatever the bytes. */
export function readNotice(raw: Buffer): Notice {
  const parts = readMail(raw)
  const [top] = parts
  const messageIds = messageIdsIn(parts)
  const told = complaintIn(parts) ?? reportIn(parts) ?? looseBounceIn(top, parts) ?? autoReplyIn(top)
  const { kind, status, words } = told ?? {
    kind: 'other' as const,
    status: null,
    words: headerOf(top, 'subject'),
  }
  return { kind, status, words: tidy(words), messageIds }
}

type Told = Pick<Notice, 'kind' | 'status' | 'words'>

const headerOf = (part: Part | undefined, name: string) => part?.headers.get(name) ?? ''

/** ARF (RFC 5965). `not-spam` takes a complaint back and tells us nothing; reports about DMARC are none. */
function complaintIn(parts: Part[]): Told | null {
  const report = parts.find(part => part.type === 'message/feedback-report')
  if (!report) return null
  const type = (fieldsOf(report.text)[0]?.get('feedback-type') ?? 'abuse').toLowerCase().trim()
  const words = `feedback report: ${type}`
  if (type === 'opt-out' || type === 'opt-out-list') return { kind: 'opt-out', status: null, words }
  const isComplaint = ['abuse', 'fraud', 'virus', 'other', 'miscategorized'].includes(type)
  return { kind: isComplaint ? 'complaint' : 'other', status: null, words }
}

/** Groups of fields, divided by empty lines, as in a delivery status. */
function fieldsOf(text: string): Map<string, string>[] {
  return text
    .split(/\n[ \t]*\n/, 50)
    .map(group => splitHead(group).headers)
    .filter(group => group.size > 0)
}

/** DSN (RFC 3464): the worst that is told about a recipient; we wrote to one. */
function reportIn(parts: Part[]): Told | null {
  const at = parts.findIndex(
    part => part.type === 'message/delivery-status' || part.type === 'message/global-delivery-status',
  )
  const report = parts[at]
  if (!report) return null
  const groups = fieldsOf(report.text.replaceAll('\r\n', '\n')).filter(
    group => group.has('action') || group.has('status') || group.has('final-recipient'),
  )
  const human = parts.slice(0, at).find(part => part.type.startsWith('text/'))?.text ?? ''
  const told = groups.map(group => ofRecipient(group, human))
  const rank: Notice['kind'][] = ['hard', 'block', 'soft', 'delayed', 'delivered', 'other']
  return told.sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind))[0] ?? null
}

function ofRecipient(group: Map<string, string>, human: string): Told {
  const action = (group.get('action') ?? 'failed').toLowerCase().split(/[\s;(]/)[0]
  const diagnostic = (group.get('diagnostic-code') ?? '').replace(/^[\w-]+\s*;\s*/, '')
  const status = /[245]\.\d{1,3}\.\d{1,3}/.exec(group.get('status') ?? '')?.[0] ?? null
  const words = diagnostic || (group.get('status') ?? '')
  if (action === 'delayed') return { kind: 'delayed', status, words }
  if (action === 'delivered') return { kind: 'delivered', status, words }
  if (action !== 'failed') return { kind: 'other', status, words }
  const said = refusalIn(diagnostic)
  // 5.0.0 and its like say nothing; what the server of the recipient said is closer to the truth.
  const isVague = status === null || /^[45]\.(0\.0|5\.0|3\.0|1\.0|2\.0|4\.0)$/.test(status)
  const best = (isVague ? said?.status : status) ?? status
  const text = diagnostic || human.slice(0, 2000)
  const refusal: Refusal = {
    code: said?.code ?? null,
    status: best !== null && isVague && best === status ? null : best,
    words: text,
  }
  const kind =
    refusal.status === null && refusal.code === null && status?.startsWith('4.') ? 'soft' : classify(refusal)
  return { kind, status: best, words: words || firstLines(human) }
}

const machineNames = /^(mailer-daemon|postmaster|mail-daemon|maildaemon|mail-delivery-subsystem|bounces?)@/i
const bounceSubject =
  /undeliver|deliver(y|ed) (status|fail|problem|report|incomplete)|(delivery|mail|message) (has )?(failed|failure|not delivered)|returned mail|returning message|failure notice|mail (system|delivery) (error|failed)|unzustellbar|nicht zugestellt|zustell\w* (fehlgeschlagen|nicht)|non (remis|distribué)|échec de (la )?(remise|distribution)|no se (pudo|puede|ha podido) entregar|no entregad|mancata consegna|non recapitabil|onbestelbaar|não (foi )?entregue|kunde inte levereras/i

/** Bounces without a report: qmail, old Exims, appliances. Reply codes and phrases decide. */
function looseBounceIn(top: Part | undefined, parts: Part[]): Told | null {
  const from = /([^\s<]+@[^\s>]+)/.exec(headerOf(top, 'from'))?.[1] ?? ''
  const subject = headerOf(top, 'subject')
  const isFromMachine = machineNames.test(from)
  const isBounce =
    top?.headers.has('x-failed-recipients') ||
    (isFromMachine && (bounceSubject.test(subject) || isAboutDelivery(parts))) ||
    (bounceSubject.test(subject) &&
      isAboutDelivery(parts) &&
      !headerOf(top, 'in-reply-to') &&
      !awaySubject.test(subject))
  if (!isBounce) return null
  const text = ownText(parts)
  if (
    /will (be retried|continue|keep trying)|still being retried|not yet been delivered|delivery (has been )?delayed|this is a warning message only/i.test(
      text,
    )
  )
    return { kind: 'delayed', status: null, words: firstLines(text) }
  const said = refusalIn(text)
  const line = said ? lineWith(text, said) : firstLines(text)
  return {
    kind: classify({
      code: said?.code ?? null,
      status: said?.status ?? null,
      words: `${line}\n${text.slice(0, 3000)}`,
    }),
    status: said?.status ?? null,
    words: line,
  }
}

const isAboutDelivery = (parts: Part[]) =>
  /could(n't| not) be delivered|unable to deliver|delivery (to the following|failed)|permanent (fatal )?error|undeliverable|i'm afraid i wasn't able/i.test(
    ownText(parts),
  )

/** What the machine wrote, without what it gives back of our own mail. */
function ownText(parts: Part[]): string {
  const own = parts.find(part => part.type === 'text/plain') ?? parts.find(part => part.type === 'text/html')
  const text = own?.type === 'text/html' ? own.text.replace(/<[^>]{0,200}>/g, ' ') : (own?.text ?? '')
  return (
    text
      .split(
        /\n-{2,}.{0,40}(?:copy of the message|original message|message follows|message header|below this line)/i,
      )[0]
      ?.slice(0, 8000) ?? ''
  )
}

function lineWith(text: string, said: Refusal): string {
  const mark = said.status ?? String(said.code)
  const lines = text.split('\n')
  const at = lines.findIndex(line => line.includes(mark))
  return lines.slice(Math.max(at, 0), at + 3).join(' ')
}

const firstLines = (text: string) => text.trim().split('\n').slice(0, 4).join(' ')

const awaySubject =
  /^(re: ?)?(auto(matic|matische|matisch|mated)?[ -]?(reply|response|answer|antwort|antwoord|svar)|out of (the )?office|abwesenheit|abwesend|réponse automatique|respuesta automática|risposta automatica|resposta automática|automatisch antwoord|automatiskt svar|自動応答|on (vacation|leave|holiday)|im urlaub|absence)/i

/** Automatic answers (RFC 3834), and those that say it in other ways. They are about a person who is there. */
function autoReplyIn(top: Part | undefined): Told | null {
  const submitted = headerOf(top, 'auto-submitted').toLowerCase()
  const says =
    submitted.startsWith('auto-') ||
    ['x-autoreply', 'x-autorespond', 'x-autoresponder', 'x-auto-response', 'x-mail-autoreply'].some(name =>
      top?.headers.has(name),
    ) ||
    /auto_?reply|auto-?reply/i.test(headerOf(top, 'precedence')) ||
    /auto-?reply|oof/i.test(
      headerOf(top, 'x-precedence') + headerOf(top, 'x-ms-exchange-inbox-rules-loop'),
    ) ||
    awaySubject.test(headerOf(top, 'subject'))
  return says ? { kind: 'auto-reply', status: null, words: headerOf(top, 'subject') } : null
}

const idPattern = /<[^<>\s@]{1,120}@[^<>\s@]{1,253}>/g

/** From the mail that was given back, from fields that name it, from what it answers. At most ten. */
function messageIdsIn(parts: Part[]): string[] {
  const [top, ...rest] = parts
  const named = rest.flatMap(part => {
    if (part.type === 'text/rfc822-headers' || part.type === 'message/rfc822-headers')
      return [splitHead(part.text.replaceAll('\r\n', '\n')).headers.get('message-id') ?? '']
    if (part.type === 'message/feedback-report' || part.type.endsWith('delivery-status'))
      return [
        /^(?:original-message-id|x-original-message-id|original-envelope-id)\s*:\s*(.{1,300})$/im.exec(
          part.text,
        )?.[1] ?? '',
      ]
    return [headerOf(part, 'message-id')]
  })
  const answered = [
    headerOf(top, 'in-reply-to'),
    headerOf(top, 'references'),
    headerOf(top, 'x-original-message-id'),
  ]
  // Bounces without parts give the mail back as text.
  const quoted = [...ownMessageIds(parts)]
  return [...new Set([...named, ...answered, ...quoted].flatMap(text => text.match(idPattern) ?? []))].slice(
    0,
    10,
  )
}

function* ownMessageIds(parts: Part[]): Generator<string> {
  for (const part of parts.slice(0, 5)) {
    if (!part.type.startsWith('text/')) continue
    for (const [, id = ''] of part.text
      .slice(0, bounds.mostText)
      .matchAll(/^[> \t]*message-id:\s*(<[^<>\s]{3,300}>)/gim))
      yield id
  }
}

/** One line; providers write what they like. */
function tidy(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .toWellFormed()
    .trim()
    .slice(0, 300)
}
