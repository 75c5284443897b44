import { isbot } from 'isbot'
import type { Arrival, Call } from './call.ts'

/** Verdicts by user agent: the same few thousand strings come again and again, and the pattern is long. */
const verdicts = new Map<string, boolean>()
const maxVerdicts = 5_000

/**
 * Step 4: machine traffic is marked, never dropped; scores and automation pass over it. A server's own user
 * agent says nothing about the visitor, so there only the one in the context counts.
 */
export function markBots(arrival: Arrival): Arrival {
  const isBrowser = arrival.source?.type === 'browser'
  const early = isBrowser && /prefetch|prerender|preview/i.test(arrival.headers.purpose ?? '')
  for (const call of arrival.calls) {
    const given = call.context.userAgent
    const agent = typeof given === 'string' ? given : isBrowser ? arrival.headers.userAgent : undefined
    if (isBrowser && agent) call.context = { ...call.context, userAgent: agent.slice(0, 500) }
    call.bot = early || isMachine(agent) || saysSo(call)
  }
  return arrival
}

function isMachine(agent: string | undefined): boolean {
  if (!agent) return false
  const key = agent.slice(0, 500)
  const known = verdicts.get(key)
  if (known !== undefined) return known
  if (verdicts.size >= maxVerdicts) verdicts.clear()
  const verdict = isbot(key)
  verdicts.set(key, verdict)
  return verdict
}

/** Our page script adds this where the browser is driven by a program (navigator.webdriver). */
function saysSo(call: Call): boolean {
  return call.context.bot === true
}
