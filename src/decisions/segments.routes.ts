import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { namesFor } from './check.ts'
import { describeFilter } from './describe.ts'
import { type Filter, filterSchema } from './filter.ts'
import { countMembers, selectSegments, selectVersions } from './segments.sql.ts'
import {
  createSegment,
  deleteSegment,
  getSegment,
  publishSegment,
  type Segment,
  startBuilding,
  stopSegment,
  updateSegment,
} from './segments.ts'

const tag = 'segments'
const text = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine(word => !word.includes('\u0000'), 'must not hold a NUL')
const nameSchema = text(120).min(1)
const ownerSchema = z.string().max(100)
const statusSchema = z.enum(['draft', 'live', 'paused', 'archived'])
const versionSchema = z.int().min(1)

const segmentSchema = z.object({
  id: idSchema,
  name: z.string(),
  description: z.string(),
  status: statusSchema,
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  version: z.int(),
  liveVersion: z.int().nullable(),
  filter: z.unknown().describe('The draft: what is being worked on'),
  liveFilter: z.unknown().describe('What runs, or null'),
  changed: z.boolean().describe('Whether the draft differs from what runs'),
  sentence: z.string().nullable().describe('The draft in words'),
  size: z.int().describe('Members, counted'),
  building: z.boolean().describe('Whether members are still being found after a publication'),
  broken: z.string().nullable().describe('Why it cannot be asked; it keeps its last good members'),
  drift: z.int().nullable().describe('Members too many or too few at the last nightly check'),
  checkedAt: timeSchema.nullable(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  updatedBy: z.string(),
})

/** Segments as the API shows them, with sizes and sentences: two statements and the names, for any number. */
async function show({ db }: Services, segments: Segment[]): Promise<z.input<typeof segmentSchema>[]> {
  const sizes = await countMembers(
    db,
    segments.map(segment => segment.id),
  )
  const readable = segments.flatMap(segment => readDraft(segment.draft) ?? [])
  const names = await namesFor(db, readable)
  return segments.map(({ draft, live, builtTo, builtAt: _, ...segment }) => {
    const filter = readDraft(draft)
    return {
      ...segment,
      filter: draft,
      liveFilter: live,
      changed: JSON.stringify(draft) !== JSON.stringify(live),
      sentence: filter ? describeFilter(filter, names) : null,
      size: sizes.get(segment.id) ?? 0,
      building: builtTo !== null,
    }
  })
}

/** A draft that another version has written may not be understood; it is shown all the same. */
function readDraft(draft: Filter | null): Filter | null {
  const read = filterSchema.safeParse(draft)
  return read.success ? read.data : null
}

async function showOne(services: Services, segment: Segment) {
  const [shown] = await show(services, [segment])
  if (!shown) throw new Error('a segment was given and none was shown')
  return shown
}

const placeSchema = z.object({ name: z.string(), id: idSchema })

const list = route({
  method: 'GET',
  url: '/api/v1/segments',
  can: 'segments.read',
  summary: 'Segments by name, with their sizes',
  tag,
  query: pageQuery.extend({ search: text(120).optional(), archived: z.enum(['true', 'false']).optional() }),
  reply: pageOf(segmentSchema),
  async handle({ query }, services) {
    const after = readCursor(query.cursor, placeSchema)
    const ask = {
      archived: query.archived === 'true',
      search: query.search || null,
      after,
      limit: query.limit + 1,
    }
    const { items, next } = page(await selectSegments(services.db, ask), query.limit, row => ({
      name: row.name.toLowerCase(),
      id: row.id,
    }))
    return { items: await show(services, items), next }
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/segments',
  can: 'segments.edit',
  summary: 'Start a segment as a draft',
  tag,
  body: z.strictObject({
    name: nameSchema,
    description: text(2000).optional(),
    filter: filterSchema.nullish(),
  }),
  reply: segmentSchema,
  status: 201,
  async handle({ actor, body }, services) {
    return showOne(services, await createSegment(services.db, actor, body, services.clock.now()))
  },
})

const read = route({
  method: 'GET',
  url: '/api/v1/segments/:id',
  can: 'segments.read',
  summary: 'One segment',
  tag,
  params: idParams,
  reply: segmentSchema,
  async handle({ params }, services) {
    return showOne(services, await getSegment(services.db, params.id))
  },
})

const change = route({
  method: 'PATCH',
  url: '/api/v1/segments/:id',
  can: 'segments.edit',
  summary: 'Change the draft, the words or the steward; 409 where somebody else was faster',
  tag,
  params: idParams,
  body: z.strictObject({
    version: versionSchema,
    name: nameSchema.optional(),
    description: text(2000).optional(),
    filter: filterSchema.nullable().optional(),
    ownerId: ownerSchema.nullable().optional(),
    reviewOn: daySchema.nullable().optional(),
  }),
  reply: segmentSchema,
  async handle({ actor, params, body }, services) {
    return showOne(services, await updateSegment(services.db, actor, params.id, body, services.clock.now()))
  },
})

const publish = route({
  method: 'POST',
  url: '/api/v1/segments/:id/publish',
  can: 'segments.publish',
  summary: 'Make the draft live; a job finds its members',
  tag,
  params: idParams,
  body: z.strictObject({ version: versionSchema, ownerId: ownerSchema, reviewOn: daySchema }),
  reply: segmentSchema,
  async handle({ actor, params, body }, services) {
    const segment = await publishSegment(services.db, actor, params.id, body, services.clock.now())
    await startBuilding(services, segment)
    return showOne(services, segment)
  },
})

function stopRoute(word: 'pause' | 'archive', status: 'paused' | 'archived', summary: string): Route {
  return route({
    method: 'POST',
    url: `/api/v1/segments/:id/${word}`,
    can: `segments.${word}`,
    summary,
    tag,
    params: idParams,
    body: z.strictObject({ version: versionSchema }),
    reply: segmentSchema,
    async handle({ actor, params, body }, services) {
      const wanted = { version: body.version, status }
      return showOne(services, await stopSegment(services.db, actor, params.id, wanted, services.clock.now()))
    },
  })
}

const remove = route({
  method: 'DELETE',
  url: '/api/v1/segments/:id',
  can: 'segments.delete',
  summary: 'Delete a segment that is not live and that nothing uses',
  tag,
  params: idParams,
  reply: done,
  async handle({ actor, params }, { db }) {
    await deleteSegment(db, actor, params.id)
    return { ok: true as const }
  },
})

const users = route({
  method: 'GET',
  url: '/api/v1/segments/:id/used-by',
  can: 'segments.read',
  summary: 'What rests upon this segment',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    return { items: await usedBy(db, { kind: 'segment', id: params.id }), next: null }
  },
})

const versions = route({
  method: 'GET',
  url: '/api/v1/segments/:id/versions',
  can: 'segments.read',
  summary: 'What was published, the latest first',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(
      z.object({ version: z.int(), filter: z.unknown(), publishedAt: timeSchema, publishedBy: z.string() }),
    ),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    return { items: await selectVersions(db, params.id), next: null }
  },
})

export const segmentRoutes: Route[] = [
  list,
  create,
  read,
  change,
  publish,
  stopRoute('pause', 'paused', 'Stop keeping its members up to date; they stay as they are'),
  stopRoute('archive', 'archived', 'End a segment for good'),
  remove,
  users,
  versions,
]
