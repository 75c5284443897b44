import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { pageOf, pageQuery } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { scoreDefinitionSchema } from './score-models.definition.ts'
import {
  createScoreModel,
  getScoreModel,
  listScoreModels,
  publishScoreModel,
  setScoreModelStatus,
  updateScoreModel,
} from './score-models.ts'
import { startPasses } from './scoring.jobs.ts'
import { previewScores } from './scoring.preview.ts'
import { pointsOf, scoreSheet } from './scoring.sheet.ts'

const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(text => !text.includes('\u0000'), 'must not hold a NUL')
const versionSchema = z.int().positive()
const tag = 'scores'

const modelSchema = z.object({
  id: idSchema,
  name: z.string(),
  status: z.enum(['draft', 'live', 'paused', 'archived']),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  draft: scoreDefinitionSchema,
  live: scoreDefinitionSchema.nullable(),
  liveVersion: z.number().nullable(),
  version: z.number(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  updatedBy: z.string(),
  counting: z.boolean(),
})

const list = route({
  method: 'GET',
  url: '/api/v1/score-models',
  can: 'scores.read',
  summary: 'Score models, by name',
  tag,
  query: z.object({ archived: z.stringbool().optional() }),
  reply: z.object({ items: z.array(modelSchema), next: z.null() }),
  async handle({ query }, { db }) {
    return { items: await listScoreModels(db, { archived: query.archived ?? false }), next: null }
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/score-models',
  can: 'scores.edit',
  summary: 'Start a score model as a draft',
  tag,
  body: z.strictObject({ name: nameSchema, draft: scoreDefinitionSchema.optional() }),
  reply: modelSchema,
  status: 201,
  handle: ({ actor, body }, { db, clock }) => createScoreModel(db, actor, body, clock.now()),
})

const read = route({
  method: 'GET',
  url: '/api/v1/score-models/:id',
  can: 'scores.read',
  summary: 'A score model: its draft, and what is live',
  tag,
  params: idParams,
  reply: modelSchema,
  handle: ({ params }, { db }) => getScoreModel(db, params.id),
})

const change = route({
  method: 'PATCH',
  url: '/api/v1/score-models/:id',
  can: 'scores.edit',
  summary: 'Change the draft, name, owner or review day; needs the version that was read',
  tag,
  params: idParams,
  body: z.strictObject({
    version: versionSchema,
    name: nameSchema.optional(),
    draft: scoreDefinitionSchema.optional(),
    ownerId: z.string().max(40).nullable().optional(),
    reviewOn: daySchema.nullable().optional(),
  }),
  reply: modelSchema,
  handle: ({ actor, params, body }, { db, clock }) =>
    updateScoreModel(db, actor, params.id, body, clock.now()),
})

const publish = route({
  method: 'POST',
  url: '/api/v1/score-models/:id/publish',
  can: 'scores.publish',
  summary: 'Make the draft live; all contacts are counted by it from their history',
  tag,
  params: idParams,
  body: z.strictObject({ version: versionSchema, ownerId: z.string().max(40), reviewOn: daySchema }),
  reply: modelSchema,
  async handle({ actor, params, body }, services) {
    const model = await publishScoreModel(services.db, actor, params.id, body, services.clock.now())
    await startPasses(services)
    return model
  },
})

const stop = (word: 'pause' | 'archive', status: 'paused' | 'archived', summary: string) =>
  route({
    method: 'POST',
    url: `/api/v1/score-models/:id/${word}`,
    can: 'scores.publish',
    summary,
    tag,
    params: idParams,
    body: z.strictObject({ version: versionSchema }),
    reply: modelSchema,
    handle: ({ actor, params, body }, { db, clock }) =>
      setScoreModelStatus(db, actor, params.id, { version: body.version, status }, clock.now()),
  })

const users = route({
  method: 'GET',
  url: '/api/v1/score-models/:id/used-by',
  can: 'scores.read',
  summary: 'What relies on this score: segments and workflows',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    return { items: await usedBy(db, { kind: 'score-model', id: params.id }), next: null }
  },
})

const preview = route({
  method: 'POST',
  url: '/api/v1/score-models/preview',
  can: 'scores.preview',
  summary: 'What a draft would give to the contacts there are',
  tag,
  body: z.strictObject({ draft: scoreDefinitionSchema }),
  reply: z.object({
    contacts: z.number(),
    sampled: z.number(),
    exact: z.boolean(),
    mean: z.number(),
    buckets: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
    thresholds: z.array(
      z.object({ name: z.string(), value: z.number(), count: z.number(), share: z.number() }),
    ),
    highest: z.array(z.object({ contactId: idSchema, name: z.string(), score: z.number() })),
  }),
  handle: ({ body }, { db, clock, config }) =>
    previewScores(db, body.draft, { now: clock.now(), zone: config.zone }),
})

const scores = route({
  method: 'GET',
  url: '/api/v1/contacts/:id/scores',
  can: 'contacts.read',
  summary: 'Where a contact stands in every score, and what time will change next',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(
      z.object({
        modelId: idSchema,
        name: z.string(),
        score: z.number(),
        behaviour: z.number(),
        fit: z.number(),
        halfLifeDays: z.number().nullable(),
        thresholds: z.array(z.object({ name: z.string(), value: z.number(), reached: z.boolean() })),
        falls: z.object({ threshold: z.string(), value: z.number(), at: timeSchema }).nullable(),
      }),
    ),
    next: z.null(),
  }),
  async handle({ params }, { db, clock }) {
    return { items: await scoreSheet(db, params.id, clock.now()), next: null }
  },
})

const points = route({
  method: 'GET',
  url: '/api/v1/contacts/:id/scores/:modelId/ledger',
  can: 'contacts.read',
  summary: 'Every point a contact was given, why, and what is left of it, newest first',
  tag,
  params: z.object({ id: idSchema, modelId: idSchema }),
  query: pageQuery,
  reply: pageOf(
    z.object({
      id: idSchema,
      at: timeSchema,
      kind: z.enum(['behaviour', 'fit', 'workflow']),
      ruleId: z.string().nullable(),
      points: z.number(),
      remaining: z.number(),
      reason: z.string(),
      causeId: idSchema.nullable(),
    }),
  ),
  handle: ({ params, query }, { db, clock }) =>
    pointsOf(db, { contactId: params.id, modelId: params.modelId, ...query }, clock.now()),
})

export const scoreModelRoutes: Route[] = [
  list,
  create,
  preview,
  read,
  change,
  publish,
  stop('pause', 'paused', 'Give no more points; scores go on decaying'),
  stop('archive', 'archived', 'Put a score model away'),
  users,
  scores,
  points,
]
