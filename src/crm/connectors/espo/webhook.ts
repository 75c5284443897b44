import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Hint, IncomingHook } from '../../connector.ts'
import { asList, asObject, asText } from '../kit/values.ts'

/**
 * `X-Signature` is base64 of `webhookId:` and the raw HMAC-SHA256 of the body under that webhook's secret (verified
 * with EspoCRM 8.4.2). The body is an array of changes; one record may be in it several times.
 */
export function verifyEspo(hook: IncomingHook, kept: Record<string, string>): Hint[] | null {
  const given = Buffer.from(hook.headers['x-signature'] ?? '', 'base64')
  const colon = given.indexOf(0x3a)
  if (colon < 1) return null
  const id = given.subarray(0, colon).toString('utf8')
  const secret = kept[`hook:${id}`]
  const event = kept[`event:${id}`]
  if (!secret || !event) return null
  const proof = createHmac('sha256', secret).update(hook.body).digest()
  const signature = given.subarray(colon + 1)
  if (signature.length !== proof.length || !timingSafeEqual(signature, proof)) return null
  const [type = '', kind] = event.split('.')
  const ids = new Set(changesOf(hook.body).map(change => asText(asObject(change).id)))
  ids.delete('')
  return [...ids].map(each => ({ type, id: each, kind: kind === 'delete' ? 'deleted' : 'changed' }))
}

function changesOf(body: Buffer): unknown[] {
  try {
    return asList(JSON.parse(body.toString('utf8')))
  } catch {
    return []
  }
}
