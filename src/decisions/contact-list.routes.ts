import { z } from 'zod'
import { contactSchema, shapeContact } from '#audience/contact-shape.ts'
import { type ContactSort, contactSorts, estimateContacts, listContacts } from '#audience/contacts.ts'
import { invalid } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor, timeKey } from '#platform/http/paging.ts'
import { idSchema, type Route, route } from '#platform/http/route.ts'
import { compileFilter } from './compile.ts'
import { type Filter, filterSchema } from './filter.ts'
import { readyMetrics } from './metrics.ts'

const listQuery = pageQuery.extend({
  q: z.string().trim().max(200).optional(),
  filter: z.string().max(20_000).optional(),
  sort: z.enum(contactSorts).default('created'),
})

/** The key is a moment or a text, as the order has it. */
function cursorSchema(sort: ContactSort) {
  const text = z
    .string()
    .max(500)
    .refine(key => !key.includes('\u0000') && key.isWellFormed())
  return z.object({ key: sort === 'created' || sort === 'updated' ? timeKey : text, id: idSchema })
}

/** The filter of the address bar: the same language as segments, as JSON. */
function readFilter(text: string): Filter {
  try {
    return filterSchema.parse(JSON.parse(text))
  } catch (error) {
    const fields =
      error instanceof z.ZodError
        ? error.issues.map(issue => ({ path: ['filter', ...issue.path].join('.'), message: issue.message }))
        : []
    throw invalid(
      'This filter cannot be read.',
      fields.length > 0 ? fields : [{ path: 'filter', message: 'must be JSON of the filter language' }],
    )
  }
}

/** The list of contacts stands here and not in audience, because its filter bar speaks the filter language. */
export const contactListRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/contacts',
    can: 'contacts.read',
    summary:
      'Contacts page by page: `q` is the beginning of a name or address, `filter` is JSON of the filter language',
    tag: 'Contacts',
    query: listQuery,
    reply: pageOf(contactSchema),
    async handle({ query }, { db, clock, config }) {
      const cursor = readCursor(query.cursor, cursorSchema(query.sort))
      const asking = { now: clock.now(), zone: config.zone, metrics: await readyMetrics(db, config.zone) }
      const rows = await listContacts(db, {
        ...(query.filter ? { filter: compileFilter(readFilter(query.filter), asking) } : {}),
        ...(query.q ? { search: query.q } : {}),
        sort: query.sort,
        cursor,
        limit: query.limit,
      })
      const { items, next } = page(rows, query.limit, row => ({ key: row.sortKey, id: row.id }))
      return { items: items.map(({ sortKey: _key, ...contact }) => shapeContact(contact)), next }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/estimate',
    can: 'contacts.read',
    summary: 'About how many contacts there are',
    tag: 'Contacts',
    reply: z.object({ count: z.number().int() }),
    handle: async (_input, { db }) => ({ count: await estimateContacts(db) }),
  }),
]
