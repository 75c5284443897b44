import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

/** A secret as Standard Webhooks writes it: 32 random bytes in base64. */
export const newSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`

/**
 * The signature header by Standard Webhooks (standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, one per
 * secret, so that during a rotation the receiver may check with the old or the new one.
 */
export function sign(secrets: string[], message: { id: string; timestamp: number; body: string }): string {
  const signed = `${message.id}.${message.timestamp}.${message.body}`
  return secrets
    .map(secret => createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64')).update(signed))
    .map(mac => `v1,${mac.digest('base64')}`)
    .join(' ')
}
