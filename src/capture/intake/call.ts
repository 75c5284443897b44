import type { Source } from '../sources.ts'

export const callKinds = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const
export type CallKind = (typeof callKinds)[number]
export type Json = Record<string, unknown>

/** One call of an SDK on its way through the pipeline; the steps fill it in place. */
export type Call = {
  kind: CallKind
  messageId: string | null
  userId: string | null
  anonymousId: string | null
  /** From the traits: who the call says it is about. Trusted only when it comes with a secret key. */
  email: string | null
  /** alias: the id used until now. */
  previousId: string | null
  groupId: string | null
  /** Name of the event, the page or the screen. */
  name: string | null
  /** traits of identify and group, properties of the others. */
  fields: Json
  /** May be shared by the calls of a batch: replaced, never changed. */
  context: Json
  /** As the client's clock had it. */
  original: Date | null
  sentAt: Date | null
  /** Business time at which it happened; set by the step that corrects time. */
  at: Date
  bot: boolean
  utm: Json | null
  clickIds: Json | null
  /** The key by which a repetition is known; null where the sender gave no message id. */
  key: string | null
  /** The data of the ledger's event, null for the kinds that are told by what they change (identify, alias). */
  text: string | null
}

/** A call that was not taken, kept for people to see why. `call` is its JSON, cut to a bound. */
export type Reject = {
  reason: string
  detail: string
  messageId: string | null
  call: string
}

/** What one HTTP request brought. The steps of the pipeline take it and return it. */
export type Arrival = {
  endpoint: CallKind | 'batch'
  text: string
  headers: ArrivalHeaders
  /** Business time of receipt. */
  receivedAt: Date
  /** Business time minus real time, ms: zero unless the sandbox's clock was moved. */
  clockOffsetMs: number
  /** From the Authorization header or the body. */
  writeKey: string | null
  source: Source | null
  calls: Call[]
  rejects: Reject[]
  /** Calls left out because the browser asked not to be tracked. */
  optedOut: number
}

export type ArrivalHeaders = {
  authorization?: string
  userAgent?: string
  origin?: string
  referer?: string
  /** Sec-Purpose, Purpose, X-Purpose and X-Moz, joined: a page fetched before anybody looks at it says so here. */
  purpose?: string
  gpc?: string
  dnt?: string
}

export const maxEventBytes = 32 * 1024
export const maxBatchBytes = 500 * 1024
export const maxDepth = 20

/** A reject for the call as it came, with at most `keep` characters of it. */
export function rejectOf(raw: unknown, reason: string, detail: string, keep = 4_096): Reject {
  const id = isJson(raw) && typeof raw.messageId === 'string' ? raw.messageId.slice(0, 255) : null
  return { reason, detail, messageId: id, call: textOf(raw).slice(0, keep).toWellFormed() }
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Deeply nested input overflows the stack of JSON.stringify: such a call is kept by its kind only. */
function textOf(raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? ''
  } catch (error) {
    return error instanceof RangeError ? '(nested too deeply to show)' : '(cannot be shown)'
  }
}
