import { z } from 'zod'
import { pageQuery } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { getConnection, selectConnections, selectMappings } from './connections.sql.ts'
import {
  createConnection,
  editConnection,
  publishConnection,
  switchConnection,
  testConnection,
} from './connections.ts'
import { acceptReport, startCheck } from './load.ts'
import { kinds, mappingSchema, rules, transforms } from './mapping.ts'
import { firstMapping } from './presets.ts'
import { allConnectors, connectorOf } from './registry.ts'
import { connectionSchema, remoteSchemaShape, reportSchema, shapeConnection } from './shapes.ts'
import { sideOf } from './sides/all.ts'

const tag = 'CRM'
const settings = z.record(z.string().max(100), z.unknown())
const version = z.int().min(1)

const connector = z.object({
  id: z.string(),
  name: z.string(),
  simulated: z.boolean(),
  proof: z.string(),
  settings: z.unknown(),
  secrets: z.array(z.string()),
  signsInByBrowser: z.boolean(),
  /** Whether the CRM can call Tend when something changes there. */
  takesWebhooks: z.boolean(),
})
const localField = z.object({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  writable: z.boolean(),
  refers: z.string().nullable(),
})

const looking: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/crm/connectors',
    can: 'crm.read',
    summary: 'The kinds of CRM there are, with the settings each asks for',
    tag,
    reply: z.object({ items: z.array(connector) }),
    handle: async () => ({
      items: allConnectors().map(each => ({
        id: each.id,
        name: each.name,
        simulated: each.simulated,
        proof: each.proof ?? 'Tested against a simulator of it, not yet against the real one',
        settings: z.toJSONSchema(each.settings, { io: 'input', unrepresentable: 'any' }),
        secrets: each.secrets,
        signsInByBrowser: each.oauth !== undefined,
        takesWebhooks: each.webhook !== undefined,
      })),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections',
    can: 'crm.read',
    summary: 'The connections to CRMs',
    tag,
    reply: z.object({ items: z.array(connectionSchema), next: z.null() }),
    handle: async (_input, { db, config }) => ({
      items: (await selectConnections(db)).map(row => shapeConnection(row, config.streetUrl)),
      next: null,
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id',
    can: 'crm.read',
    summary: 'One connection',
    tag,
    params: idParams,
    reply: connectionSchema,
    handle: async ({ params }, { db, config }) =>
      shapeConnection(await getConnection(db, params.id), config.streetUrl),
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/schema',
    can: 'crm.read',
    summary:
      'Objects and fields of the CRM as it last described them, and the fields here for each kind of thing',
    tag,
    params: idParams,
    reply: z.object({
      schema: remoteSchemaShape.nullable(),
      locals: z.array(
        z.object({ kind: z.enum(kinds), fields: z.array(localField), matchKeys: z.array(z.string()) }),
      ),
      rules: z.array(z.enum(rules)),
      transforms: z.array(z.enum(transforms)),
    }),
    async handle({ params }, { db }) {
      const { schema } = await getConnection(db, params.id)
      const locals = await Promise.all(
        kinds.map(async kind => ({
          kind,
          matchKeys: [...(sideOf(kind).matchKeys ?? [])],
          fields: (await sideOf(kind).fields(db)).map(field => ({ ...field, refers: field.refers ?? null })),
        })),
      )
      return { schema, locals, rules: [...rules], transforms: [...transforms] }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/mappings',
    can: 'crm.read',
    summary: 'The published mappings, the newest first',
    tag,
    params: idParams,
    query: pageQuery,
    reply: z.object({
      items: z.array(
        z.object({
          version: z.int(),
          mapping: mappingSchema,
          publishedAt: timeSchema,
          publishedBy: z.string(),
        }),
      ),
      next: z.null(),
    }),
    async handle({ params }, { db }) {
      await getConnection(db, params.id)
      return { items: await selectMappings(db, params.id), next: null }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/proposal',
    can: 'crm.read',
    summary: 'A first mapping, made of what the connector proposes and the CRM has',
    tag,
    params: idParams,
    reply: mappingSchema,
    async handle({ params }, { db }) {
      const row = await getConnection(db, params.id)
      return row.schema ? await firstMapping(db, connectorOf(row.connector), row.schema) : row.draft
    },
  }),
]

const summaries = {
  pause: 'Pause: nothing is read or written; what changes meanwhile is caught up with',
  resume: 'Go on with a paused connection, and catch up with what changed meanwhile',
  archive: 'Put away for good: links stay, nothing is read or written any more',
}

const changing: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/crm/connections',
    can: 'crm.edit',
    summary: 'Connect a CRM; nothing is read or written before it is published and loaded',
    tag,
    body: z.object({ name: z.string().trim().min(1).max(120), connector: z.string().max(40), settings }),
    reply: connectionSchema,
    status: 201,
    handle: async ({ body, actor }, services) =>
      shapeConnection(await createConnection(services, actor, body), services.config.streetUrl),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/crm/connections/:id',
    can: 'crm.edit',
    summary: 'Change name, settings, calls per day, or the draft of the mapping; secrets left out stay',
    tag,
    params: idParams,
    body: z.object({
      version,
      name: z.string().trim().min(1).max(120).optional(),
      settings: settings.optional(),
      callsPerDay: z.int().min(1).max(100_000_000).optional(),
      draft: mappingSchema.optional(),
    }),
    reply: connectionSchema,
    handle: async ({ params, body, actor }, services) =>
      shapeConnection(
        await editConnection(services, actor, { ...body, id: params.id }),
        services.config.streetUrl,
      ),
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/test',
    can: 'crm.edit',
    summary: 'Sign in, describe objects and fields, and propose a mapping where there is none',
    tag,
    params: idParams,
    reply: z.object({
      words: z.string(),
      user: z.object({ id: z.string(), name: z.string() }).nullable(),
      connection: connectionSchema,
    }),
    async handle({ params, actor }, services) {
      const answer = await testConnection(services, actor, params.id)
      return { ...answer, connection: shapeConnection(answer.connection, services.config.streetUrl) }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/publish',
    can: 'crm.edit',
    summary: 'Publish the draft as the next mapping, with an owner and a day of review',
    tag,
    params: idParams,
    body: z.object({ version, ownerId: z.string().max(100), reviewOn: daySchema }),
    reply: connectionSchema,
    handle: async ({ params, body, actor }, services) =>
      shapeConnection(
        await publishConnection(services, actor, { ...body, id: params.id }),
        services.config.streetUrl,
      ),
  }),
  ...(['pause', 'resume', 'archive'] as const).map(word =>
    route({
      method: 'POST',
      url: `/api/v1/crm/connections/:id/${word}`,
      can: 'crm.edit',
      summary: summaries[word],
      tag,
      params: idParams,
      reply: connectionSchema,
      handle: async ({ params, actor }, services) => {
        const to = word === 'pause' ? 'paused' : word === 'resume' ? 'live' : 'archived'
        return shapeConnection(
          await switchConnection(services, actor, { id: params.id, to }),
          services.config.streetUrl,
        )
      },
    }),
  ),
]

const loading: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/crm/connections/:id/first-load',
    can: 'crm.read',
    summary: 'How far the first load is, and the report of its dry run',
    tag,
    params: idParams,
    reply: z.object({
      state: z.enum(['none', 'checking', 'report', 'loading', 'done']),
      jobId: idSchema.nullable(),
      report: reportSchema.nullable(),
      loadedAt: timeSchema.nullable(),
    }),
    async handle({ params }, { db }) {
      const row = await getConnection(db, params.id)
      return { state: row.loadState, jobId: row.loadJob, report: row.loadReport, loadedAt: row.loadedAt }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/first-load/check',
    can: 'crm.edit',
    summary: 'Dry run: read everything, write nothing, report what loading would do',
    tag,
    params: idParams,
    reply: z.object({ jobId: idSchema }),
    status: 202,
    handle: ({ params, actor }, services) => startCheck(services, actor, params.id),
  }),
  route({
    method: 'POST',
    url: '/api/v1/crm/connections/:id/first-load/accept',
    can: 'crm.edit',
    summary: 'Accept the report (by its time) and load; workflows do not begin by it',
    tag,
    params: idParams,
    body: z.object({ reportAt: z.string().max(40) }),
    reply: z.object({ jobId: idSchema }),
    status: 202,
    handle: ({ params, body, actor }, services) => acceptReport(services, actor, { ...body, id: params.id }),
  }),
]

/** Connections, their mapping, and the first load. */
export const connectionRoutes: Route[] = [...looking, ...changing, ...loading]
