import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http, type Said } from '../kit/http.ts'
import { createSession } from '../kit/session.ts'
import { asObject, asText } from '../kit/values.ts'
import { freshToken, type PipedriveSettings } from './sign-in.ts'

const hourMs = 3_600_000

/** Pipedrive's REST API, by the token of a user or in the name of who signed in. https://developers.pipedrive.com/docs/api/v1 */
export function pipedriveHttp(settings: PipedriveSettings, wire: Wire): Http {
  const hidden = [settings.api_token, settings.client_secret, settings.webhook_password]
  const shared = { wire, read: said, learn: (answer: Answer) => learnQuota(wire, answer) }
  if (settings.sign_in === 'token')
    return createHttp({
      ...shared,
      base: () => settings.url.replace(/\/+$/, ''),
      sign() {
        if (settings.api_token) return { 'x-api-token': settings.api_token }
        throw new CrmError({ kind: 'auth', words: 'No API token is given.', code: 'no_token' })
      },
      secrets: () => hidden,
    })
  const session = createSession(wire, kept => freshToken(settings, wire, kept))
  return createHttp({
    ...shared,
    base: async () => (await session.current()).api_domain ?? '',
    sign: async () => ({ authorization: `Bearer ${(await session.current()).access_token}` }),
    renew: session.renew,
    secrets: () => [...session.seen(), ...hidden],
  })
}

/** `{success: false, error, error_info, code}`; a wall in front of the API answers in HTML. */
export function said(answer: Answer): Said | null {
  const body = asObject(answer.json)
  if (answer.status < 300 && body.success !== false) return null
  const words = [body.error, body.message].map(asText).find(Boolean) ?? ''
  const code = asText(body.code) || asText(body.errorCode)
  const told: Said = { words, ...(code ? { code } : {}) }
  if (answer.status === 429) return { ...told, kind: 'throttle', ...wait(answer) }
  // Who goes on after 429 meets a wall that says 403 and speaks no JSON.
  if (answer.status === 403 && answer.json === undefined)
    return { ...told, kind: 'throttle', code: 'blocked' }
  // A trial that has run out, or a bill that is not paid.
  if (answer.status === 402) return { ...told, kind: 'auth' }
  if (answer.status === 409) return { ...told, kind: 'lock' }
  if (/(field|key)\b.*(not exist|not found|unknown|not allowed)/i.test(words))
    return { ...told, kind: 'schema' }
  return answer.status < 300 ? { ...told, kind: 'invalid' } : told
}

/** A burst is over in seconds; the tokens of a day come back at midnight of the server, so one asks again each hour. */
function wait({ headers }: Answer): { retryAfterMs?: number } {
  if (headers['x-daily-ratelimit-token-remaining'] === '0') return { retryAfterMs: hourMs }
  const seconds = Math.max(Number(headers['retry-after'] ?? 0), Number(headers['x-ratelimit-reset'] ?? 0))
  return seconds > 0 && seconds < 86_400 ? { retryAfterMs: seconds * 1000 } : {}
}

/** Each call costs tokens of a daily budget that all apps of the company share. */
function learnQuota(wire: Wire, { headers }: Answer): void {
  const allowed = Number(headers['x-daily-ratelimit-token-limit'])
  const left = Number(headers['x-daily-ratelimit-token-remaining'])
  if (allowed > 0 && left >= 0 && left <= allowed) wire.quota({ used: allowed - left, allowed })
}
