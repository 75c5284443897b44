import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listMessages, states, whyMessage } from './messages.view.ts'

const message = z.object({
  id: idSchema,
  contactId: idSchema,
  channel: z.enum(['email', 'webhook']),
  class: z.enum(['marketing', 'service', 'alert', 'test']),
  state: z.enum(states),
  words: z.string(),
  recipient: z.string().nullable(),
  emailId: idSchema.nullable(),
  emailName: z.string().nullable(),
  subject: z.string().nullable(),
  purpose: z.string(),
  queuedAt: timeSchema,
  notBefore: timeSchema,
  sentAt: timeSchema.nullable(),
  openedAt: timeSchema.nullable(),
  clickedAt: timeSchema.nullable(),
  attempt: z.int(),
  verdict: z.enum(['send', 'no', 'later', 'hold']).nullable(),
  verdictReason: z.string().nullable(),
  replyCode: z.int().nullable(),
  replyStatus: z.string().nullable(),
  replyText: z.string().nullable(),
  bounce: z.enum(['hard', 'soft', 'block']).nullable(),
  bounceWords: z.string().nullable(),
  complainedAt: timeSchema.nullable(),
})

const step = z.object({
  kind: z.enum(['event', 'workflow', 'campaign', 'step', 'segment', 'score', 'person', 'gate', 'outcome']),
  words: z.string(),
  at: timeSchema.nullable(),
  id: z.string().nullable(),
})

const filters = pageQuery.extend({
  state: z.enum(states).optional(),
  class: message.shape.class.optional(),
  emailId: idSchema.optional(),
  came: z.enum(['bounced', 'complained']).optional(),
})

async function list(
  db: Parameters<typeof listMessages>[0],
  contactId: string | null,
  query: z.infer<typeof filters>,
) {
  const rows = await listMessages(db, {
    contactId,
    state: query.state ?? null,
    class: query.class ?? null,
    emailId: query.emailId ?? null,
    came: query.came ?? null,
    before: readCursor(query.cursor, idSchema),
    limit: query.limit + 1,
  })
  return page(rows, query.limit, row => row.id)
}

export const messageRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/messages',
    can: 'messages.read',
    summary: 'Everything that was to be said, the newest first, with what became of it',
    tag: 'Messages',
    query: filters,
    reply: pageOf(message),
    handle: ({ query }, { db }) => list(db, null, query),
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/messages',
    can: 'messages.read',
    summary: 'What a contact was sent, and what not',
    tag: 'Contacts',
    params: idParams,
    query: filters,
    reply: pageOf(message),
    handle: ({ params, query }, { db }) => list(db, params.id, query),
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id/messages/:messageId/why',
    can: 'messages.read',
    summary: 'Why a message was sent, or why not: event, segment or score, step, gate, outcome',
    tag: 'Contacts',
    params: idParams.extend({ messageId: idSchema }),
    reply: z.object({ message, steps: z.array(step) }),
    handle: ({ params }, { db }) => whyMessage(db, params.id, params.messageId),
  }),
]
