import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { diffDocuments } from './pages/diff.ts'
import { type PageRow, selectPageVersion, selectPageVersions, selectRedirects } from './pages/pages.sql.ts'
import { slugSchema } from './pages/slugs.ts'
import { schedulePage } from './pages.schedule.ts'
import { pageReply, shown } from './pages.schema.ts'
import {
  archivePage,
  getPage,
  pausePage,
  publishPage,
  removeRedirect,
  resumePage,
  revertPage,
} from './pages.ts'

const tag = 'Pages'
const numberParams = z.object({ id: idSchema, number: z.coerce.number().int().min(1).max(1_000_000) })

const publish = route({
  method: 'POST',
  url: '/api/v1/pages/:id/publish',
  can: 'pages.publish',
  summary: 'Make the draft the live page, with an owner and a day of review',
  tag,
  params: idParams,
  body: z.object({ version: z.int(), ownerId: z.string().max(100), reviewOn: daySchema }),
  reply: pageReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await publishPage(db, actor, params.id, body, clock.now()), config.streetUrl),
})

const schedule = route({
  method: 'POST',
  url: '/api/v1/pages/:id/schedule',
  can: 'pages.publish',
  summary: 'When the draft goes live by itself, and when the page leaves the street; null takes a date back',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    ownerId: z.string().max(100),
    reviewOn: daySchema,
    publishAt: timeSchema.nullable(),
    unpublishAt: timeSchema.nullable(),
  }),
  reply: pageReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await schedulePage(db, actor, params.id, body, clock.now()), config.streetUrl),
})

type Turn = (
  db: Parameters<typeof pausePage>[0],
  actor: Parameters<typeof pausePage>[1],
  id: string,
  now: Date,
) => Promise<PageRow>

/** The three that take nothing but the page. */
const turn = (verb: string, summary: string, act: Turn) =>
  route({
    method: 'POST',
    url: `/api/v1/pages/:id/${verb}`,
    can: 'pages.publish',
    summary,
    tag,
    params: idParams,
    reply: pageReply,
    handle: async ({ params, actor }, { db, clock, config }) =>
      shown(await act(db, actor, params.id, clock.now()), config.streetUrl),
  })

const versions = route({
  method: 'GET',
  url: '/api/v1/pages/:id/versions',
  can: 'pages.read',
  summary: 'What was published, the newest first',
  tag,
  params: idParams,
  query: pageQuery,
  reply: pageOf(
    z.object({
      number: z.int(),
      slug: z.string(),
      title: z.string(),
      publishedAt: timeSchema,
      publishedBy: z.string(),
    }),
  ),
  async handle({ params, query }, { db }) {
    await getPage(db, params.id)
    const key = readCursor(query.cursor, z.object({ number: z.int() }))
    const wanted = { before: key?.number ?? null, limit: query.limit + 1 }
    return page(await selectPageVersions(db, params.id, wanted), query.limit, ({ number }) => ({ number }))
  },
})

const changeShape = z.object({
  kind: z.enum(['setting', 'section', 'block']),
  change: z.enum(['added', 'removed', 'changed', 'moved']),
  variant: z.string().nullable(),
  id: z.string(),
  label: z.string(),
  fields: z.array(
    z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
})

const diff = route({
  method: 'GET',
  url: '/api/v1/pages/:id/versions/:number/diff',
  can: 'pages.read',
  summary: 'What is different between a published version and a later one, or the draft where none is named',
  tag,
  params: numberParams,
  query: z.object({ to: z.coerce.number().int().min(1).optional() }),
  reply: z.object({ items: z.array(changeShape), next: z.null() }),
  async handle({ params, query }, { db }) {
    const before = await selectPageVersion(db, params.id, params.number)
    const after = query.to ? await selectPageVersion(db, params.id, query.to) : await getPage(db, params.id)
    if (!before || !after) throw notFound('version')
    return { items: diffDocuments(before.document, after.document), next: null }
  },
})

const revert = route({
  method: 'POST',
  url: '/api/v1/pages/:id/versions/:number/revert',
  can: 'pages.edit',
  summary: 'Make a published version the draft again; it goes live when somebody publishes it',
  tag,
  params: numberParams,
  body: z.object({ version: z.int() }),
  reply: pageReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(
      await revertPage(db, actor, params.id, { ...body, number: params.number }, clock.now()),
      config.streetUrl,
    ),
})

const uses = route({
  method: 'GET',
  url: '/api/v1/pages/:id/used-by',
  can: 'pages.read',
  summary: 'What leads to this page',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    await getPage(db, params.id)
    return { items: await usedBy(db, { kind: 'page', id: params.id }), next: null }
  },
})

const redirects = route({
  method: 'GET',
  url: '/api/v1/pages/:id/redirects',
  can: 'pages.read',
  summary: 'Addresses that the page had before and that lead to it',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(
      z.object({
        domainId: z.string(),
        /** Null on the street itself. */
        host: z.string().nullable(),
        slug: z.string(),
        since: timeSchema,
      }),
    ),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    await getPage(db, params.id)
    return { items: await selectRedirects(db, params.id), next: null }
  },
})

const dropRedirect = route({
  method: 'POST',
  url: '/api/v1/pages/:id/redirects/remove',
  can: 'pages.publish',
  summary: 'Let an address that the page had before lead nowhere',
  tag,
  params: idParams,
  body: z.object({ domainId: idSchema, slug: slugSchema }),
  reply: done,
  async handle({ params, body, actor }, { db }) {
    await removeRedirect(db, actor, params.id, body)
    return { ok: true as const }
  },
})

export const livePageRoutes: Route[] = [
  publish,
  schedule,
  turn('pause', 'Take a live page off the street; its address answers 404 until it is resumed', pausePage),
  turn('resume', 'Put a paused page back on the street', resumePage),
  turn('archive', 'Take a page out of use for good and free its addresses', archivePage),
  versions,
  diff,
  revert,
  uses,
  redirects,
  dropRedirect,
]
