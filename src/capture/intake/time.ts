import type { Arrival, Call } from './call.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

/**
 * Step 7: when did it happen? A client's clock may be wrong, but how long ago it was *by that clock* is known:
 * at = received - (sentAt - original), as Segment does it. Clients know nothing of a sandbox clock that was
 * moved, so all of this is counted in real time and then shifted. Kept within 30 days before and an hour after receipt.
 */
export function correctTime(arrival: Arrival): Arrival {
  for (const call of arrival.calls) call.at = happenedAt(call, arrival)
  return arrival
}

function happenedAt(call: Call, arrival: Pick<Arrival, 'receivedAt' | 'clockOffsetMs'>): Date {
  const received = arrival.receivedAt.getTime()
  if (!call.original) return arrival.receivedAt
  const at = call.sentAt
    ? received - (call.sentAt.getTime() - call.original.getTime())
    : call.original.getTime() + arrival.clockOffsetMs
  return new Date(Math.min(Math.max(at, received - 30 * dayMs), received + hourMs))
}
