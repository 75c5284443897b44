import { audit } from '#access/audit.ts'
import { setReferences, usedBy } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Draft } from './definition.ts'
import { draftReferences } from './look-up.ts'
import {
  deleteDraft,
  insertWorkflow,
  type ListedWorkflow,
  type Status,
  selectWorkflow,
  selectWorkflows,
  updateDraft,
  type WorkflowRow,
} from './workflows.sql.ts'

export type { ListedWorkflow, Status, WorkflowRow } from './workflows.sql.ts'

/** What a new workflow starts with when nothing is given: nothing, which is a draft like any other. */
const emptyDraft: Draft = { trigger: null, reentry: 'once', start: null, nodes: {} }

/** Adds a workflow as a draft. */
export async function createWorkflow(
  db: Db,
  actor: Actor,
  given: { name: string; definition?: Draft | undefined },
  now: Date,
): Promise<WorkflowRow> {
  const id = newId()
  return inTransaction(db, async trx => {
    await insertWorkflow(trx, {
      id,
      name: given.name,
      definition: given.definition ?? emptyDraft,
      by: actor.name,
      now,
    })
    await stateUses(trx, await getWorkflow(trx, id))
    await audit(trx, actor, 'workflows.create', { kind: 'workflow', id }, { name: given.name })
    return getWorkflow(trx, id)
  })
}

/** One workflow with its draft; throws `not_found`. */
export async function getWorkflow(db: Db, id: string): Promise<WorkflowRow> {
  const row = await selectWorkflow(db, id)
  if (!row) throw notFound('workflow')
  return row
}

/** A page of workflows by name, with how many are inside and ever came in. */
export function listWorkflows(
  db: Db,
  wanted: { after: { name: string; id: string } | null; limit: number; status: Status | null },
): Promise<ListedWorkflow[]> {
  return selectWorkflows(db, wanted)
}

export type DraftChange = {
  version: number
  name?: string | undefined
  definition?: Draft | undefined
  ownerId?: string | null | undefined
  reviewOn?: string | null | undefined
}

/** Saves a draft, finished or not. Throws `stale` with who and when if somebody saved it meanwhile. */
export async function saveWorkflow(
  db: Db,
  actor: Actor,
  id: string,
  change: DraftChange,
  now: Date,
): Promise<WorkflowRow> {
  return inTransaction(db, async trx => {
    const before = await getWorkflow(trx, id)
    const saved = await updateDraft(trx, {
      id,
      version: change.version,
      name: change.name ?? before.name,
      definition: change.definition ?? before.definition,
      ownerId: change.ownerId === undefined ? before.ownerId : change.ownerId,
      reviewOn: change.reviewOn === undefined ? before.reviewOn : change.reviewOn,
      by: actor.name,
      now,
    })
    if (!saved) throw stale(before)
    const after = await getWorkflow(trx, id)
    await stateUses(trx, after)
    return after
  })
}

/** The refusal of a save that started from an older version. */
export function stale(current: WorkflowRow): Error {
  return conflict(
    'stale',
    `${current.updatedBy} has changed this workflow meanwhile. Load it again to go on.`,
    {
      updatedBy: current.updatedBy,
      updatedAt: current.updatedAt.toISOString(),
      version: current.version,
    },
  )
}

/** A copy is a new draft with the same steps: no participants, no versions, no ties to the original. */
export async function copyWorkflow(db: Db, actor: Actor, id: string, now: Date): Promise<WorkflowRow> {
  const { name, definition } = await getWorkflow(db, id)
  return createWorkflow(
    db,
    actor,
    { name: `${name} (copy)`.slice(0, 200), definition: structuredClone(definition) },
    now,
  )
}

/** Deletes a workflow that never went live and that nothing uses. What ran is archived instead: its history stays. */
export async function deleteWorkflow(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const { name } = await getWorkflow(trx, id)
    const users = await usedBy(trx, { kind: 'workflow', id })
    if (users.length > 0) {
      const names = users.map(user => user.name).join(', ')
      throw conflict('in_use', `This workflow is used by ${names}.`, { usedBy: users })
    }
    if (!(await deleteDraft(trx, id))) {
      throw conflict('has_run', 'This workflow has been live. Archive it instead, so that its history stays.')
    }
    await setReferences(trx, { kind: 'workflow', id, name }, [])
    await audit(trx, actor, 'workflows.delete', { kind: 'workflow', id }, { name })
  })
}

async function stateUses(trx: Db, row: WorkflowRow): Promise<void> {
  await setReferences(trx, { kind: 'workflow', id: row.id, name: row.name }, await draftReferences(trx, row))
}
