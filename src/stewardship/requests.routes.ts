import { z } from 'zod'
import { audit } from '#access/audit.ts'
import {
  closeRequest,
  countOpenRequests,
  getRequest,
  listRequests,
  openRequest,
  requestKinds,
  requestStates,
} from '#audience/requests.ts'
import type { Module } from '#engine/module.ts'
import { inTransaction } from '#platform/db/db.ts'
import { page, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { eraseContact } from './erase.ts'
import { findPerson } from './subject.ts'

const tag = 'Privacy'
const requestSchema = z.object({
  id: z.string(),
  contactId: z.string(),
  kind: z.enum(requestKinds),
  state: z.enum(requestStates),
  source: z.string(),
  note: z.string(),
  openedAt: timeSchema,
  dueOn: daySchema,
  overdue: z.boolean(),
  closedAt: timeSchema.nullable(),
  closedBy: z.string().nullable(),
  reason: z.string().nullable(),
  name: z.string().nullable(),
  email: z.string().nullable(),
})

const dayOf = (now: Date) => now.toISOString().slice(0, 10)

const list = route({
  method: 'GET',
  url: '/api/v1/privacy/requests',
  can: 'privacy.read',
  summary: 'What people asked about their own data, what is due first first; answered within 30 days',
  tag,
  query: pageQuery.extend({ state: z.enum(requestStates).default('open') }),
  reply: z.object({
    items: z.array(requestSchema),
    next: z.string().nullable(),
    open: z.number().int(),
    overdue: z.number().int(),
  }),
  async handle({ query }, { db, clock }) {
    const today = dayOf(clock.now())
    const after = readCursor(query.cursor, z.object({ dueOn: daySchema, id: idSchema }))
    const rows = await listRequests(db, { state: query.state, today, after, limit: query.limit })
    const { items, next } = page(rows, query.limit, row => ({ dueOn: row.dueOn, id: row.id }))
    return { items, next, ...(await countOpenRequests(db, today)) }
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/privacy/requests',
  can: 'privacy.edit',
  summary: 'Take down a request that came by letter, phone or mail',
  tag,
  body: z
    .object({
      contactId: idSchema,
      kind: z.enum(requestKinds),
      note: z.string().trim().max(2000).default(''),
    })
    .strict(),
  reply: requestSchema,
  status: 201,
  async handle({ body, actor }, { db, clock }) {
    const now = clock.now()
    const { id } = await inTransaction(db, async trx => {
      await findPerson(trx, body.contactId)
      const opened = await openRequest(trx, { ...body, source: `entered by ${actor.name}`, now })
      if (opened.opened)
        await audit(
          trx,
          actor,
          'privacy.request',
          { kind: 'contact', id: body.contactId },
          { kind: body.kind },
        )
      return opened
    })
    return getRequest(db, id, dayOf(now))
  },
})

const refuse = route({
  method: 'POST',
  url: '/api/v1/privacy/requests/:id/refuse',
  can: 'privacy.edit',
  summary: 'Refuse a request, with the reason that the person is told',
  tag,
  params: idParams,
  body: z.object({ reason: z.string().trim().min(3).max(2000) }).strict(),
  reply: requestSchema,
  async handle({ params, body, actor }, { db, clock }) {
    const now = clock.now()
    await inTransaction(db, async trx => {
      await getRequest(trx, params.id, dayOf(now))
      await closeRequest(trx, { id: params.id, state: 'refused', by: actor.name, reason: body.reason, now })
      await audit(trx, actor, 'privacy.refuse', { kind: 'request', id: params.id })
    })
    return getRequest(db, params.id, dayOf(now))
  },
})

function fulfil(modules: Module[]): Route {
  return route({
    method: 'POST',
    url: '/api/v1/privacy/requests/:id/fulfil',
    can: 'privacy.edit',
    summary:
      'Fulfil a request: an erasure is carried out; an export is marked as handed over (get it at /contacts/:id/export)',
    tag,
    params: idParams,
    reply: requestSchema,
    async handle({ params, actor }, services) {
      const { db, clock } = services
      const now = clock.now()
      await inTransaction(db, async trx => {
        const request = await getRequest(trx, params.id, dayOf(now))
        if (request.state === 'open' && request.kind === 'erase')
          await eraseContact(
            modules,
            { ...services, db: trx },
            { id: request.contactId, actor, keepOut: true },
          )
        else await closeRequest(trx, { id: params.id, state: 'fulfilled', by: actor.name, now })
        await audit(trx, actor, 'privacy.fulfil', { kind: 'request', id: params.id }, { kind: request.kind })
      })
      return getRequest(db, params.id, dayOf(now))
    },
  })
}

export function requestRoutes(modules: Module[]): Route[] {
  return [list, create, refuse, fulfil(modules)]
}
