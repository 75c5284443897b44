import { z } from 'zod'
import { contactsForRender } from '#audience/contacts.ts'
import type { Db } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { draftSchema } from './definition.ts'
import { enterByHand, staysOf, takeOut, unpark } from './enrolments.ts'
import { nodes } from './nodes/all.ts'
import { type Participant, selectParticipants, selectPath } from './participants.sql.ts'
import { sentencesOf } from './sentences.ts'
import { countEnds, countStanding, selectDefinitions, sumTally } from './workflows.sql.ts'

const tag = 'Workflows'
const stayStatus = z.enum(['active', 'done', 'left', 'parked'])

const stay = z.object({
  enrolmentId: idSchema,
  contactId: idSchema,
  workflowId: idSchema,
  workflowName: z.string(),
  version: z.int(),
  status: stayStatus,
  node: z.string(),
  /** The step the contact stands at, in words. */
  place: z.string(),
  arrivedAt: timeSchema,
  wakeAt: timeSchema.nullable(),
  held: z.boolean(),
  enteredAt: timeSchema,
  endedAt: timeSchema.nullable(),
  endReason: z.string().nullable(),
})
const pathStep = z.object({
  id: z.int(),
  node: z.string(),
  place: z.string(),
  exit: z.string(),
  at: timeSchema,
  causeId: idSchema.nullable(),
})

const participants = route({
  method: 'GET',
  url: '/api/v1/workflows/:id/participants',
  can: 'workflows.read',
  summary: 'Contacts who came in, the newest first, with the step each stands at',
  tag,
  params: idParams,
  query: pageQuery.extend({ status: stayStatus.optional(), node: z.string().max(64).optional() }),
  reply: pageOf(stay.extend({ contactName: z.string().nullable(), contactEmail: z.string().nullable() })),
  async handle({ params, query }, { db }) {
    const before = readCursor(query.cursor, idSchema)
    const wanted = { workflowId: params.id, status: query.status ?? null, node: query.node ?? null }
    const rows = await selectParticipants(db, { ...wanted, before, limit: query.limit + 1 })
    const { items, next } = page(rows, query.limit, row => row.enrolmentId)
    const people = await contactsForRender(db, [...new Set(items.map(row => row.contactId))])
    const byId = new Map(people.map(person => [person.id, person]))
    const placed = await withPlaces(db, items)
    return {
      next,
      items: placed.map(row => {
        const person = byId.get(row.contactId)
        const name = [person?.firstName, person?.lastName].filter(Boolean).join(' ')
        return { ...row, contactName: name || null, contactEmail: person?.email ?? null }
      }),
    }
  },
})

const ofContact = route({
  method: 'GET',
  url: '/api/v1/contacts/:id/workflows',
  can: 'contacts.read',
  summary: 'Every workflow a contact is or was in, with the step he stands at and the steps done',
  tag,
  params: idParams,
  reply: z.object({ items: z.array(stay.extend({ path: z.array(pathStep) })), next: z.null() }),
  async handle({ params }, { db }) {
    const rows = await staysOf(db, params.id)
    const steps = await selectPath(
      db,
      params.id,
      rows.map(row => row.enrolmentId),
    )
    const words = await wordsOf(db, rows)
    const placed = await withPlaces(db, rows)
    return {
      next: null,
      items: placed.map(row => ({
        ...row,
        path: steps
          .filter(step => step.enrolmentId === row.enrolmentId)
          .map(({ enrolmentId: _, ...step }) => ({ ...step, place: words(row, step.node) })),
      })),
    }
  },
})

const enterRoute = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/participants',
  can: 'workflows.enrol',
  summary: 'Let a contact in by hand',
  tag,
  params: idParams,
  body: z.object({ contactId: idSchema }),
  reply: z.object({ enrolmentId: idSchema }),
  status: 201,
  async handle({ params, body, actor }, { db, clock }) {
    const given = { workflowId: params.id, contactId: body.contactId, now: clock.now() }
    return { enrolmentId: await enterByHand(db, actor, given) }
  },
})

const stayParams = idParams.extend({ enrolmentId: idSchema })

const removeRoute = route({
  method: 'DELETE',
  url: '/api/v1/workflows/:id/participants/:enrolmentId',
  can: 'workflows.enrol',
  summary: 'Take a contact out; what he waits for is cancelled at once',
  tag,
  params: stayParams,
  reply: done,
  async handle({ params, actor }, { db, clock }) {
    await takeOut(db, actor, { workflowId: params.id, enrolmentId: params.enrolmentId, now: clock.now() })
    return { ok: true as const }
  },
})

const retryRoute = route({
  method: 'POST',
  url: '/api/v1/workflows/:id/participants/:enrolmentId/retry',
  can: 'workflows.enrol',
  summary: 'Let a contact who was set aside try his step again',
  tag,
  params: stayParams,
  reply: done,
  async handle({ params }, { db, clock }) {
    await unpark(db, { workflowId: params.id, enrolmentId: params.enrolmentId, now: clock.now() })
    return { ok: true as const }
  },
})

const counts = route({
  method: 'GET',
  url: '/api/v1/workflows/:id/counts',
  can: 'workflows.read',
  summary: 'How many stand at each step and how many left it by each way, in all versions or one',
  tag,
  params: idParams,
  query: z.object({ version: z.coerce.number().int().min(1).optional() }),
  reply: z.object({
    ends: z.object({ active: z.int(), done: z.int(), left: z.int(), parked: z.int() }),
    steps: z.record(z.string(), z.object({ here: z.int(), exits: z.record(z.string(), z.number()) })),
  }),
  async handle({ params, query }, { db }) {
    const version = query.version ?? null
    const [standing, tally, ends] = await Promise.all([
      countStanding(db, params.id, version),
      sumTally(db, params.id, version),
      countEnds(db, params.id),
    ])
    const steps: Record<string, { here: number; exits: Record<string, number> }> = {}
    const at = (node: string) => {
      steps[node] ??= { here: 0, exits: {} }
      return steps[node]
    }
    for (const { node, n } of standing) at(node).here = n
    for (const { node, exit, n } of tally) at(node).exits[exit] = n
    return { ends, steps }
  },
})

const kinds = route({
  method: 'GET',
  url: '/api/v1/workflow-nodes',
  can: 'workflows.read',
  summary: 'The kinds of steps, with the JSON schema of their settings',
  tag,
  reply: z.object({
    items: z.array(
      z.object({
        type: z.string(),
        title: z.string(),
        category: z.string(),
        words: z.string(),
        initial: z.record(z.string(), z.unknown()),
        /** The ways out with the initial settings; null when they depend on settings still to be made. */
        exits: z.array(z.string()).nullable(),
        settings: z.record(z.string(), z.unknown()),
      }),
    ),
    next: z.null(),
  }),
  handle: async () => ({ items: catalogue, next: null }),
})

const catalogue = nodes.map(node => ({
  type: node.type,
  title: node.title,
  category: node.category,
  words: node.words,
  initial: node.initial,
  exits: node.usualExits,
  settings: z
    .record(z.string(), z.unknown())
    .parse(z.toJSONSchema(node.settings, { io: 'input', unrepresentable: 'any' })),
}))

/** Adds the words of the step each stands at, in the version he is in. */
async function withPlaces(db: Db, rows: Participant[]): Promise<(Participant & { place: string })[]> {
  const words = await wordsOf(db, rows)
  return rows.map(row => ({ ...row, place: words(row, row.node) }))
}

async function wordsOf(db: Db, rows: Participant[]): Promise<(row: Participant, node: string) => string> {
  const keys = [...new Map(rows.map(row => [`${row.workflowId}:${row.version}`, row])).values()]
  const wanted = keys.map(key => ({ workflowId: key.workflowId, number: key.version }))
  const versions = await selectDefinitions(db, wanted)
  const byVersion = new Map<string, Record<string, string>>()
  for (const { workflowId, number, definition } of versions) {
    const draft = draftSchema.parse(definition)
    const { steps } = await sentencesOf(db, draft)
    const titles = Object.entries(draft.nodes ?? {}).flatMap(([id, { title }]) => {
      return typeof title === 'string' ? [[id, title] as const] : []
    })
    byVersion.set(`${workflowId}:${number}`, { ...steps, ...Object.fromEntries(titles) })
  }
  return (row, node) => byVersion.get(`${row.workflowId}:${row.version}`)?.[node] ?? node
}

export const participantRoutes: Route[] = [
  participants,
  ofContact,
  enterRoute,
  removeRoute,
  retryRoute,
  counts,
  kinds,
]
