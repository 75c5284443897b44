import { z } from 'zod'
import { type Route, route, timeSchema } from '#platform/http/route.ts'
import { setUpKeys } from './overview.set-up.ts'
import { overview } from './overview.ts'
import { settle } from './rollup.ts'
import { search } from './search.ts'

const value = z.number().nullable()
const span = z.object({ from: z.string(), to: z.string() })
const matter = z.object({
  words: z.string(),
  why: z.string().nullable(),
  where: z.string(),
  bad: z.boolean(),
})

const overviewSchema = z.object({
  contacts: z.number(),
  range: span.extend({ before: span }),
  /** `metric` is a key of the dictionary: GET /api/v1/reports/metrics. */
  totals: z.array(z.object({ metric: z.string(), value, before: value })),
  days: z.array(
    z.object({
      day: z.string(),
      sent: z.number(),
      delivered: z.number(),
      opened: z.number(),
      clicked: z.number(),
      unsubscribed: z.number(),
      machine_hits: z.number(),
    }),
  ),
  sending: z.array(
    z.object({
      kind: z.enum(['campaign', 'queue']),
      id: z.string(),
      name: z.string(),
      state: z.string(),
      done: z.number(),
      total: value,
      at: timeSchema.nullable(),
    }),
  ),
  running: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      people: z.number(),
      entered: z.number(),
      goals: z.number(),
    }),
  ),
  /** What does not go on by itself, why, and where something can be done about it; the worst first. */
  stuck: z.array(matter),
  /** What waits for the person who asks, besides reviews and notices. */
  mine: z.array(matter),
  setUp: z.array(z.object({ key: z.enum(setUpKeys), done: z.boolean() })),
})

export const insightRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/overview',
    can: 'overview.read',
    summary: 'What the first screen shows: what runs, what is stuck, thirty days of mail',
    tag: 'Overview',
    reply: overviewSchema,
    async handle({ actor }, services) {
      const { db, clock, config } = services
      const now = clock.now()
      await settle(
        db,
        { zone: config.zone, now },
        { contactBatches: 1, mayCount: (_part, _day, ms) => ms <= 100 },
      )
      return overview(services, { now, userId: actor.id })
    },
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
