import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { inTransaction } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { contactSchema, shapeContact } from './contact-shape.ts'
import { contactsForRender } from './contacts.ts'
import { pasteMembers } from './lists.paste.ts'
import { changeMembers, createList, getList, listLists, listMembers, updateList } from './lists.ts'

const name = z.string().trim().min(1).max(200)
const tag = 'Lists'
const listSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  size: z.number().int(),
  createdAt: timeSchema,
  createdBy: z.string(),
  archivedAt: timeSchema.nullable(),
})

const memberBody = z.object({ contactIds: z.array(idSchema).min(1).max(1000) }).strict()

function memberRoute(method: 'POST' | 'DELETE', joins: boolean): Route {
  return route({
    method,
    url: '/api/v1/lists/:id/members',
    can: 'lists.edit',
    summary: joins ? 'Put up to 1,000 contacts on a list' : 'Take up to 1,000 contacts off a list',
    tag,
    params: idParams,
    body: memberBody,
    reply: done.extend({ changed: z.number().int() }),
    async handle({ params, body, actor }, { db, clock }) {
      await getList(db, params.id)
      return inTransaction(db, async trx => {
        const known = await contactsForRender(trx, body.contactIds)
        const events = await changeMembers(
          trx,
          known.map(({ id }) => ({ contactId: id, listId: params.id, in: joins })),
          clock.now(),
        )
        await record(trx, events)
        const action = joins ? 'lists.add' : 'lists.remove'
        await audit(trx, actor, action, { kind: 'list', id: params.id }, { contacts: events.length })
        return { ok: true as const, changed: events.length }
      })
    },
  })
}

/** Lists made by hand. */
export const listRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/lists',
    can: 'lists.read',
    summary: 'Lists made by hand, with their sizes',
    tag,
    reply: z.object({ items: z.array(listSchema), next: z.null() }),
    handle: async (_input, { db }) => ({ items: await listLists(db), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/lists',
    can: 'lists.edit',
    summary: 'Create a list',
    tag,
    body: z.object({ name, description: z.string().trim().max(1000).default('') }).strict(),
    reply: listSchema,
    status: 201,
    handle: ({ body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const list = await createList(trx, { ...body, createdBy: actor.name }, clock.now())
        await audit(trx, actor, 'lists.create', { kind: 'list', id: list.id }, { name: list.name })
        return { ...list, size: 0 }
      }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/lists/:id/members',
    can: 'lists.read',
    summary: 'Who is on a list',
    tag,
    params: idParams,
    query: pageQuery,
    reply: pageOf(contactSchema),
    async handle({ params, query }, { db }) {
      await getList(db, params.id)
      const rows = await listMembers(db, {
        listId: params.id,
        after: readCursor(query.cursor, idSchema),
        limit: query.limit,
      })
      const { items, next } = page(rows, query.limit, row => row.id)
      const found = await contactsForRender(
        db,
        items.map(row => row.id),
      )
      const contacts = new Map(found.map(contact => [contact.id, contact]))
      return { items: items.flatMap(row => contacts.get(row.id) ?? []).map(shapeContact), next }
    },
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/lists/:id',
    can: 'lists.edit',
    summary: 'Rename, describe or archive a list; its members stay',
    tag,
    params: idParams,
    body: z
      .object({ name, description: z.string().trim().max(1000), archived: z.boolean() })
      .partial()
      .strict(),
    reply: listSchema,
    handle: ({ params, body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const list = await updateList(trx, params.id, body, clock.now())
        await audit(trx, actor, 'lists.update', { kind: 'list', id: params.id }, body)
        return list
      }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/lists/:id/paste',
    can: 'lists.edit',
    summary:
      'Put everybody on a list whose address stands in a text; who is not known can be created, without consent',
    tag,
    params: idParams,
    body: z.object({ text: z.string().max(500_000), create: z.boolean().default(false) }).strict(),
    reply: z.object({
      added: z.number().int(),
      already: z.number().int(),
      created: z.number().int(),
      unknown: z.array(z.string()),
      broken: z.array(z.string()),
    }),
    handle: ({ params, body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const ask = { listId: params.id, ...body, by: actor.name, now: clock.now() }
        const pasted = await pasteMembers(trx, ask)
        const { added, created } = pasted
        await audit(trx, actor, 'lists.paste', { kind: 'list', id: params.id }, { added, created })
        return pasted
      }),
  }),
  memberRoute('POST', true),
  memberRoute('DELETE', false),
]
