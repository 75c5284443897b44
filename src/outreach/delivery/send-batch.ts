import type { Services } from '#platform/services.ts'
import type { Renderer } from '../render/renderer.ts'
import type { Claim, Claimed } from './claim.ts'
import { returnPath } from './compose.ts'
import type { Journal } from './journal.ts'
import { type Prepared, prepareMails } from './prepare.ts'
import type { Result } from './receipts.ts'
import { endingOf, type Outcome } from './reply.ts'
import type { RouteState } from './route.ts'
import type { Smtp } from './smtp.ts'
import { callWebhook, reachesOut, webhookBody } from './webhook.ts'

export type Sender = {
  services: Services
  renderer: Renderer
  /** Null: nothing leaves the house (sandbox without a mail server). */
  smtp: Smtp | null
  journal: Journal
  route: RouteState
  signal: AbortSignal
}

/** A letter or a call that is ready to go. */
type Item = Prepared & { also: string | null }

const webhooksAtOnce = 5

/**
 * Renders and sends a claimed batch; every result goes to `take` as soon as it is known. Ends when every message
 * has one: those for which the time was over, or the server away, go back into the line unused.
 */
export async function sendBatch(sender: Sender, claim: Claim, take: (result: Result) => void): Promise<void> {
  const { services } = sender
  const now = services.clock.now()
  const mails = claim.messages.filter(message => message.channel === 'email')
  const hooks = claim.messages.filter(message => message.channel === 'webhook')
  const finish = (
    item: { message: Claimed; subject: string; raw: Buffer | null; also: string | null },
    outcome: Outcome,
  ) => {
    const { message } = item
    const ageMs = services.clock.now().getTime() - message.queuedAt.getTime()
    const ending = endingOf(outcome, {
      id: message.id,
      class: message.class,
      attempt: message.attempt,
      ageMs,
    })
    if (message.channel === 'email' && sender.smtp) sender.route.heed(ending, services.clock.now())
    if (ending.route && sender.route.downUntil)
      ending.waitMs = Math.max(0, sender.route.downUntil.getTime() - services.clock.now().getTime())
    take({ message, ending, subject: item.subject, mailbox: mailboxRow(services, item) })
  }
  const letters = prepareMails(services, sender.renderer, { messages: mails, settings: claim.settings, now })
  const calls = hooks.map(message => webhookItem(services, message))
  await allEnded([
    inParallel(letters, sender.smtp?.width ?? 1, async letter => {
      if ('raw' in letter) {
        const item = { ...letter, also: sender.smtp ? 'SMTP' : null }
        return finish(item, await sendLetter(sender, claim, item))
      }
      const { message, text, again } = letter
      finish({ message, subject: '', raw: null, also: null }, { is: 'unfit', text, again })
    }),
    inParallel(calls, webhooksAtOnce, async item => finish(item, await sendCall(sender, claim, item))),
  ])
}

async function sendLetter(sender: Sender, claim: Claim, { message, raw }: Item): Promise<Outcome> {
  const { services, smtp, journal, route } = sender
  if (!smtp) return { is: 'reply', code: 250, text: 'kept in the sandbox mailbox' }
  const isDown = route.downUntil !== null && route.downUntil > services.clock.now()
  if (isDown || isOver(sender, claim)) return { is: 'unused' }
  const letter = { from: returnPath(services, message), to: message.address ?? '', raw }
  const outcome = await smtp.send(letter, () => {
    if (isOver(sender, claim)) return false
    journal.started(message.id)
    return true
  })
  journal.replied(message.id, codeOf(outcome))
  return outcome
}

async function sendCall(sender: Sender, claim: Claim, { message, also }: Item): Promise<Outcome> {
  const { services, journal } = sender
  if (isOver(sender, claim)) return { is: 'unused' }
  if (also === null) return { is: 'reply', code: 250, text: 'kept in the sandbox mailbox' }
  const outcome = await callWebhook(services, message, () => journal.started(message.id))
  journal.replied(message.id, codeOf(outcome))
  return outcome
}

/** What the journal keeps of an outcome: the code; 0 where the body never left; 1 where nobody can know. */
function codeOf(outcome: Outcome): number {
  if (outcome.is === 'reply') return outcome.code
  return outcome.is === 'broken' && outcome.started ? unsureCode : 0
}
export const unsureCode = 1

function isOver({ signal }: Sender, { deadline }: Claim): boolean {
  return signal.aborted || performance.now() > deadline
}

function webhookItem(services: Services, message: Claimed): Item {
  const { payload } = message
  const subject = (payload?.subject ?? payload?.text ?? '').split('\n')[0]?.slice(0, 200) ?? ''
  return {
    message,
    subject,
    raw: Buffer.from(webhookBody(message)),
    also: reachesOut(services, message.recipient ?? '') ? 'webhook' : null,
  }
}

function mailboxRow(
  { config }: Services,
  item: { message: Claimed; subject: string; raw: Buffer | null; also: string | null },
): Result['mailbox'] {
  if (config.mode !== 'sandbox' || !item.raw) return null
  const { channel, version, address, recipient } = item.message
  const sender = channel === 'email' ? version?.draft.fromAddress || config.mailFrom : 'webhook'
  return {
    channel,
    sender,
    recipient: (channel === 'email' ? address : recipient) ?? '',
    subject: item.subject,
    raw: item.raw,
    also: item.also,
  }
}

/** Waits for all, also when one fails: nothing may be on its way any more when the failure is told. */
async function allEnded(works: Promise<void>[]): Promise<void> {
  for (const work of await Promise.allSettled(works)) if (work.status === 'rejected') throw work.reason
}

/** Works through the items, `width` at a time. */
async function inParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // One source for all lines; each takes the next item when it is free.
  const source = (async function* () {
    yield* items
  })()
  const line = async () => {
    for await (const item of source) await work(item)
  }
  await allEnded(Array.from({ length: width }, line))
}
