import type { EgressAnswer, EgressRequest } from '#platform/egress.ts'
import { AppError } from '#platform/errors.ts'
import { CrmError, type Exchange, type Failure, type FailureKind, type Wire } from '../../connector.ts'
import { redact, showable } from './redact.ts'

export type Call = {
  method?: NonNullable<EgressRequest['method']>
  /** Below the base address, or an address of its own. */
  path: string
  query?: Record<string, string | number | undefined>
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is; its type belongs into `headers`. */
  raw?: string
  form?: Record<string, string>
  /** A good answer need not be JSON; whoever sent the call reads its text. */
  isText?: true
}

export type Answer = {
  status: number
  headers: Record<string, string>
  text: string
  /** undefined where the body is no JSON. */
  json: unknown
  sample: Exchange
}

/** What a CRM says of a failed call in its own words. */
export type Said = {
  kind?: FailureKind
  words?: string
  code?: string
  fields?: string[]
  existing?: Failure['existing']
  /** How long to wait, where that is not in `Retry-After`. */
  retryAfterMs?: number
}

export type HttpOptions = {
  wire: Wire
  /** Base address without a slash at the end; asked for each call because sign-in may move it. */
  base(): Promise<string> | string
  /** Headers that sign a request in, and how. */
  sign(call: Call): Promise<Record<string, string>> | Record<string, string>
  /** After a 401: fetches a fresh token; false where there is no way to. */
  renew?(): Promise<boolean>
  /** What must never be seen in a log or sample. */
  secrets(): string[]
  /** Reads what the CRM said; null where the answer is good. Called for every answer. */
  read(answer: Answer): Said | null
  /** Learns quotas from an answer's headers. */
  learn?(answer: Answer): void
}

export type Http = {
  /** Throws CrmError with a redacted sample. A 401 is answered by one refresh and one replay. */
  send(call: Call): Promise<Answer>
  /** The `Date` of the last answer. */
  lastDate(): Date | null
}

/** The only way in which connectors speak: over the guarded wire, with failures in the engine's ten kinds. */
export function createHttp(options: HttpOptions): Http {
  let lastDate: Date | null = null
  const once = async (call: Call) => {
    const request = await assemble(options, call)
    const given = await reach(options, request)
    const answer = toAnswer(request, given, options.secrets())
    // Without a date of its own the CRM is taken to have our time: a time of nothing would hide every change.
    lastDate = dateOf(answer.headers.date) ?? options.wire.realTime()
    options.learn?.(answer)
    return answer
  }
  return {
    lastDate: () => lastDate,
    async send(call) {
      let answer = await once(call)
      let said = options.read(answer)
      if (said && failureOf(options, answer, said).kind === 'auth' && (await options.renew?.())) {
        answer = await once(call)
        said = options.read(answer)
      }
      if (said) throw new CrmError(failureOf(options, answer, said))
      // A page of maintenance with status 200 is no empty list.
      if (answer.json === undefined && answer.text.trim() !== '' && !call.isText)
        throw new CrmError(noJson(answer))
      return answer
    },
  }
}

type Assembled = { url: string; request: EgressRequest & { method: string; headers: Record<string, string> } }

/** `?a=b&c=d` of what is set. */
export const queryText = (query: Call['query']) => {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  return pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&')}`
}

async function assemble(options: HttpOptions, call: Call): Promise<Assembled> {
  const base = /^https?:/i.test(call.path) ? '' : await options.base()
  const body =
    call.json !== undefined
      ? JSON.stringify(call.json)
      : call.form
        ? new URLSearchParams(call.form).toString()
        : call.raw
  const type = call.json !== undefined ? 'application/json' : call.form && 'application/x-www-form-urlencoded'
  return {
    url: `${base}${call.path}${queryText(call.query)}`,
    request: {
      method: call.method ?? 'GET',
      headers: {
        accept: 'application/json',
        ...(type ? { 'content-type': type } : {}),
        ...(await options.sign(call)),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
    },
  }
}

async function reach(options: HttpOptions, { url, request }: Assembled): Promise<EgressAnswer> {
  try {
    return await options.wire.fetch(url, request)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const kind = error.code === 'egress_refused' ? 'auth' : 'transient'
    throw new CrmError({ kind, words: error.message, code: error.code })
  }
}

function toAnswer({ url, request }: Assembled, given: EgressAnswer, secrets: string[]): Answer {
  const text = given.body.toString('utf8')
  const headers = Object.fromEntries(
    Object.entries(given.headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  const raw = { method: request.method, url, request: request.body?.toString() ?? null }
  const sample = showable({ ...raw, status: given.status, response: text }, secrets)
  return { status: given.status, headers, text, json: parse(text), sample }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const noJson = (answer: Answer): Failure => ({
  kind: 'transient',
  words: 'The answer of the CRM was cut off, or came from somebody else on the way.',
  code: 'no_json',
  sample: answer.sample,
})

/** What a status means where a CRM says no more. */
export const byStatus = (status: number): FailureKind => {
  if (status === 401) return 'auth'
  if (status === 403) return 'denied'
  if (status === 404 || status === 410) return 'gone'
  if (status === 409 || status === 412) return 'conflict'
  if (status === 429) return 'throttle'
  if (status === 423) return 'lock'
  return status >= 500 || status === 408 ? 'transient' : 'invalid'
}

function failureOf(options: HttpOptions, answer: Answer, said: Said): Failure {
  const kind = said.kind ?? byStatus(answer.status)
  const wait =
    kind === 'throttle' ? (said.retryAfterMs ?? retryAfterMs(answer, options.wire.realTime())) : undefined
  return {
    kind,
    words: redact(said.words || `The CRM answered with status ${answer.status}.`, options.secrets()),
    code: said.code ?? String(answer.status),
    ...(said.fields?.length ? { fields: said.fields } : {}),
    ...(said.existing?.length ? { existing: said.existing } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    sample: answer.sample,
  }
}

const dayMs = 86_400_000

/** `Retry-After` in seconds or as a date, at most a day; a minute where the CRM does not say. */
function retryAfterMs(answer: Answer, now: Date): number {
  const told = answer.headers['retry-after']
  const seconds = Number(told)
  const date = dateOf(told)
  const ms =
    told && Number.isFinite(seconds)
      ? seconds * 1000
      : date
        ? date.getTime() - (dateOf(answer.headers.date) ?? now).getTime()
        : 60_000
  return Math.min(dayMs, Math.max(0, ms))
}

function dateOf(text: string | undefined): Date | null {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? null : new Date(time)
}
