import { z } from 'zod'
import { done, idParams, type Route, route } from '#platform/http/route.ts'
import { createTopic, deleteTopic, listTopics, updateTopic } from './topics.ts'

const topic = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  archived: z.boolean(),
})
const name = z.string().trim().min(1).max(100)
const description = z.string().trim().max(500)
const tag = 'Consent'

/** What people can subscribe to one by one. */
export const topicRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/topics',
    can: 'topics.read',
    summary: 'What people can subscribe to one by one, and how many said yes or no',
    tag,
    reply: z.object({
      items: z.array(topic.extend({ granted: z.int(), withdrawn: z.int() })),
      next: z.null(),
    }),
    handle: async (_input, { db }) => ({ items: await listTopics(db), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/topics',
    can: 'topics.edit',
    summary: 'Add a topic; it is offered in the preference centre at once',
    tag,
    body: z.object({ name, description: description.default('') }).strict(),
    reply: topic,
    status: 201,
    handle: ({ body, actor }, { db, clock }) => createTopic(db, actor, body, clock.now()),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/topics/:id',
    can: 'topics.edit',
    summary: 'Rename or archive a topic; what people said about it stays',
    tag,
    params: idParams,
    body: z.object({ name, description, archived: z.boolean() }).partial().strict(),
    reply: topic,
    handle: ({ params, body, actor }, { db, clock }) =>
      updateTopic(db, actor, { id: params.id, ...body }, clock.now()),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/topics/:id',
    can: 'topics.edit',
    summary: 'Remove a topic about which nobody has said anything yet',
    tag,
    params: idParams,
    reply: done,
    async handle({ params, actor }, { db }) {
      await deleteTopic(db, actor, params.id)
      return { ok: true as const }
    },
  }),
]
