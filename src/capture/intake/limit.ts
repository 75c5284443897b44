import { type Arrival, type Call, rejectOf } from './call.ts'

/**
 * Step 3: a browser key is public, so what comes with it is a stranger's word. It may tell of its own visitor
 * (the anonymous id in its cookie) and what that visitor says of himself; naming another id is not taken as
 * proof of being it. Only an identify keeps its claims, for the audience to judge.
 */
export function limitBrowsers(arrival: Arrival): Arrival {
  if (arrival.source?.type !== 'browser') return arrival
  const kept: Call[] = []
  for (const call of arrival.calls) {
    const problem = problemOf(call)
    if (problem) arrival.rejects.push(rejectOf(call, problem.reason, problem.detail))
    else kept.push(call.kind === 'identify' ? call : { ...call, userId: null, email: null })
  }
  arrival.calls = kept
  return arrival
}

function problemOf(call: Call): { reason: string; detail: string } | null {
  if (call.kind === 'alias')
    return { reason: 'server_only', detail: 'Ids are joined with a server key only.' }
  if (call.anonymousId === null)
    return { reason: 'no_anonymous_id', detail: 'A call with a browser key needs "anonymousId".' }
  return null
}
