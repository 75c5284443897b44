import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { inTransaction } from '#platform/db/db.ts'
import { idParams, type Route, route, timeSchema } from '#platform/http/route.ts'
import { type Company, createCompany, getCompany, updateCompany } from './companies.ts'
import { companySchema } from './company-shape.ts'
import { createField, fieldTypes, listFields, updateField } from './fields.ts'
import { listRoutes } from './lists.routes.ts'

const name = z.string().trim().min(1).max(200)

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

const companyRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/companies',
    can: 'companies.edit',
    summary: 'Create a company',
    tag: 'Companies',
    body: z.object({ name, domain: domain.nullable().default(null) }).strict(),
    reply: companySchema,
    status: 201,
    handle: ({ body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        const company = await createCompany(trx, body, clock.now())
        await audit(
          trx,
          actor,
          'companies.create',
          { kind: 'company', id: company.id },
          { name: company.name },
        )
        return withPeople(company)
      }),
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
    handle: ({ params, body, actor }, { db, clock }) =>
      inTransaction(db, async trx => {
        await updateCompany(trx, { id: params.id, ...body }, clock.now())
        const { version: _version, ...change } = body
        await audit(trx, actor, 'companies.update', { kind: 'company', id: params.id }, change)
        return getCompany(trx, params.id)
      }),
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

export const audienceRoutes: Route[] = [...companyRoutes, ...fieldRoutes, ...listRoutes]
