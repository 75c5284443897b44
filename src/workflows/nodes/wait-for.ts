import { z } from 'zod'
import { describeEvent, eventMatchSchema } from '../listen.ts'
import { node } from '../node.ts'
import { durationMs } from '../wait-until.ts'
import { lengthSchema, lengthWords } from './length.ts'

const settings = eventMatchSchema.extend({
  email: z.string().max(64).optional(),
  atMost: lengthSchema.refine(length => length.amount > 0, 'Wait at least a minute'),
})

/**
 * Waits for an event, for some time at most. An event counts when it happened no later than the deadline, so that
 * an event and the deadline in the same moment leave by exactly one exit. With `email`, an event that already came
 * for the message of that step counts too.
 */
export const waitFor = node({
  type: 'wait-for',
  title: 'Wait for',
  category: 'time',
  words: 'Waits until something happens, for some time at most',
  settings,
  initial: { event: 'email.clicked', atMost: { amount: 2, unit: 'days' } },
  exits: () => ['happened', 'timed_out'],
  describe: ({ atMost, email, ...match }) =>
    `Wait for ${describeEvent(match)}${email ? ' in the email sent before' : ''}, at most ${lengthWords(atMost)}`,
  holds: () => true,
  listens: listenOf,
  run(rule, facts, { now, arrivedAt }) {
    const until = new Date(arrivedAt.getTime() + durationMs(rule.atMost))
    const heard = facts.heard(listenOf(rule))
    if (heard && heard.at <= until) return { does: 'go', exit: 'happened', because: heard }
    return now >= until ? { does: 'go', exit: 'timed_out' } : { does: 'wait', until, for: listenOf(rule) }
  },
})

function listenOf({ event, name, where, email }: z.infer<typeof settings>) {
  return { event, ...(name && { name }), ...(where && { where }), ...(email && { email }) }
}
