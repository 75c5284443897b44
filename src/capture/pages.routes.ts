import { z } from 'zod'
import { keepPreview } from '#outreach/previews.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route } from '#platform/http/route.ts'
import { cleanDocument } from './pages/clean.ts'
import { variantKeys } from './pages/document.ts'
import { gather } from './pages/gather.ts'
import { pageStatuses, selectPages } from './pages/pages.sql.ts'
import { viewerFor } from './pages/recognise.ts'
import { renderPage } from './pages/render.ts'
import { countPages } from './pages/results.sql.ts'
import { slugSchema } from './pages/slugs.ts'
import { templates } from './pages/templates.ts'
import { documentSchema, pageHead, pageName, pageReply, problemList, shown } from './pages.schema.ts'
import { checkPage, createPage, duplicatePage, getPage, savePage } from './pages.ts'

const tag = 'Pages'

const list = route({
  method: 'GET',
  url: '/api/v1/pages',
  can: 'pages.read',
  summary: 'Landing pages by name, with what they did in 30 days',
  tag,
  query: pageQuery.extend({
    status: z.enum(pageStatuses).optional(),
    search: z.string().trim().max(200).optional(),
  }),
  reply: pageOf(
    pageHead.extend({
      /** Humans in the last 30 days, and those of them who did what the page is for. */
      visitors: z.int(),
      converted: z.int(),
    }),
  ),
  async handle({ query }, { db, clock, config }) {
    const after = readCursor(query.cursor, z.object({ name: z.string(), id: idSchema }))
    const { status = null, search = '' } = query
    const rows = await selectPages(db, { after, limit: query.limit + 1, status, search: search || null })
    const since = new Date(clock.now().getTime() - 29 * 86_400_000).toISOString().slice(0, 10)
    const counts = await countPages(
      db,
      rows.map(row => row.id),
      since,
    )
    const counted = new Map(counts.map(({ pageId, ...count }) => [pageId, count]))
    const items = rows.map(row => ({
      ...shown(row, config.streetUrl),
      ...(counted.get(row.id) ?? { visitors: 0, converted: 0 }),
    }))
    return page(items, query.limit, ({ name, id }) => ({ name, id }))
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/pages',
  can: 'pages.edit',
  summary: 'Add a landing page as a draft, empty, from a template or with a document',
  tag,
  body: z.object({
    name: pageName,
    slug: slugSchema.optional(),
    template: z.enum(templates.map(each => each.key)).optional(),
    document: documentSchema.optional(),
  }),
  reply: pageReply,
  status: 201,
  async handle({ body, actor }, { db, clock, config }) {
    const { name, slug, template } = body
    const document = body.document ?? templates.find(each => each.key === template)?.document
    return shown(await createPage(db, actor, { name, slug, document }, clock.now()), config.streetUrl)
  },
})

const read = route({
  method: 'GET',
  url: '/api/v1/pages/:id',
  can: 'pages.read',
  summary: 'One landing page with its draft',
  tag,
  params: idParams,
  reply: pageReply,
  handle: async ({ params }, { db, config }) => shown(await getPage(db, params.id), config.streetUrl),
})

const save = route({
  method: 'PATCH',
  url: '/api/v1/pages/:id',
  can: 'pages.edit',
  summary: 'Save the draft, finished or not; names the version it started from',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    name: pageName.optional(),
    slug: slugSchema.optional(),
    domainId: idSchema.optional(),
    document: documentSchema.optional(),
    ownerId: z.string().max(100).nullish(),
    reviewOn: daySchema.nullish(),
  }),
  reply: pageReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await savePage(db, actor, params.id, body, clock.now()), config.streetUrl),
})

const duplicate = route({
  method: 'POST',
  url: '/api/v1/pages/:id/duplicate',
  can: 'pages.edit',
  summary: 'Add a draft that shows the same under another address',
  tag,
  params: idParams,
  reply: pageReply,
  status: 201,
  handle: async ({ params, actor }, { db, clock, config }) =>
    shown(await duplicatePage(db, actor, params.id, clock.now()), config.streetUrl),
})

const check = route({
  method: 'POST',
  url: '/api/v1/pages/:id/check',
  can: 'pages.read',
  summary: 'What keeps the draft from going live, and what is worth a thought',
  tag,
  params: idParams,
  reply: z.object({ problems: problemList, warnings: problemList }),
  handle: async ({ params }, { db }) => checkPage(db, await getPage(db, params.id)),
})

const preview = route({
  method: 'POST',
  url: '/api/v1/pages/:id/preview',
  can: 'pages.read',
  summary:
    'Render the draft, with changes not saved yet if given, for a stranger or a contact, in a sandboxed frame',
  tag,
  params: idParams,
  body: z.object({
    document: documentSchema.optional(),
    variant: z.enum(variantKeys).default('a'),
    contactId: idSchema.nullish(),
  }),
  reply: z.object({ html: z.string(), previewUrl: z.string(), problems: problemList, warnings: problemList }),
  async handle({ params, body }, services) {
    const row = await getPage(services.db, params.id)
    const document = body.document ? cleanDocument(body.document) : row.document
    const given = { pageId: row.id, url: `${services.config.streetUrl}/${row.slug}`, isPreview: true }
    const around = await gather(services, document, given)
    const viewer = body.contactId ? await viewerFor(services, document, body.contactId) : null
    const { html } = renderPage(document, body.variant, { ...around, viewer })
    const { problems, warnings } = await checkPage(services.db, { ...row, document })
    return { html, previewUrl: await keepPreview(services, html), problems, warnings }
  },
})

export const pageRoutes: Route[] = [list, create, read, save, duplicate, check, preview]
