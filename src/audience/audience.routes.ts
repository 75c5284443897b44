import { z } from 'zod'
import { record } from '#activity/record.ts'
import { inTransaction } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { type Company, createCompany, getCompany, listCompanies, updateCompany } from './companies.ts'
import { contactSchema, shapeContact } from './contact-shape.ts'
import { contactsForRender } from './contacts.ts'
import { createField, fieldTypes, listFields, updateField } from './fields.ts'
import { changeMembers, createList, getList, listLists, listMembers, updateList } from './lists.ts'

const name = z.string().trim().min(1).max(200)

const companySchema = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  domain: z.string().nullable(),
  name: z.string(),
  attrs: z.record(z.string(), z.unknown()),
  people: z.number().int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  version: z.number().int(),
})
const withPeople = (company: Company) => ({ ...company, people: 0 })
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^([a-z0-9-]+\.)+[a-z0-9-]{2,}$/, 'is no domain, like example.org')

const fieldSchema = z.object({
  key: z.string(),
  label: z.string(),
  type: z.enum(fieldTypes),
  choices: z.array(z.string()),
  archivedAt: timeSchema.nullable(),
  createdAt: timeSchema,
  source: z.string(),
})

const listSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  size: z.number().int(),
  createdAt: timeSchema,
  createdBy: z.string(),
  archivedAt: timeSchema.nullable(),
})

const companyRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/companies',
    can: 'companies.read',
    summary: 'Companies by name; `q` is the beginning of a name or a domain',
    tag: 'Companies',
    query: pageQuery.extend({ q: z.string().trim().max(200).optional() }),
    reply: pageOf(companySchema),
    async handle({ query }, { db }) {
      const cursor = readCursor(query.cursor, z.object({ name: z.string(), id: idSchema }))
      const rows = await listCompanies(db, {
        ...(query.q ? { search: query.q } : {}),
        cursor,
        limit: query.limit,
      })
      return page(rows, query.limit, row => ({ name: row.name.toLowerCase(), id: row.id }))
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/companies',
    can: 'companies.edit',
    summary: 'Create a company',
    tag: 'Companies',
    body: z.object({ name, domain: domain.nullable().default(null) }).strict(),
    reply: companySchema,
    status: 201,
    handle: async ({ body }, { db, clock }) => withPeople(await createCompany(db, body, clock.now())),
  }),
  route({
    method: 'GET',
    url: '/api/v1/companies/:id',
    can: 'companies.read',
    summary: 'One company',
    tag: 'Companies',
    params: idParams,
    reply: companySchema,
    handle: ({ params }, { db }) => getCompany(db, params.id),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/companies/:id',
    can: 'companies.edit',
    summary: 'Change a company; a stale version is 409',
    tag: 'Companies',
    params: idParams,
    body: z
      .object({
        version: z.number().int(),
        name: name.optional(),
        domain: domain.nullable().optional(),
        attrs: z.record(z.string().max(64), z.unknown()).optional(),
      })
      .strict(),
    reply: companySchema,
    async handle({ params, body }, { db, clock }) {
      await updateCompany(db, { id: params.id, ...body }, clock.now())
      return getCompany(db, params.id)
    },
  }),
]

const fieldRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/fields',
    can: 'fields.read',
    summary: 'Custom fields of contacts',
    tag: 'Fields',
    reply: z.object({ items: z.array(fieldSchema), next: z.null() }),
    handle: async (_input, { db }) => ({ items: await listFields(db), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/fields',
    can: 'fields.edit',
    summary: 'Create a custom field; no table changes',
    tag: 'Fields',
    body: z
      .object({
        key: z.string().max(64),
        label: name,
        type: z.enum(fieldTypes),
        choices: z.array(z.string().trim().min(1).max(200)).max(500).default([]),
      })
      .strict(),
    reply: fieldSchema,
    status: 201,
    handle: ({ body, actor }, { db, clock }) => createField(db, { ...body, source: actor.name }, clock.now()),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/fields/:key',
    can: 'fields.edit',
    summary: 'Rename a field, change its choices, archive it',
    tag: 'Fields',
    params: z.object({ key: z.string().max(64) }),
    body: z
      .object({
        label: name.optional(),
        choices: z.array(z.string().trim().min(1).max(200)).max(500).optional(),
        archived: z.boolean().optional(),
      })
      .strict(),
    reply: fieldSchema,
    handle: ({ params, body }, { db, clock }) => updateField(db, params.key, body, clock.now()),
  }),
]

const memberBody = z.object({ contactIds: z.array(idSchema).min(1).max(1000) }).strict()

function memberRoute(method: 'POST' | 'DELETE', joins: boolean): Route {
  return route({
    method,
    url: '/api/v1/lists/:id/members',
    can: 'lists.edit',
    summary: joins ? 'Put up to 1,000 contacts on a list' : 'Take up to 1,000 contacts off a list',
    tag: 'Lists',
    params: idParams,
    body: memberBody,
    reply: done.extend({ changed: z.number().int() }),
    async handle({ params, body }, { db, clock }) {
      await getList(db, params.id)
      return inTransaction(db, async trx => {
        const known = await contactsForRender(trx, body.contactIds)
        const events = await changeMembers(
          trx,
          known.map(({ id }) => ({ contactId: id, listId: params.id, in: joins })),
          clock.now(),
        )
        await record(trx, events)
        return { ok: true as const, changed: events.length }
      })
    },
  })
}

const listRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/lists',
    can: 'lists.read',
    summary: 'Lists made by hand, with their sizes',
    tag: 'Lists',
    reply: z.object({ items: z.array(listSchema), next: z.null() }),
    handle: async (_input, { db }) => ({ items: await listLists(db), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/lists',
    can: 'lists.edit',
    summary: 'Create a list',
    tag: 'Lists',
    body: z.object({ name, description: z.string().trim().max(1000).default('') }).strict(),
    reply: listSchema,
    status: 201,
    handle: async ({ body, actor }, { db, clock }) => ({
      ...(await createList(db, { ...body, createdBy: actor.name }, clock.now())),
      size: 0,
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/lists/:id/members',
    can: 'lists.read',
    summary: 'Who is on a list',
    tag: 'Lists',
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
      const contacts = new Map(
        (
          await contactsForRender(
            db,
            items.map(row => row.id),
          )
        ).map(contact => [contact.id, contact]),
      )
      return { items: items.flatMap(row => contacts.get(row.id) ?? []).map(shapeContact), next }
    },
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/lists/:id',
    can: 'lists.edit',
    summary: 'Rename, describe or archive a list; its members stay',
    tag: 'Lists',
    params: idParams,
    body: z
      .object({ name, description: z.string().trim().max(1000), archived: z.boolean() })
      .partial()
      .strict(),
    reply: listSchema,
    handle: ({ params, body }, { db, clock }) => updateList(db, params.id, body, clock.now()),
  }),
  memberRoute('POST', true),
  memberRoute('DELETE', false),
]

export const audienceRoutes: Route[] = [...companyRoutes, ...fieldRoutes, ...listRoutes]
