import { z } from 'zod'
import { node } from '../node.ts'
import { durationMs, isZone, waitUntil } from '../wait-until.ts'
import { lengthSchema, lengthWords } from './length.ts'

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const settings = z
  .object({
    for: lengthSchema.optional(),
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Write the hour as 09:30')
      .optional(),
    weekdays: z.array(z.int().min(1).max(7)).min(1).max(7).optional(),
    zone: z
      .union([z.literal('contact'), z.literal('workspace'), z.string().refine(isZone, 'No such time zone')])
      .optional(),
  })
  .refine(
    rule => rule.for || rule.at || rule.weekdays,
    'Say how long, until what hour or until which day to wait',
  )

/** Waits for a length of time, until an hour of the day, for certain weekdays, or for all of these in turn. */
export const wait = node({
  type: 'wait',
  title: 'Wait',
  category: 'time',
  words: 'Waits for some time, until an hour of the day or for certain weekdays',
  settings,
  initial: { for: { amount: 1, unit: 'days' } },
  exits: () => ['next'],
  describe(rule) {
    const parts = [
      rule.for ? lengthWords(rule.for) : '',
      rule.at ? `until ${rule.at} ${zoneWords(rule.zone)}` : '',
      rule.weekdays ? `on ${rule.weekdays.map(day => days[day - 1]).join(', ')}` : '',
    ]
    return `Wait ${parts.filter(part => part !== '').join(', then ')}`
  },
  needs: rule => ({ contact: usesContactZone(rule) }),
  holds: rule => Boolean(rule.at || rule.weekdays || (rule.for && durationMs(rule.for) > 0)),
  run(rule, facts, { now, arrivedAt }) {
    const until = waitUntil(rule, arrivedAt, zoneOf(rule, facts.contact?.timeZone ?? null, facts.zone))
    return now >= until ? { does: 'go', exit: 'next' } : { does: 'wait', until }
  },
})

type Rule = z.infer<typeof settings>

function usesContactZone(rule: Rule): boolean {
  return Boolean(rule.at || rule.weekdays) && (rule.zone ?? 'contact') === 'contact'
}

function zoneOf(rule: Rule, ofContact: string | null, ofWorkspace: string): string {
  const wanted = rule.zone ?? 'contact'
  if (wanted === 'workspace') return ofWorkspace
  if (wanted !== 'contact') return wanted
  return ofContact !== null && isZone(ofContact) ? ofContact : ofWorkspace
}

function zoneWords(zone: string | undefined): string {
  if (zone === 'workspace') return 'in the workspace’s time'
  return zone === undefined || zone === 'contact' ? 'in the contact’s time' : `in ${zone}`
}
