import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How far a signed time may be from ours: 5 minutes, as Standard Webhooks says. */
export const toleranceSeconds = 300

/** `whsec_` and 32 random bytes in base64, the form that Standard Webhooks libraries take. */
export function makeSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

const isFresh = (seconds: string, now: Date) =>
  /^\d{9,11}$/.test(seconds) && Math.abs(now.getTime() / 1000 - Number(seconds)) <= toleranceSeconds

type Headers = Record<string, string | string[] | undefined>
const one = (value: string | string[] | undefined) => (typeof value === 'string' ? value : '')

/**
 * Whether a body was signed with the secret, lately. Two forms: Standard Webhooks (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature: v1,<base64>` over `id.timestamp.body`), and for providers that cannot do that
 * `x-tend-signature: t=<seconds>,v1=<hex>` over `timestamp.body`, keyed with the secret's text.
 */
export function isSigned(secret: string, headers: Headers, body: Buffer, now: Date): boolean {
  const id = one(headers['webhook-id'])
  const time = one(headers['webhook-timestamp'])
  const signatures = one(headers['webhook-signature'])
  if (id && signatures) {
    if (id.length > 200 || !isFresh(time, now)) return false
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const right = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest()
    return signatures
      .split(' ', 10)
      .some(given => given.startsWith('v1,') && isSame(Buffer.from(given.slice(3), 'base64'), right))
  }
  const [, seconds = '', hex = ''] =
    /^t=(\d{9,11}),v1=([0-9a-f]{64})$/.exec(one(headers['x-tend-signature'])) ?? []
  if (!seconds || !isFresh(seconds, now)) return false
  return isSame(
    Buffer.from(hex, 'hex'),
    createHmac('sha256', secret).update(`${seconds}.`).update(body).digest(),
  )
}
