import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const change = z.looseObject({ from: z.unknown(), to: z.unknown() })
const consent = z.looseObject({
  purpose: z.string().nullish(),
  topicId: z.string().nullish(),
  topicName: z.string().nullish(),
  source: z.string().nullish(),
})

/** `first_name` and `attrs.plan` as people say them. */
const spoken = (field: string) => field.replace(/^attrs\./, '').replaceAll('_', ' ')

function purposeOf(data: z.output<typeof consent>): string {
  return `${data.purpose ?? 'marketing'}${data.topicName ? ` about ${quoted(data.topicName, '')}` : ''}`
}

/** What changes in who somebody is to us. */
export const audienceEvents: EventType[] = [
  eventType({
    type: 'contact.created',
    title: 'Contact created',
    data: z.looseObject({ source: z.string().nullish() }),
    sentence: data => `became a contact${data.source ? ` (${data.source})` : ''}`,
  }),
  eventType({
    type: 'contact.updated',
    title: 'Contact changed',
    data: z.looseObject({ changes: z.record(z.string(), change) }),
    sentence({ changes }) {
      const fields = Object.keys(changes).map(spoken)
      const shown = fields.slice(0, 3).join(', ')
      return fields.length === 0
        ? 'was changed'
        : `got a new ${shown}${fields.length > 3 ? ` and ${fields.length - 3} more` : ''}`
    },
  }),
  eventType({
    type: 'contact.joined',
    title: 'Visitor recognised',
    data: z.looseObject({ from: z.unknown().optional() }),
    sentence: () => 'was recognised as an earlier visitor, whose history was added',
  }),
  eventType({
    type: 'contact.conflict',
    title: 'Address of somebody else',
    data: z.looseObject({ heldBy: z.string() }),
    sentence: () => 'was named with an address that is another contact’s; nothing was merged',
  }),
  eventType({
    type: 'contact.merged',
    title: 'Contacts merged',
    data: z.looseObject({ undone: z.boolean().nullish() }),
    sentence: ({ undone }) =>
      undone
        ? 'is a record of its own again: a merge was undone'
        : 'was merged with another record of the same person',
  }),
  eventType({
    type: 'consent.granted',
    title: 'Consent given',
    data: consent,
    sentence: data => `agreed to ${purposeOf(data)}`,
  }),
  eventType({
    type: 'consent.withdrawn',
    title: 'Consent withdrawn',
    data: consent,
    sentence: data => `no longer agrees to ${purposeOf(data)}`,
  }),
  eventType({
    type: 'consent.pending',
    title: 'Consent to be confirmed',
    data: consent,
    sentence: data => `was asked to confirm ${purposeOf(data)}`,
  }),
  eventType({
    type: 'list.joined',
    title: 'List joined',
    data: z.looseObject({ listId: z.string(), listName: z.string().nullish() }),
    sentence: (data, name) => `was put on the list ${quoted(data.listName ?? name, data.listId)}`,
  }),
  eventType({
    type: 'list.left',
    title: 'List left',
    data: z.looseObject({ listId: z.string(), listName: z.string().nullish() }),
    sentence: (data, name) => `was taken off the list ${quoted(data.listName ?? name, data.listId)}`,
  }),
]
