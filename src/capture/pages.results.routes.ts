import { z } from 'zod'
import { idParams, type Route, route } from '#platform/http/route.ts'
import { selectDays, selectDevices, selectSources, selectTotals } from './pages/results.sql.ts'
import { decidePage, reopenTest, resultsOf } from './pages.results.ts'
import { pageReply, shown } from './pages.schema.ts'
import { getPage } from './pages.ts'

const tag = 'Pages'
const sources = z.array(
  z.object({
    source: z.string(),
    medium: z.string(),
    campaign: z.string(),
    visitors: z.int(),
    converted: z.int(),
  }),
)

const results = route({
  method: 'GET',
  url: '/api/v1/pages/:id/results',
  can: 'pages.read',
  summary:
    'Visitors, where they came from, what they did, and how the versions of a test compare; machines apart',
  tag,
  params: idParams,
  query: z.object({ days: z.coerce.number().int().min(1).max(400).default(30) }),
  reply: z.object({
    since: z.string(),
    totals: z.object({
      visitors: z.int(),
      views: z.int(),
      converted: z.int(),
      bounced: z.int(),
      scroll: z.int().nullable(),
      seconds: z.int().nullable(),
      bots: z.int(),
    }),
    days: z.array(z.object({ day: z.string(), visitors: z.int(), converted: z.int() })),
    firstTouch: sources,
    lastTouch: sources,
    devices: z.array(z.object({ device: z.string(), visitors: z.int(), converted: z.int() })),
    variants: z.array(
      z.object({
        key: z.string(),
        name: z.string(),
        weight: z.int(),
        visitors: z.int(),
        conversions: z.int(),
        rate: z.number(),
        low: z.number(),
        high: z.number(),
        best: z.number(),
      }),
    ),
    conclusion: z.object({ winner: z.string().nullable(), words: z.string() }),
  }),
  async handle({ params: { id }, query }, { db, clock }) {
    const since = new Date(clock.now().getTime() - (query.days - 1) * 86_400_000).toISOString().slice(0, 10)
    const [compared, totals, days, firstTouch, lastTouch, devices] = await Promise.all([
      resultsOf(db, id),
      selectTotals(db, id, since),
      selectDays(db, id, since),
      selectSources(db, id, { since, touch: 'first' }),
      selectSources(db, id, { since, touch: 'last' }),
      selectDevices(db, id, since),
    ])
    return { since, totals, days, firstTouch, lastTouch, devices, ...compared }
  },
})

const decide = route({
  method: 'POST',
  url: '/api/v1/pages/:id/decide',
  can: 'pages.publish',
  summary: 'End the test: everybody gets this version; null shows all of them again',
  tag,
  params: idParams,
  body: z.object({ variant: z.string().max(1).nullable() }),
  reply: pageReply,
  async handle({ params, body, actor }, { db, clock, config }) {
    if (body.variant === null) await reopenTest(db, actor, params.id, clock.now())
    else await decidePage(db, actor, params.id, body.variant, clock.now())
    return shown(await getPage(db, params.id), config.streetUrl)
  },
})

export const pageResultRoutes: Route[] = [results, decide]
