import type { Thing } from '#access/references.ts'
import { listsByIds } from '#audience/lists.ts'
import { scoreModelsByIds } from '#decisions/score-models.ts'
import { segmentsByIds } from '#decisions/segments.ts'
import { emailsByIds } from '#outreach/emails.ts'
import type { Db } from '#platform/db/db.ts'
import { type Definition, definitionSchema } from './definition.ts'
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
  'score-model': { noun: 'score', read: scoreModelsByIds },
  workflow: { noun: 'workflow', read: selectNames },
  list: { noun: 'list', read: listsByIds },
}

/** Reads what these references point at: one statement per kind. */
export async function lookUp(db: Db, references: Reference[]): Promise<Known> {
  const found = new Map<string, Found>()
  for (const kind of Object.keys(readers)) {
    if (!isKind(kind)) continue
    const ids = [...new Set(references.filter(each => each.kind === kind).map(each => each.id))]
    if (ids.length === 0) continue
    for (const thing of await readers[kind].read(db, ids)) found.set(`${kind}:${thing.id}`, thing)
  }
  return {
    names: ({ kind, id }) => found.get(`${kind}:${id}`)?.name,
    whyNot({ kind, id }) {
      const thing = found.get(`${kind}:${id}`)
      const { noun } = readers[kind]
      if (!thing) return `This ${noun} does not exist (any more)`
      if (thing.status === undefined || thing.status === 'live') return null
      return `The ${noun} “${thing.name}” is ${thing.status === 'draft' ? 'not published yet' : thing.status}`
    },
  }
}

function isKind(kind: string): kind is Reference['kind'] {
  return Object.hasOwn(readers, kind)
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

/** Segments, lists and scores named anywhere in the filters of a definition. Walks any JSON, finished or not. */
export function filterReferences(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(filterReferences)
  if (typeof value !== 'object' || value === null) return []
  const { type, segmentId, listId, modelId } = value as Record<string, unknown>
  const own: Reference[] = []
  if (type === 'segment' && typeof segmentId === 'string') own.push({ kind: 'segment', id: segmentId })
  if (type === 'list' && typeof listId === 'string') own.push({ kind: 'list', id: listId })
  if (type === 'score' && typeof modelId === 'string') own.push({ kind: 'score-model', id: modelId })
  return [...own, ...Object.values(value).flatMap(filterReferences)]
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
