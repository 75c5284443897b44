import { type Arrival, type Call, isJson } from './call.ts'

/**
 * Step 5: Global Privacy Control (and its forerunner, Do Not Track) sent by the browser is an objection. What a
 * page sends against it is not recorded, whatever cookie it carries, unless the visitor has expressly agreed
 * on that site (context.consent). The answer is 200: for the SDK nothing is wrong. Calls of a server are its
 * owner's own records and are not touched.
 */
export function honourPrivacy(arrival: Arrival): Arrival {
  if (arrival.source?.type !== 'browser') return arrival
  const byHeader = arrival.headers.gpc === '1' || arrival.headers.dnt === '1'
  const kept = arrival.calls.filter(call => !(byHeader || call.context.gpc === true) || hasAgreed(call))
  arrival.optedOut = arrival.calls.length - kept.length
  arrival.calls = kept
  return arrival
}

/** `{state: 'granted'}` is our page script's; `categoryPreferences` is Segment's. */
function hasAgreed(call: Call): boolean {
  const consent = call.context.consent
  if (!isJson(consent)) return false
  if (consent.state === 'granted') return true
  return isJson(consent.categoryPreferences) && consent.categoryPreferences.analytics === true
}
