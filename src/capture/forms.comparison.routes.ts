import { z } from 'zod'
import { idParams, type Route, route } from '#platform/http/route.ts'
import { compareVersions, concludeFormTest, startFormTest } from './forms.comparison.ts'
import { formReply, shown, testSchema } from './forms.schema.ts'
import { getForm } from './forms.ts'

const tag = 'Forms'

const results = route({
  method: 'GET',
  url: '/api/v1/forms/:id/test',
  can: 'forms.read',
  summary:
    'How the two versions of a test do since it began, and what may be concluded; programs are not counted',
  tag,
  params: idParams,
  reply: z.object({
    test: testSchema.nullable(),
    versions: z.array(
      z.object({
        number: z.int(),
        isLive: z.boolean(),
        weight: z.int(),
        views: z.int(),
        starts: z.int(),
        completions: z.int(),
        rate: z.number(),
        low: z.number(),
        high: z.number(),
        best: z.number(),
      }),
    ),
    /** The number of the version that wins, or null: not enough data yet. */
    conclusion: z.object({ winner: z.int().nullable(), words: z.string() }),
  }),
  async handle({ params }, { db, clock }) {
    const form = await getForm(db, params.id)
    return { test: form.test, ...(await compareVersions(db, form, clock.now())) }
  },
})

const start = route({
  method: 'POST',
  url: '/api/v1/forms/:id/test',
  can: 'forms.publish',
  summary: 'Show another published version to a share of the visitors',
  tag,
  params: idParams,
  body: z.object({
    number: z.int().min(1).max(1_000_000),
    /** Percent that see it. */
    weight: z.int().min(1).max(99).default(50),
    /** Showings of each before a winner may be named. */
    minimum: z.int().min(20).max(1_000_000).default(100),
    /** Percent. */
    confidence: z.int().min(80).max(99).default(95),
    /** Ends by itself once there is a winner. */
    autoStop: z.boolean().default(false),
  }),
  reply: formReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await startFormTest(db, actor, params.id, body, clock.now()), config.streetUrl),
})

const decide = route({
  method: 'POST',
  url: '/api/v1/forms/:id/test/conclude',
  can: 'forms.publish',
  summary: 'End the test: from now on everybody gets this version',
  tag,
  params: idParams,
  body: z.object({ winner: z.int().min(1).max(1_000_000) }),
  reply: formReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await concludeFormTest(db, actor, params.id, body.winner, clock.now()), config.streetUrl),
})

export const formTestRoutes: Route[] = [results, start, decide]
