import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const handoff = z.looseObject({
  handoffId: z.string(),
  userId: z.string().nullish(),
  userName: z.string().nullish(),
})

/** What passes between marketing and sales. */
export const salesEvents: EventType[] = [
  eventType({
    type: 'handoff.requested',
    title: 'Handed to sales',
    data: handoff.extend({ words: z.string().nullish() }),
    sentence: data =>
      `was handed to ${data.userName ?? 'sales'}${data.words ? `: ${quoted(data.words, '')}` : ''}`,
  }),
  eventType({
    type: 'handoff.accepted',
    title: 'Accepted by sales',
    data: handoff,
    sentence: data => `was accepted by ${data.userName ?? 'sales'}`,
  }),
  eventType({
    type: 'handoff.returned',
    title: 'Returned by sales',
    data: handoff.extend({ reason: z.string().nullish(), note: z.string().nullish() }),
    sentence: data =>
      `was returned by ${data.userName ?? 'sales'}${data.reason ? `: ${data.reason.replaceAll('_', ' ')}` : ''}${data.note ? ` (${quoted(data.note, '')})` : ''}`,
  }),
  eventType({
    type: 'alert.acknowledged',
    title: 'Alert acknowledged',
    data: z.looseObject({ alertId: z.string(), by: z.string().nullish() }),
    sentence: data => `is being looked after: ${data.by ?? 'somebody'} has acknowledged the alert`,
  }),
]
