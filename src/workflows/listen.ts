import { z } from 'zod'
import { describeDemands, whereSchema } from '#decisions/demands.ts'
import type { Event } from '#engine/reactor.ts'
import { fulfils } from './where.ts'

const words = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(text => !text.includes('\u0000'), 'must not hold a NUL')

/** An event as a workflow asks for it: by type, name and values, the last as in the filter language. */
export const eventMatchSchema = z.object({
  event: words(100),
  name: words(200).nullish(),
  where: whereSchema.optional(),
})
export type EventMatch = z.infer<typeof eventMatchSchema>

/** Whether an event is the one asked for; `zone` says when a day begins. */
export function matchesEvent(
  match: EventMatch,
  event: Pick<Event, 'type' | 'name' | 'data'>,
  zone: string,
): boolean {
  if (match.event !== event.type) return false
  if (match.name && match.name !== event.name) return false
  return (match.where ?? []).every(demand => fulfils(demand, event, zone))
}

/** The words for an event in a sentence: "“Whitepaper Downloaded”", "a page view where path starts with “/pricing”". */
export function describeEvent(match: EventMatch): string {
  const subject = match.name ? `“${match.name}”` : (eventWords[match.event] ?? match.event)
  return match.where?.length ? `${subject} where ${describeDemands(match.where)}` : subject
}

const eventWords: Record<string, string> = {
  'page.viewed': 'a page view',
  'screen.viewed': 'a screen view',
  'event.tracked': 'an event',
  'email.clicked': 'a click',
  'email.opened': 'an open',
  'email.bounced': 'a bounce',
  'contact.created': 'a new contact',
  'contact.updated': 'a change of the contact',
  'segment.entered': 'entering a segment',
  'segment.left': 'leaving a segment',
  'score.rose': 'a score rising over a threshold',
  'score.fell': 'a score falling below a threshold',
  'list.joined': 'joining a list',
  'list.left': 'leaving a list',
}
