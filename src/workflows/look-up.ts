import type { Thing } from '#access/references.ts'
import { listsByIds } from '#audience/lists.ts'
import { campaignsByIds } from '#crm/actions.ts'
import { filterSchema, usesOf } from '#decisions/filter.ts'
import { listScoreModels } from '#decisions/score-models.ts'
import { segmentsByIds } from '#decisions/segments.ts'
import { emailsByIds } from '#outreach/emails.ts'
import type { Db } from '#platform/db/db.ts'
import { type Definition, type Draft, definitionSchema } from './definition.ts'
import { findProblems } from './graph.ts'
import type { Names, Reference } from './node.ts'
import { selectNames, selectOthers, type WorkflowRow } from './workflows.sql.ts'

type Found = { id: string; name: string; status?: string; liveVersion?: number | string | null }

/** What references point at: names for sentences, and what keeps a workflow from going live. */
export type Known = {
  names: Names
  /** A sentence if this reference stands in the way of publishing, or null. */
  whyNot(reference: Reference): string | null
}

const readers: Record<
  Reference['kind'],
  { noun: string; read: (db: Db, ids: string[]) => Promise<Found[]> }
> = {
  email: { noun: 'email', read: emailsByIds },
  segment: { noun: 'segment', read: segmentsByIds },
  'score-model': { noun: 'score', read: readScoreModels },
  workflow: { noun: 'workflow', read: selectNames },
  list: { noun: 'list', read: listsByIds },
  'crm-campaign': { noun: 'campaign of the CRM', read: campaignsByIds },
}

async function readScoreModels(db: Db, ids: string[]): Promise<Found[]> {
  return (await listScoreModels(db, { archived: true })).filter(model => ids.includes(model.id))
}

/** Reads what these references point at: one statement per kind. */
export async function lookUp(db: Db, references: Reference[]): Promise<Known> {
  const found = new Map<string, Found>()
  for (const [kind, { read }] of Object.entries(readers)) {
    const ids = [...new Set(references.filter(each => each.kind === kind).map(each => each.id))]
    if (ids.length === 0) continue
    for (const thing of await read(db, ids)) found.set(`${kind}:${thing.id}`, thing)
  }
  return {
    names: ({ kind, id }) => found.get(`${kind}:${id}`)?.name,
    whyNot({ kind, id }) {
      const thing = found.get(`${kind}:${id}`)
      const noun = readers[kind]?.noun
      if (!noun) return null
      if (!thing) return `This ${noun} does not exist (any more)`
      if (thing.status === undefined || thing.status === 'live') return null
      return `The ${noun} “${thing.name}” is ${thing.status === 'draft' ? 'not published yet' : thing.status}`
    },
  }
}

/** What a draft relies on, for "used by" of the others: steps and the filters in them. */
export async function draftReferences(_db: Db, row: WorkflowRow): Promise<Thing[]> {
  const { references } = findProblems(row.definition)
  const others = references.filter(
    ({ reference }) => reference.kind !== 'workflow' || reference.id !== row.id,
  )
  const things = [...others.map(({ reference }) => reference), ...filterReferences(row.definition)]
  return [...new Map(things.map(thing => [`${thing.kind}:${thing.id}`, thing])).values()]
}

/** What the filters around the steps (trigger, exit, goal) point at, as far as they can be read. */
export function filterReferences({ trigger, exit, goal }: Draft): Reference[] {
  const filters = [trigger?.filter, isRecord(exit) ? exit.filter : null, goal]
  return filters.flatMap(filter => {
    const read = filterSchema.safeParse(filter)
    return read.success ? usesOf(read.data) : []
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What to think about before publishing: other workflows with the same trigger, and fields with two writers. */
export async function findOverlaps(
  db: Db,
  id: string,
  definition: Definition,
  writes: string[],
): Promise<string[]> {
  const hints: string[] = []
  for (const other of await selectOthers(db, id)) {
    const theirs = definitionSchema.safeParse(other.definition)
    if (!theirs.success) continue
    const { trigger } = theirs.data
    if (trigger.event === definition.trigger.event && trigger.name === definition.trigger.name) {
      hints.push(`“${other.name}” starts on the same event: a contact can be in both at once.`)
    }
    const both = findProblems(theirs.data).writes.filter(field => writes.includes(field))
    for (const field of new Set(both))
      hints.push(`“${other.name}” writes the field ${field} too: the last one wins.`)
  }
  return hints
}
