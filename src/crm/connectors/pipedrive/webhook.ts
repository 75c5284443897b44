import { timingSafeEqual } from 'node:crypto'
import type { Hint, IncomingHook } from '../../connector.ts'
import { asObject, asText } from '../kit/values.ts'

/** The user whose password our webhooks carry. */
export const hookUser = 'tend'
const types = new Map(
  Object.entries({
    person: 'persons',
    organization: 'organizations',
    deal: 'deals',
    activity: 'activities',
    user: 'users',
  }),
)

/**
 * A webhook of version 2 has no signature: it carries user and password of HTTP Basic, and names its record in `meta`.
 * https://pipedrive.readme.io/docs/guide-for-webhooks-v2
 */
export function verifyPipedrive(password: string, hook: IncomingHook): Hint[] | null {
  const given = Buffer.from(hook.headers.authorization ?? '')
  const right = Buffer.from(`Basic ${Buffer.from(`${hookUser}:${password}`).toString('base64')}`)
  if (password === '' || given.length !== right.length || !timingSafeEqual(given, right)) return null
  const meta = asObject(asObject(parse(hook.body)).meta)
  const type = types.get(asText(meta.entity))
  const id = asText(meta.entity_id)
  if (!type || !id) return []
  // Of a merge one hears that one record is gone and another has changed.
  return [{ type, id, kind: meta.action === 'delete' ? 'deleted' : 'changed' }]
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return {}
  }
}
