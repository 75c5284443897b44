import { z } from 'zod'
import { type Route, route } from '#platform/http/route.ts'
import { overview } from './overview.ts'
import { search } from './search.ts'

const number = z.number().int()

export const insightRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/overview',
    can: 'overview.read',
    summary: 'What the first screen shows: what runs, what is stuck, thirty days of mail',
    tag: 'Overview',
    reply: z.object({
      contacts: number,
      days: z.array(
        z.object({
          day: z.string(),
          sent: number,
          opened: number,
          clicked: number,
          unsubscribed: number,
          machine: number,
        }),
      ),
      running: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string(), people: number })),
      stuck: z.array(z.object({ words: z.string(), where: z.string() })),
      setUp: z.array(z.object({ key: z.string(), done: z.boolean() })),
    }),
    handle: (_input, { db, clock, config }) => overview(db, { zone: config.zone, now: clock.now() }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/search',
    can: 'search.read',
    summary: 'People, companies and definitions whose name or address begins with these letters',
    tag: 'Overview',
    query: z.object({ q: z.string().trim().min(1).max(200) }),
    reply: z.object({
      items: z.array(z.object({ kind: z.string(), id: z.string(), title: z.string(), detail: z.string() })),
    }),
    handle: async ({ query }, { db }) => ({ items: await search(db, query.q) }),
  }),
]
