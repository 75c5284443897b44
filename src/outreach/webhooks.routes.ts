import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { realTime } from '#access/real-time.ts'
import { findEventType } from '#activity/catalogue.ts'
import { conflict, invalid } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { countCalls, replayCall, selectAttempts, selectCalls } from './webhooks/calls.sql.ts'
import { selectEndpoints } from './webhooks/endpoints.sql.ts'
import {
  changeEndpoint,
  createEndpoint,
  endpointFilter,
  removeEndpoint,
  requireEndpoint,
  rotateSecret,
  shownEndpoint,
} from './webhooks/endpoints.ts'
import { send } from './webhooks/send.ts'
import { replayJob } from './webhooks.jobs.ts'

const tag = 'Webhooks'
const types = z
  .array(z.string().refine(type => type === '*' || findEventType(type) !== undefined, 'is no type of event'))
  .min(1, 'Choose at least one type of event')
  .max(100)
const draft = z.object({
  name: z.string().trim().min(1).max(120),
  url: z.url({ protocol: /^https?$/ }).max(2000),
  types,
  filter: endpointFilter.nullable().default(null),
  ownerId: z.string().min(1).max(100),
})
const endpoint = z.object({
  id: idSchema,
  name: z.string(),
  url: z.string(),
  types: z.array(z.string()),
  filter: z.unknown().nullable(),
  state: z.enum(['on', 'off', 'disabled']),
  stateWords: z.string().nullable(),
  ownerId: z.string(),
  failingSince: timeSchema.nullable(),
  failures: z.int(),
  deliveredAt: timeSchema.nullable(),
  oldSecretUntil: timeSchema.nullable(),
  version: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  updatedBy: z.string(),
})
const counted = endpoint.extend({ waiting: z.int(), failed: z.int(), oldestAt: timeSchema.nullable() })
const withSecret = z.object({ endpoint, secret: z.string() })
const callKey = z.object({ id: idSchema, contactId: idSchema, eventId: idSchema })
const call = z.object({
  contactId: idSchema,
  eventId: idSchema,
  type: z.string(),
  state: z.enum(['waiting', 'calling', 'delivered', 'failed']),
  attempt: z.int(),
  status: z.int().nullable(),
  words: z.string().nullable(),
  eventAt: timeSchema,
  queuedAt: timeSchema,
  notBefore: timeSchema,
  doneAt: timeSchema.nullable(),
})
const attempt = z.object({
  number: z.int(),
  at: timeSchema,
  tookMs: z.int(),
  status: z.int().nullable(),
  words: z.string(),
  request: z.string(),
  response: z.string(),
})
const cursorSchema = z.object({ at: z.iso.datetime(), eventId: idSchema, contactId: idSchema })
const longestReplayMs = 31 * 86_400_000

const definitions: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/webhooks',
    can: 'webhooks.read',
    summary: 'Who outside is told of which events, and how that goes',
    tag,
    reply: z.object({ items: z.array(counted), next: z.null() }),
    async handle(_input, { db }) {
      const [endpoints, counts] = await Promise.all([selectEndpoints(db), countCalls(db)])
      const byId = new Map(counts.map(row => [row.endpointId, row]))
      const none = { waiting: 0, failed: 0, oldestAt: null }
      return { items: endpoints.map(each => ({ ...each, ...none, ...byId.get(each.id) })), next: null }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/webhooks',
    can: 'webhooks.edit',
    summary: 'Tell an address of events from now on; the secret is answered this once',
    tag,
    body: draft,
    reply: withSecret,
    status: 201,
    handle: ({ body, actor }, services) => createEndpoint(services, actor, body),
  }),
  route({
    method: 'GET',
    url: '/api/v1/webhooks/:id',
    can: 'webhooks.read',
    summary: 'One webhook',
    tag,
    params: idParams,
    reply: endpoint,
    handle: async ({ params }, { db }) => shownEndpoint(await requireEndpoint(db, params.id)),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/webhooks/:id',
    can: 'webhooks.edit',
    summary: 'Change a webhook, switch it on or off; another host gets a new secret',
    tag,
    params: idParams,
    body: draft.partial().extend({
      filter: endpointFilter.nullable().optional(),
      version: z.int(),
      state: z.enum(['on', 'off']).optional(),
    }),
    reply: z.object({ endpoint, secret: z.string().nullable() }),
    handle: ({ params, body, actor }, services) =>
      changeEndpoint(services, actor, {
        id: params.id,
        change: Object.fromEntries(
          Object.entries(body).filter(([, value]) => value !== undefined),
        ) as typeof body & {
          version: number
        },
      }),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/webhooks/:id',
    can: 'webhooks.edit',
    summary: 'Remove a webhook with its log; what waits is not sent',
    tag,
    params: idParams,
    reply: done,
    async handle({ params, actor }, services) {
      await removeEndpoint(services, actor, params.id)
      return { ok: true as const }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/webhooks/:id/rotate',
    can: 'webhooks.edit',
    summary: 'Make a new secret; the old one signs beside it for a day',
    tag,
    params: idParams,
    reply: withSecret,
    handle: ({ params, actor }, services) => rotateSecret(services, actor, params.id),
  }),
]

const calls: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/webhooks/:id/test',
    can: 'webhooks.edit',
    summary: 'Send a test event now and show what was answered',
    tag,
    params: idParams,
    reply: z.object({
      delivered: z.boolean(),
      status: z.int().nullable(),
      words: z.string(),
      tookMs: z.int(),
      request: z.string(),
      response: z.string(),
    }),
    async handle({ params, actor }, services) {
      const found = await requireEndpoint(services.db, params.id)
      const id = newId()
      const body = {
        type: 'webhook.test',
        timestamp: services.clock.now().toISOString(),
        data: { id, words: `A test by ${actor.name}` },
      }
      const answer = await send(services, found, { id: `msg_test_${id}`, body, sentAt: realTime() })
      await audit(
        services.db,
        actor,
        'webhooks.test',
        { kind: 'webhook', id: params.id },
        { status: answer.status },
      )
      const { is, status, words, tookMs, request, response } = answer
      return { delivered: is === 'delivered', status, words, tookMs, request, response }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/webhooks/:id/calls',
    can: 'webhooks.read',
    summary: 'The delivery log, the newest first',
    tag,
    params: idParams,
    query: pageQuery.extend({ state: z.enum(['waiting', 'calling', 'delivered', 'failed']).optional() }),
    reply: pageOf(call),
    async handle({ params, query }, { db }) {
      const before = readCursor(query.cursor, cursorSchema)
      const rows = await selectCalls(db, {
        endpointId: params.id,
        state: query.state ?? null,
        before,
        limit: query.limit + 1,
      })
      return page(rows, query.limit, row => ({
        at: row.queuedAt,
        eventId: row.eventId,
        contactId: row.contactId,
      }))
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/webhooks/:id/calls/:contactId/:eventId',
    can: 'webhooks.read',
    summary: 'Every attempt of one call: what was sent and what was answered',
    tag,
    params: callKey,
    reply: z.object({ items: z.array(attempt), next: z.null() }),
    handle: async ({ params }, { db }) => ({
      items: await selectAttempts(db, { ...params, endpointId: params.id }),
      next: null,
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/webhooks/:id/calls/:contactId/:eventId/replay',
    can: 'webhooks.edit',
    summary: 'Call once more, under the same id',
    tag,
    params: callKey,
    reply: done,
    async handle({ params, actor }, { db, clock }) {
      if (!(await replayCall(db, { ...params, endpointId: params.id }, clock.now())))
        throw conflict('not_replayable', 'There is no such call, or it is on its way already.')
      const detail = { contactId: params.contactId, eventId: params.eventId }
      await audit(db, actor, 'webhooks.replay', { kind: 'webhook', id: params.id }, detail)
      return { ok: true as const }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/webhooks/:id/replay',
    can: 'webhooks.edit',
    summary: 'Tell it again, from the ledger, what happened in a span of time: a job',
    tag,
    params: idParams,
    body: z.object({ from: z.iso.datetime({ offset: true }), to: z.iso.datetime({ offset: true }) }),
    reply: z.object({ jobId: idSchema }),
    status: 202,
    async handle({ params, body, actor }, { db, jobs }) {
      const [from, to] = [new Date(body.from), new Date(body.to)]
      const length = to.getTime() - from.getTime()
      if (length <= 0 || length > longestReplayMs)
        throw invalid('Choose a span of at most 31 days.', [
          { path: 'to', message: 'must lie up to 31 days after from' },
        ])
      const { name } = await requireEndpoint(db, params.id)
      const input = { endpointId: params.id, name, from: from.toISOString(), to: to.toISOString() }
      const jobId = await jobs.start(db, replayJob, input, { key: params.id })
      await audit(
        db,
        actor,
        'webhooks.replay',
        { kind: 'webhook', id: params.id },
        { from: input.from, to: input.to },
      )
      return { jobId }
    },
  }),
]

/** Outgoing webhooks: endpoints, their log, tests and replays. */
export const webhookRoutes: Route[] = [...definitions, ...calls]
