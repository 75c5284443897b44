import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { Draft } from './definition.ts'

export type Status = 'draft' | 'live' | 'paused' | 'archived'
export type Inside = 'stay' | 'move' | 'exit'

export type WorkflowRow = {
  id: string
  name: string
  status: Status
  definition: Draft
  version: number
  liveVersion: number | null
  ownerId: string | null
  /** `YYYY-MM-DD` */
  reviewOn: string | null
  updatedAt: Date
  updatedBy: string
  createdAt: Date
}

const columns = sql`w.id, w.name, w.status, w.draft as definition, w.version, w.live_version as "liveVersion",
  w.owner_id as "ownerId", w.review_on::text as "reviewOn", w.updated_at as "updatedAt", w.updated_by as "updatedBy",
  w.created_at as "createdAt"`

export function selectWorkflow(db: Db, id: string): Promise<WorkflowRow | undefined> {
  return maybeOne<WorkflowRow>(
    db,
    sql`select ${columns} from workflows.workflow w where w.id = ${id}::bigint`,
  )
}

export type ListedWorkflow = Omit<WorkflowRow, 'definition'> & {
  inside: number
  parked: number
  entered: number
}

/** Newest change first is tempting, but pages must not shift under the reader: by name, then id. */
export function selectWorkflows(
  db: Db,
  wanted: { after: { name: string; id: string } | null; limit: number; status: Status | null },
): Promise<ListedWorkflow[]> {
  const { after, limit, status } = wanted
  return many(
    db,
    sql`select ${columns}, (
        select count(*)::int from workflows.enrolment e where e.workflow_id = w.id and e.status = 'active') as inside, (
        select count(*)::int from workflows.enrolment e where e.workflow_id = w.id and e.status = 'parked') as parked, (
        select count(*)::int from workflows.enrolment e where e.workflow_id = w.id) as entered
      from workflows.workflow w
      where (${after?.name ?? null}::text is null or (w.name, w.id) > (${after?.name ?? ''}, ${after?.id ?? '0'}::bigint))
        and (${status}::text is null or w.status = ${status})
      order by w.name, w.id limit ${limit}`,
  )
}

export async function insertWorkflow(
  db: Db,
  row: { id: string; name: string; definition: Draft; by: string; now: Date },
): Promise<void> {
  await run(
    db,
    sql`insert into workflows.workflow (id, name, status, draft, version, updated_at, updated_by, created_at)
      values (${row.id}::bigint, ${row.name}, 'draft', ${JSON.stringify(row.definition)}::jsonb, 1, ${row.now},
        ${row.by}, ${row.now})`,
  )
}

/** Saves a draft that still is at the version the editor started from; false when somebody was faster. */
export async function updateDraft(
  db: Db,
  row: {
    id: string
    version: number
    name: string
    definition: Draft
    ownerId: string | null
    reviewOn: string | null
    by: string
    now: Date
  },
): Promise<boolean> {
  const saved = await run(
    db,
    sql`update workflows.workflow set name = ${row.name}, draft = ${JSON.stringify(row.definition)}::jsonb,
        owner_id = ${row.ownerId}, review_on = ${row.reviewOn}::date, version = version + 1, updated_at = ${row.now},
        updated_by = ${row.by}
      where id = ${row.id}::bigint and version = ${row.version}`,
  )
  return saved === 1
}

/** Makes the draft the live version; undefined when somebody changed it meanwhile. */
export async function insertVersion(
  db: Db,
  row: {
    id: string
    version: number
    definition: unknown
    inside: Inside
    ownerId: string
    reviewOn: string
    by: string
    now: Date
  },
): Promise<number | undefined> {
  const live = await maybeOne<{ number: number }>(
    db,
    sql`update workflows.workflow set status = 'live', live_version = coalesce((
          select max(number) from workflows.version where workflow_id = ${row.id}::bigint), 0) + 1,
        owner_id = ${row.ownerId}, review_on = ${row.reviewOn}::date, version = version + 1, updated_at = ${row.now},
        updated_by = ${row.by}
      where id = ${row.id}::bigint and version = ${row.version}
      returning live_version as number`,
  )
  if (!live) return undefined
  await run(
    db,
    sql`insert into workflows.version (workflow_id, number, definition, inside, owner_id, review_on, published_by,
        published_at)
      values (${row.id}::bigint, ${live.number}, ${JSON.stringify(row.definition)}::jsonb, ${row.inside},
        ${row.ownerId}, ${row.reviewOn}::date, ${row.by}, ${row.now})`,
  )
  return live.number
}

/** Moves a workflow from one of these states to another; false when it is in none of them. */
export async function updateStatus(
  db: Db,
  row: { id: string; from: Status[]; to: Status; by: string; now: Date },
): Promise<boolean> {
  const changed = await run(
    db,
    sql`update workflows.workflow set status = ${row.to}, version = version + 1, updated_at = ${row.now},
        updated_by = ${row.by}
      where id = ${row.id}::bigint and status = any(${row.from}::text[])`,
  )
  return changed === 1
}

export async function deleteDraft(db: Db, id: string): Promise<boolean> {
  const gone = await run(
    db,
    sql`delete from workflows.workflow where id = ${id}::bigint and live_version is null`,
  )
  return gone === 1
}

export type VersionRow = {
  number: number
  definition: unknown
  inside: Inside
  ownerId: string
  reviewOn: string
  publishedBy: string
  publishedAt: Date
  /** How many stand in it now. */
  standing: number
}

export function selectVersions(db: Db, id: string): Promise<VersionRow[]> {
  return many(
    db,
    sql`select v.number, v.definition, v.inside, v.owner_id as "ownerId", v.review_on::text as "reviewOn",
        v.published_by as "publishedBy", v.published_at as "publishedAt", (
          select count(*)::int from workflows.enrolment e
          where e.workflow_id = v.workflow_id and e.version = v.number and e.status = 'active') as standing
      from workflows.version v where v.workflow_id = ${id}::bigint order by v.number desc limit 500`,
  )
}

/** The definitions of these versions. */
export function selectDefinitions(
  db: Db,
  wanted: { workflowId: string; number: number }[],
): Promise<{ workflowId: string; number: number; definition: unknown }[]> {
  if (wanted.length === 0) return Promise.resolve([])
  return many(
    db,
    sql`select v.workflow_id as "workflowId", v.number, v.definition
      from unnest(${wanted.map(each => each.workflowId)}::bigint[], ${wanted.map(each => each.number)}::int[])
        as ask(workflow_id, number)
      join workflows.version v on v.workflow_id = ask.workflow_id and v.number = ask.number`,
  )
}

/** Live or paused workflows besides this one: what a new version may get in the way of. */
export function selectOthers(
  db: Db,
  id: string,
): Promise<{ id: string; name: string; definition: unknown }[]> {
  return many(
    db,
    sql`select w.id, w.name, v.definition from workflows.workflow w
      join workflows.version v on v.workflow_id = w.id and v.number = w.live_version
      where w.status in ('live', 'paused') and w.id <> ${id}::bigint order by w.name limit 1000`,
  )
}

export function selectNames(db: Db, ids: string[]): Promise<{ id: string; name: string; status: Status }[]> {
  if (ids.length === 0) return Promise.resolve([])
  return many(db, sql`select id, name, status from workflows.workflow where id = any(${ids}::bigint[])`)
}

/** Those standing at each step, of all versions or of one. */
export function countStanding(
  db: Db,
  id: string,
  version: number | null,
): Promise<{ node: string; n: number }[]> {
  return many(
    db,
    sql`select node, count(*)::int as n from workflows.enrolment
      where workflow_id = ${id}::bigint and status = 'active' and (${version}::int is null or version = ${version})
      group by node`,
  )
}

/** How many left each step by each way so far. */
export function sumTally(
  db: Db,
  id: string,
  version: number | null,
): Promise<{ node: string; exit: string; n: number }[]> {
  return many(
    db,
    sql`select node, exit, sum(n)::float8 as n from workflows.tally
      where workflow_id = ${id}::bigint and (${version}::int is null or version = ${version})
      group by node, exit`,
  )
}

/** The ends of stays by status. */
export function countEnds(
  db: Db,
  id: string,
): Promise<Record<'active' | 'done' | 'left' | 'parked', number>> {
  return one(
    db,
    sql`select count(*) filter (where status = 'active')::int as active,
        count(*) filter (where status = 'done')::int as done,
        count(*) filter (where status = 'left')::int as left,
        count(*) filter (where status = 'parked')::int as parked
      from workflows.enrolment where workflow_id = ${id}::bigint`,
  )
}
