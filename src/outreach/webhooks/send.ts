import type { Contact } from '#audience/contacts.ts'
import type { Event } from '#engine/reactor.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { reachesOut } from '../delivery/webhook.ts'
import type { SealedEndpoint } from './endpoints.sql.ts'
import { sign } from './signature.ts'

export type Body = { type: string; timestamp: string; data: Record<string, unknown> }
export type Answer = {
  is: 'delivered' | 'refused' | 'gone'
  status: number | null
  words: string
  tookMs: number
  /** Asked for by the other side with 429 or 503. */
  waitMs: number
  request: string
  response: string
}

const keptBytes = 4096
const timeoutMs = 15_000
const longestWaitMs = 3_600_000

/** What the body holds of an event; ids are those of the API. */
export function bodyOf(event: Event, contact: Contact | null): Body {
  return {
    type: event.type,
    timestamp: event.at.toISOString(),
    data: {
      id: event.id,
      name: event.name,
      contact: contact && {
        id: contact.id,
        email: contact.email,
        firstName: contact.firstName,
        lastName: contact.lastName,
      },
      causeId: event.causeId,
      properties: event.data,
    },
  }
}

/** Both secrets while a rotation lasts. */
function secretsOf({ secrets, clock }: Services, endpoint: SealedEndpoint): string[] {
  const isOldValid = endpoint.oldSecret && endpoint.oldSecretUntil && endpoint.oldSecretUntil > clock.now()
  return [endpoint.secret, ...(isOldValid && endpoint.oldSecret ? [endpoint.oldSecret] : [])].map(
    secrets.decrypt,
  )
}

/**
 * One call by Standard Webhooks, through the egress guard. Redirects are not followed and count as refusals; an
 * answer is read up to 64 kB and kept up to 4. `timestamp` is the machine's: the receiver compares it with his clock.
 */
export async function send(
  services: Services,
  endpoint: SealedEndpoint,
  message: { id: string; body: Body; sentAt: Date },
): Promise<Answer> {
  const body = JSON.stringify(message.body)
  const timestamp = Math.floor(message.sentAt.getTime() / 1000)
  const headers = {
    'content-type': 'application/json',
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(secretsOf(services, endpoint), { id: message.id, timestamp, body }),
  }
  const began = performance.now()
  const answer = (given: Pick<Answer, 'is' | 'status' | 'words'> & Partial<Answer>): Answer => ({
    tookMs: Math.round(performance.now() - began),
    waitMs: 0,
    request: clip(`${shown({ ...headers, 'webhook-signature': 'v1,[hidden]' })}\n\n${body}`),
    response: '',
    ...given,
  })
  if (!reachesOut(services, endpoint.url))
    return answer({ is: 'delivered', status: null, words: 'not called: kept in the sandbox' })
  try {
    const reply = await services.egress.fetch(endpoint.url, {
      method: 'POST',
      headers,
      body,
      timeoutMs,
      maxBytes: 64 * 1024,
    })
    const { status } = reply
    const is = status >= 200 && status < 300 ? 'delivered' : status === 410 ? 'gone' : 'refused'
    return answer({
      is,
      status,
      words: `HTTP ${status}`,
      waitMs: waitOf(reply.headers),
      response: clip(reply.body.toString('utf8')),
    })
  } catch (error) {
    const words = error instanceof AppError || error instanceof Error ? error.message : String(error)
    return answer({ is: 'refused', status: null, words: clip(words) })
  }
}

const shown = (headers: Record<string, string>) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')

const clip = (text: string) => text.replaceAll('\0', '').slice(0, keptBytes).toWellFormed()

function waitOf(headers: Record<string, string | string[] | undefined>): number {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) ? Math.min(longestWaitMs, Math.max(0, seconds * 1000)) : 0
}
