import type { MessageClass } from '../messages.ts'
import { type BounceClass, classify } from '../returns/classes.ts'

/** What the other side said, or how the conversation broke. */
export type Outcome =
  | { is: 'reply'; code: number; text: string }
  /** `started`: the body was on its way, so it may have been accepted. */
  | { is: 'broken'; started: boolean; text: string; isLogin?: boolean }
  /** Ours: it could not be made ready. `again`: worth another try. */
  | { is: 'unfit'; text: string; again: boolean }
  /** Not begun: our time was over. */
  | { is: 'unused' }

export type Ending = {
  state: 'sent' | 'failed' | 'deferred' | 'unknown' | 'queued'
  /** For deferred and queued: how long it waits. */
  waitMs: number
  /** Whether it counts as an attempt. */
  counts: boolean
  code: number | null
  /** Enhanced status (RFC 3463), `5.1.1`. */
  status: string | null
  words: string | null
  /** A bounce of this kind; hard ones suppress the address. */
  bounce: BounceClass | null
  /** The server is in trouble, not this message. */
  route: 'down' | 'login' | null
}

const minute = 60_000
const hour = 60 * minute
const backOff = [5 * minute, 15 * minute, hour, 3 * hour, 6 * hour]
/** How long it is tried: news are stale after a day; what somebody waits for is tried for three. */
const giveUpMs: Record<MessageClass, number> = {
  marketing: 24 * hour,
  service: 72 * hour,
  alert: 72 * hour,
  test: hour,
}
const unfitTries = 3

export type Tried = { id: string; class: MessageClass; attempt: number; ageMs: number }

const plain: Ending = {
  state: 'sent',
  waitMs: 0,
  counts: true,
  code: null,
  status: null,
  words: null,
  bounce: null,
  route: null,
}

/** What a message comes to after an outcome. Pure; the table stands in docs/sending.md. */
export function endingOf(outcome: Outcome, tried: Tried): Ending {
  if (outcome.is === 'unused') return { ...plain, state: 'queued', counts: false }
  const words = tidy(outcome.text)
  if (outcome.is === 'unfit') return unfit(outcome, tried, words)
  if (outcome.is === 'reply') return ofReply(outcome.code, { words, tried })
  if (outcome.isLogin) return { ...plain, state: 'queued', counts: false, words, route: 'login' }
  if (!outcome.started) return { ...plain, state: 'queued', counts: false, words, route: 'down' }
  // The body may have been accepted. News are not sent twice; what somebody waits for is, under the same Message-ID.
  if (tried.class === 'marketing') return { ...plain, state: 'unknown', words }
  return later({ words, tried })
}

function unfit(outcome: { again: boolean }, tried: Tried, words: string): Ending {
  if (!outcome.again || tried.attempt + 1 >= unfitTries) return { ...plain, state: 'failed', words }
  return { ...plain, state: 'deferred', waitMs: minute, words }
}

function ofReply(code: number, { words, tried }: { words: string; tried: Tried }): Ending {
  const status = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(words)?.[1] ?? null
  const base = { ...plain, code, status, words }
  if (code >= 200 && code < 300) return base
  if (code === 421) return { ...base, state: 'queued', counts: false, waitMs: minute, route: 'down' }
  if (code === 530 || code === 535 || code === 538)
    return { ...base, state: 'queued', counts: false, route: 'login' }
  if (status?.startsWith('4.7.') || (code < 500 && /rate|too many|throttl/i.test(words))) {
    return { ...later({ words, tried, base }), counts: false }
  }
  if (code < 500) return later({ words, tried, base })
  // Our own mistakes in the conversation say nothing about the address.
  const isOurs = code <= 504 || code === 555
  return { ...base, state: 'failed', bounce: isOurs ? null : classify({ code, status, words }) }
}

function later({ words, tried, base = plain }: { words: string; tried: Tried; base?: Ending }): Ending {
  if (tried.ageMs > giveUpMs[tried.class])
    return {
      ...base,
      state: 'failed',
      words: `given up: ${words}`,
      bounce: base.code === null ? null : classify({ ...base, words }),
    }
  const wait = backOff[Math.min(tried.attempt, backOff.length - 1)] ?? hour
  // 20% to either side, by the message itself: a repeated decision is the same decision.
  const spread = 0.8 + (Number(BigInt(tried.id) & 1023n) / 1023) * 0.4
  return { ...base, state: 'deferred', waitMs: Math.round(wait * spread), words }
}

/** One line of at most 200 characters; servers write what they like. */
function tidy(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .toWellFormed()
    .trim()
    .slice(0, 200)
}
