import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Hint, IncomingHook } from '../../connector.ts'
import { asList, asObject, asText } from '../kit/values.ts'

const longestMs = 5 * 60_000
const types: Record<string, string> = { contact: 'contacts', company: 'companies', deal: 'deals', object: '' }

/**
 * `X-HubSpot-Signature-v3` is base64 of the HMAC-SHA256, under the app's client secret, of method, whole address, raw
 * body and `X-HubSpot-Request-Timestamp`; older than five minutes is refused.
 * https://developers.hubspot.com/docs/api/webhooks/validating-requests
 */
export function verifyHubspot(secret: string, hook: IncomingHook, realNow: Date): Hint[] | null {
  const stamp = hook.headers['x-hubspot-request-timestamp'] ?? ''
  const given = Buffer.from(hook.headers['x-hubspot-signature-v3'] ?? '', 'base64')
  if (secret === '' || !/^\d+$/.test(stamp)) return null
  if (Math.abs(realNow.getTime() - Number(stamp)) > longestMs) return null
  const proof = createHmac('sha256', secret)
    .update(`${hook.method}${decode(hook.url)}`)
    .update(hook.body)
    .update(stamp)
    .digest()
  if (given.length !== proof.length || !timingSafeEqual(given, proof)) return null
  const hints = changesOf(hook.body).flatMap((each): Hint[] => {
    const [kind = '', what = ''] = asText(each.subscriptionType).split('.')
    const type = types[kind]
    const id = asText(each.objectId)
    if (!type || !id) return []
    const merged = asList(each.mergedObjectIds).map(asText).filter(Boolean)
    const own: Hint = { type, id, kind: /deletion/i.test(what) ? 'deleted' : 'changed' }
    return [own, ...merged.map((loser): Hint => ({ type, id: loser, kind: 'merged' }))]
  })
  const once = new Map(hints.map(hint => [`${hint.type} ${hint.id}`, hint]))
  return [...once.values()]
}

function decode(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}

function changesOf(body: Buffer): Record<string, unknown>[] {
  try {
    return asList(JSON.parse(body.toString('utf8'))).map(asObject)
  } catch {
    return []
  }
}
