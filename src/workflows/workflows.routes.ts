import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { draftSchema } from './definition.ts'
import { visibleTo } from './masking.ts'
import { archiveWorkflow, checkWorkflow, pauseWorkflow, publishWorkflow, resumeWorkflow } from './publish.ts'
import { sentencesOf } from './sentences.ts'
import { selectVersions, type WorkflowRow } from './workflows.sql.ts'
import {
  copyWorkflow,
  createWorkflow,
  deleteWorkflow,
  getWorkflow,
  listWorkflows,
  saveWorkflow,
} from './workflows.ts'

const tag = 'Workflows'
const status = z.enum(['draft', 'live', 'paused', 'archived'])
const nameSchema = z.string().trim().min(1).max(200)

const head = z.object({
  id: idSchema,
  name: z.string(),
  status,
  version: z.int(),
  liveVersion: z.int().nullable(),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
  createdAt: timeSchema,
})
const workflow = head.extend({
  definition: z.record(z.string(), z.unknown()),
  /** The trigger and each step in words, by id of the step. */
  sentences: z.object({ trigger: z.string(), steps: z.record(z.string(), z.string()) }),
})
const problem = z.object({ path: z.string(), node: z.string().nullable(), message: z.string() })
const thing = z.object({ kind: z.string(), id: z.string(), name: z.string() })

async function shown(db: Parameters<typeof sentencesOf>[0], row: WorkflowRow) {
  return { ...row, sentences: await sentencesOf(db, row.definition) }
}

const list = route({
  method: 'GET',
  url: '/api/v1/workflows',
  can: 'workflows.read',
  summary: 'Workflows by name, with how many contacts are inside',
  tag,
  query: pageQuery.extend({ status: status.optional() }),
  reply: pageOf(head.extend({ inside: z.int(), parked: z.int(), entered: z.int() })),
  async handle({ query }, { db }) {
    const after = readCursor(query.cursor, z.object({ name: z.string(), id: idSchema }))
    const rows = await listWorkflows(db, { after, limit: query.limit + 1, status: query.status ?? null })
    return page(rows, query.limit, ({ name, id }) => ({ name, id }))
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/workflows',
  can: 'workflows.edit',
  summary: 'Add a workflow as a draft',
  tag,
  body: z.object({ name: nameSchema, definition: draftSchema.optional() }),
  reply: workflow,
  status: 201,
  handle: async ({ body, actor }, { db, clock }) =>
    shown(db, await createWorkflow(db, actor, body, clock.now())),
})

const read = route({
  method: 'GET',
  url: '/api/v1/workflows/:id',
  can: 'workflows.read',
  summary: 'One workflow with its draft',
  tag,
  params: idParams,
  reply: workflow,
  async handle({ params, actor }, { db }) {
    const found = await shown(db, await getWorkflow(db, params.id))
    return { ...found, definition: visibleTo(actor, found.definition) }
  },
})

const save = route({
  method: 'PATCH',
  url: '/api/v1/workflows/:id',
  can: 'workflows.edit',
  summary: 'Save the draft, finished or not; names the version it started from',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    name: nameSchema.optional(),
    definition: draftSchema.optional(),
    ownerId: z.string().max(100).nullish(),
    reviewOn: daySchema.nullish(),
  }),
  reply: workflow,
  async handle({ params, body, actor }, { db, clock }) {
    return shown(db, await saveWorkflow(db, actor, params.id, body, clock.now()))
  },
})

const remove = route({
  method: 'DELETE',
  url: '/api/v1/workflows/:id',
  can: 'workflows.edit',
  summary: 'Delete a workflow that never went live',
  tag,
  params: idParams,
  reply: done,
  async handle({ params, actor }, { db }) {
    await deleteWorkflow(db, actor, params.id)
    return { ok: true as const }
  },
})

const copy = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/copy',
  can: 'workflows.edit',
  summary: 'A new draft with the same steps',
  tag,
  params: idParams,
  reply: workflow,
  status: 201,
  handle: async ({ params, actor }, { db, clock }) =>
    shown(db, await copyWorkflow(db, actor, params.id, clock.now())),
})

const check = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/check',
  can: 'workflows.read',
  summary: 'What stands in the way of publishing, what to think about, and who is inside',
  tag,
  params: idParams,
  reply: z.object({
    problems: z.array(problem),
    hints: z.array(z.string()),
    inside: z.object({
      total: z.int(),
      steps: z.array(z.object({ node: z.string(), n: z.int(), isKept: z.boolean() })),
    }),
  }),
  handle: ({ params }, { db }) => checkWorkflow(db, params.id),
})

const publish = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/publish',
  can: 'workflows.publish',
  summary: 'Make the draft the live version; those inside stay in theirs, move over or leave',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    ownerId: z.string().max(100),
    reviewOn: daySchema,
    inside: z.enum(['stay', 'move', 'exit']).default('stay'),
  }),
  reply: workflow,
  async handle({ params, body, actor }, { db, jobs, clock }) {
    return shown(db, await publishWorkflow(db, jobs, actor, { ...body, id: params.id, now: clock.now() }))
  },
})

const pause = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/pause',
  can: 'workflows.publish',
  summary: 'Hold everybody where he stands and let nobody in',
  tag,
  params: idParams,
  reply: workflow,
  async handle({ params, actor }, { db, clock }) {
    return shown(db, await pauseWorkflow(db, actor, { id: params.id, now: clock.now() }))
  },
})

const resume = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/resume',
  can: 'workflows.publish',
  summary: 'Go on after a pause',
  tag,
  params: idParams,
  reply: workflow,
  async handle({ params, actor }, { db, jobs, clock }) {
    return shown(db, await resumeWorkflow(db, jobs, actor, { id: params.id, now: clock.now() }))
  },
})

const archive = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/archive',
  can: 'workflows.publish',
  summary: 'End it: nobody enters any more, and those inside leave',
  tag,
  params: idParams,
  reply: workflow,
  async handle({ params, actor }, { db, jobs, clock }) {
    return shown(db, await archiveWorkflow(db, jobs, actor, { id: params.id, now: clock.now() }))
  },
})

const versions = route({
  method: 'GET',
  url: '/api/v1/workflows/:id/versions',
  can: 'workflows.read',
  summary: 'Published versions, the newest first, with how many contacts stand in each',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(
      z.object({
        number: z.int(),
        definition: z.record(z.string(), z.unknown()),
        inside: z.enum(['stay', 'move', 'exit']),
        ownerId: z.string(),
        reviewOn: daySchema,
        publishedBy: z.string(),
        publishedAt: timeSchema,
        standing: z.int(),
      }),
    ),
    next: z.null(),
  }),
  async handle({ params, actor }, { db }) {
    const rows = await selectVersions(db, params.id)
    return {
      items: rows.map(row => ({
        ...row,
        definition: visibleTo(actor, z.record(z.string(), z.unknown()).parse(row.definition)),
      })),
      next: null,
    }
  },
})

const uses = route({
  method: 'GET',
  url: '/api/v1/workflows/:id/used-by',
  can: 'workflows.read',
  summary: 'What moves contacts into this workflow',
  tag,
  params: idParams,
  reply: z.object({ items: z.array(thing), next: z.null() }),
  handle: async ({ params }, { db }) => ({
    items: await usedBy(db, { kind: 'workflow', id: params.id }),
    next: null,
  }),
})

export const workflowRoutes: Route[] = [
  list,
  create,
  read,
  save,
  remove,
  copy,
  check,
  publish,
  pause,
  resume,
  archive,
  versions,
  uses,
]
