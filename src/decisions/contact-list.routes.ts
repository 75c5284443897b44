import { z } from 'zod'
import { contactSchema, shapeContact } from '#audience/contact-shape.ts'
import {
  type ContactRow,
  type ContactSort,
  contactSorts,
  estimateContacts,
  listContacts,
  walkContacts,
} from '#audience/contacts.ts'
import { page, pageOf, pageQuery, readCursor, timeKey, writeCursor } from '#platform/http/paging.ts'
import { idSchema, type Route, route } from '#platform/http/route.ts'
import { compileFilter } from './compile.ts'
import type { Filter } from './filter.ts'
import { readyMetrics } from './metrics.ts'
import { readFilter } from './written-filter.ts'

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

/** The one address that whoever matches must have, if the filter says so at its top. */
function demandedEmail(filter: Filter): string | undefined {
  const parts = 'all' in filter ? filter.all : [filter]
  for (const part of parts) {
    const isEmail = 'type' in part && part.type === 'field' && part.field === 'email' && part.op === 'is'
    if (isEmail && typeof part.value === 'string') return part.value
  }
  return undefined
}

/** The list of contacts stands here and not in audience, because its filter bar speaks the filter language. */
export const contactListRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/contacts',
    can: 'contacts.read',
    summary:
      'Contacts page by page: `q` is the beginning of a name or address, `filter` is JSON of the filter language. With a filter that few match a page may hold fewer than `limit`, or none: go on while `next` is not null',
    tag: 'Contacts',
    query: listQuery,
    reply: pageOf(contactSchema),
    async handle({ query }, { db, clock, config }) {
      const cursor = readCursor(query.cursor, cursorSchema(query.sort))
      const asking = { now: clock.now(), zone: config.zone, metrics: await readyMetrics(db, config.zone) }
      const filter = query.filter ? readFilter(query.filter) : null
      const email = filter ? demandedEmail(filter) : undefined
      const ask = {
        ...(filter ? { filter: compileFilter(filter, asking) } : {}),
        ...(query.q ? { search: query.q } : {}),
        ...(email === undefined ? {} : { email }),
        sort: query.sort,
        cursor,
        limit: query.limit,
      }
      const shape = ({ sortKey: _key, ...contact }: ContactRow) => shapeContact(contact)
      if (filter && !query.q && email === undefined) {
        const walked = await walkContacts(db, ask)
        return { items: walked.rows.map(shape), next: walked.next && writeCursor(walked.next) }
      }
      const { items, next } = page(await listContacts(db, ask), query.limit, row => ({
        key: row.sortKey,
        id: row.id,
      }))
      return { items: items.map(shape), next }
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
