import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { namesFor } from './check.ts'
import { describeFilter } from './describe.ts'
import { explain } from './explain.ts'
import { type Filter, filterSchema } from './filter.ts'
import { describeLanguage } from './language.ts'
import { previewFilter } from './preview.ts'
import { selectMembers, selectMemberships } from './segments.sql.ts'
import { getSegment } from './segments.ts'

const tag = 'segments'

const language = route({
  method: 'GET',
  url: '/api/v1/filter-language',
  can: 'segments.read',
  summary: 'What filters are made of: fields, operators, events, and what can be pointed at',
  tag,
  reply: z.looseObject({}),
  handle: (_, { db }) => describeLanguage(db),
})

const preview = route({
  method: 'POST',
  url: '/api/v1/segments/preview',
  can: 'segments.preview',
  summary:
    'How many contacts match a filter now, with ten of them; an estimate where counting takes too long',
  tag,
  body: z.strictObject({ filter: filterSchema }),
  reply: z.object({
    count: z.int(),
    exact: z.boolean(),
    sample: z.array(
      z.object({
        id: idSchema,
        email: z.string().nullable(),
        firstName: z.string().nullable(),
        lastName: z.string().nullable(),
      }),
    ),
    sentence: z.string(),
  }),
  async handle({ body }, { db, clock, config }) {
    const found = await previewFilter(db, body.filter, { now: clock.now(), zone: config.zone })
    return { ...found, sentence: describeFilter(body.filter, await namesFor(db, [body.filter])) }
  },
})

const members = route({
  method: 'GET',
  url: '/api/v1/segments/:id/members',
  can: 'contacts.read',
  summary: 'Who is in it, the newest contact first',
  tag,
  params: idParams,
  query: pageQuery,
  reply: pageOf(
    z.object({
      contactId: idSchema,
      email: z.string().nullable(),
      firstName: z.string().nullable(),
      lastName: z.string().nullable(),
      enteredAt: timeSchema,
    }),
  ),
  async handle({ params, query }, { db }) {
    await getSegment(db, params.id)
    const before = readCursor(query.cursor, idSchema)
    const rows = await selectMembers(db, { id: params.id, before, limit: query.limit + 1 })
    return page(rows, query.limit, row => row.contactId)
  },
})

type Part = {
  group: 'all' | 'any' | 'not' | null
  sentence: string
  matched: boolean
  value: unknown
  parts: Part[]
}
const explanationSchema: z.ZodType<Part> = z
  .object({
    group: z.enum(['all', 'any', 'not']).nullable(),
    sentence: z.string(),
    matched: z.boolean(),
    value: z.unknown(),
    parts: z.array(z.lazy(() => explanationSchema)),
  })
  .meta({ id: 'FilterExplanation' })

const why = route({
  method: 'GET',
  url: '/api/v1/segments/:id/why/:contactId',
  can: 'contacts.read',
  summary: 'Why a contact is in a segment, or why not: every condition with its answer and the value found',
  tag,
  params: z.object({ id: idSchema, contactId: idSchema }),
  reply: z.object({ member: z.boolean(), explanation: explanationSchema }),
  async handle({ params }, { db, clock, config }) {
    const segment = await getSegment(db, params.id)
    const filter: Filter = segment.live ?? segment.draft ?? { all: [] }
    const names = await namesFor(db, [filter])
    const explanation = await explain(db, filter, params.contactId, {
      now: clock.now(),
      zone: config.zone,
      names,
    })
    const memberships = await selectMemberships(db, params.contactId)
    return { member: memberships.some(membership => membership.id === params.id), explanation }
  },
})

const ofContact = route({
  method: 'GET',
  url: '/api/v1/contacts/:id/segments',
  can: 'contacts.read',
  summary: 'The segments that a contact is in',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(
      z.object({
        id: idSchema,
        name: z.string(),
        status: z.enum(['draft', 'live', 'paused', 'archived']),
        enteredAt: timeSchema,
      }),
    ),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    return { items: await selectMemberships(db, params.id), next: null }
  },
})

/** What filters are made of, whom they match, and who is in a segment and why. */
export const filterRoutes: Route[] = [language, preview, members, why, ofContact]
