import { consentsAmong } from '#audience/consent.ts'
import type { Db } from '#platform/db/db.ts'
import { type Arrival, type Call, isJson } from './call.ts'
import type { Batch, Recognised } from './item.ts'

/**
 * Step 5: Global Privacy Control (and its forerunner, Do Not Track) sent by the browser is an objection. What a
 * page sends against it is not recorded, whatever cookie it carries, unless the visitor has expressly agreed
 * on that site (context.consent); nor is what comes without consent where the source asks for it. A "no" always
 * counts. The answer is 200: for the SDK nothing is wrong. Calls of a server are its owner's own records and are
 * not touched.
 */
export function honourPrivacy(arrival: Arrival): Arrival {
  const { source, headers } = arrival
  if (source?.type !== 'browser') return arrival
  const byDefault = source.needsConsent || headers.gpc === '1' || headers.dnt === '1'
  const kept = arrival.calls.filter(
    call => answerOf(call) ?? !(byDefault || call.context.gpc === true || call.context.dnt === true),
  )
  arrival.optedOut = arrival.calls.length - kept.length
  arrival.calls = kept
  return arrival
}

/** What the visitor said on that site; null for nothing. `state` is our page script's, `categoryPreferences` Segment's. */
function answerOf(call: Call): boolean | null {
  const consent = call.context.consent
  if (!isJson(consent)) return null
  if (typeof consent.state === 'string') return consent.state === 'granted'
  const analytics = isJson(consent.categoryPreferences) ? consent.categoryPreferences.analytics : null
  return typeof analytics === 'boolean' ? analytics : null
}

/**
 * What browsers tell of people who are known and have withdrawn consent to being followed is not kept, whatever their
 * browser says. Asked only where a browser's call belongs to somebody known.
 */
export async function leaveObjectors(trx: Db, batch: Batch): Promise<Batch> {
  const asked = batch.recognised.filter(item => item.isKnown && item.source.type === 'browser')
  if (asked.length === 0) return batch
  const ids = [...new Set(asked.map(item => item.contactId))]
  const words = await consentsAmong(trx, ids, 'tracking')
  const objectors = new Set(
    words.filter(word => word.topicId === '0' && word.state === 'withdrawn').map(word => word.contactId),
  )
  if (objectors.size === 0) return batch
  const stays = (item: Recognised) => item.source.type === 'server' || !objectors.has(item.contactId)
  return { ...batch, recognised: batch.recognised.filter(stays) }
}
