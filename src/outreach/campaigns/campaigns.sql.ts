import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { CampaignSettings } from './definition.ts'

export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'stopped' | 'finished'

/** What was found while looking through an audience. `excluded`: contacts by the first reason that met them. */
export type Counts = {
  /** Memberships in what is included; a contact may have several. */
  named: number
  /** Contacts behind them. */
  people: number
  recipients: number
  excluded: Record<string, number>
  /** Of the recipients: who will wait at first, and why (`cap`, `quiet_hours`). */
  waiting: Record<string, number>
  /** Of the recipients: whose zone is not known. */
  withoutZone: number
  /** Some contacts for every reason. */
  examples: Record<string, string[]>
}

export type Review = {
  state: 'counting' | 'done'
  at: string
  /** The moment for which the gate was asked. */
  plannedAt: string
  counts: Counts
}

/** How the test ended, and by whom. */
export type Decision = { at: string; by: string; words: string }

export type CampaignRow = {
  id: string
  name: string
  status: CampaignStatus
  settings: CampaignSettings
  version: number
  ownerId: string | null
  reviewOn: string | null
  review: Review | null
  reviewVersion: number | null
  launchedAt: Date | null
  launchedBy: string | null
  startsAt: Date | null
  startedAt: Date | null
  endedAt: Date | null
  archivedAt: Date | null
  dueAt: Date | null
  frozenTo: string | null
  frozenAt: Date | null
  frozen: Counts | null
  versions: string[]
  wave: number
  decideAt: Date | null
  waits: boolean
  winner: number | null
  decision: Decision | null
  rateFrom: Date | null
  rateUsed: number
  words: string | null
  createdAt: Date
  createdBy: string
  updatedAt: Date
  updatedBy: string
}

const columns = sql`c.id, c.name, c.status, c.settings, c.version, c.owner_id as "ownerId",
  c.review_on::text as "reviewOn", c.review, c.review_version as "reviewVersion", c.launched_at as "launchedAt",
  c.launched_by as "launchedBy", c.starts_at as "startsAt", c.started_at as "startedAt", c.ended_at as "endedAt",
  c.archived_at as "archivedAt", c.due_at as "dueAt", c.frozen_to as "frozenTo", c.frozen_at as "frozenAt", c.frozen,
  c.versions::text[] as versions, c.wave, c.decide_at as "decideAt", c.waits, c.winner, c.decision,
  c.rate_from as "rateFrom", c.rate_used as "rateUsed", c.words, c.created_at as "createdAt",
  c.created_by as "createdBy", c.updated_at as "updatedAt", c.updated_by as "updatedBy"`

export function selectCampaign(db: Db, id: string): Promise<CampaignRow | undefined> {
  return maybeOne(db, sql`select ${columns} from outreach.campaign c where c.id = ${id}::bigint`)
}

/** The same, kept from others until the transaction ends. */
export function lockCampaign(trx: Db, id: string): Promise<CampaignRow | undefined> {
  return maybeOne(trx, sql`select ${columns} from outreach.campaign c where c.id = ${id}::bigint for update`)
}

/** The same for what looks after campaigns: nothing where somebody else does already. */
export function takeCampaign(trx: Db, id: string): Promise<CampaignRow | undefined> {
  return maybeOne(
    trx,
    sql`select ${columns} from outreach.campaign c where c.id = ${id}::bigint for update skip locked`,
  )
}

export function selectCampaigns(
  db: Db,
  ask: {
    status: CampaignStatus | null
    archived: boolean
    search: string | null
    before: string | null
    limit: number
  },
): Promise<CampaignRow[]> {
  return many(
    db,
    sql`
    select ${columns} from outreach.campaign c
    where (c.archived_at is not null) = ${ask.archived}
      ${ask.status ? sql`and c.status = ${ask.status}` : sql``}
      ${ask.search ? sql`and strpos(lower(c.name), lower(${ask.search}::text)) > 0` : sql``}
      ${ask.before ? sql`and c.id < ${ask.before}::bigint` : sql``}
    order by c.id desc limit ${ask.limit}`,
  )
}

export function selectCampaignNames(
  db: Db,
  ids: string[],
): Promise<{ id: string; name: string; status: CampaignStatus }[]> {
  return many(
    db,
    sql`select c.id, c.name, c.status from outreach.campaign c where c.id = any(${ids}::bigint[])`,
  )
}

export async function insertCampaign(
  db: Db,
  row: {
    id: string
    name: string
    settings: CampaignSettings
    ownerId: string | null
    by: string
    now: Date
  },
): Promise<void> {
  const now = row.now.toISOString()
  await run(
    db,
    sql`
    insert into outreach.campaign (id, name, status, settings, version, owner_id, created_at, created_by, updated_at, updated_by)
    values (${row.id}::bigint, ${row.name}, 'draft', ${JSON.stringify(row.settings)}::jsonb, 1, ${row.ownerId},
      ${now}::timestamptz, ${row.by}, ${now}::timestamptz, ${row.by})`,
  )
}

type Writable = Omit<
  CampaignRow,
  'id' | 'version' | 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'
> & {
  resumedAt: Date
}

/** Column and type of everything that changes. */
const places: { [K in keyof Writable]: [column: string, type: string] } = {
  name: ['name', 'text'],
  status: ['status', 'text'],
  settings: ['settings', 'jsonb'],
  ownerId: ['owner_id', 'text'],
  reviewOn: ['review_on', 'date'],
  review: ['review', 'jsonb'],
  reviewVersion: ['review_version', 'int'],
  launchedAt: ['launched_at', 'timestamptz'],
  launchedBy: ['launched_by', 'text'],
  startsAt: ['starts_at', 'timestamptz'],
  startedAt: ['started_at', 'timestamptz'],
  endedAt: ['ended_at', 'timestamptz'],
  archivedAt: ['archived_at', 'timestamptz'],
  dueAt: ['due_at', 'timestamptz'],
  frozenTo: ['frozen_to', 'bigint'],
  frozenAt: ['frozen_at', 'timestamptz'],
  frozen: ['frozen', 'jsonb'],
  versions: ['versions', 'bigint[]'],
  wave: ['wave', 'smallint'],
  decideAt: ['decide_at', 'timestamptz'],
  waits: ['waits', 'boolean'],
  winner: ['winner', 'smallint'],
  decision: ['decision', 'jsonb'],
  rateFrom: ['rate_from', 'timestamptz'],
  rateUsed: ['rate_used', 'int'],
  resumedAt: ['resumed_at', 'timestamptz'],
  words: ['words', 'text'],
}

function stored(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null
  if (type === 'jsonb') return JSON.stringify(value)
  return value instanceof Date ? value.toISOString() : value
}

/** Changes what is given. With `by` somebody changed it: the version grows, so that other editors notice. */
export async function changeCampaign(
  db: Db,
  id: string,
  change: { [K in keyof Writable]?: Writable[K] | undefined },
  by?: { name: string; now: Date },
): Promise<void> {
  const parts = Object.entries(change).flatMap(([key, value]) => {
    if (value === undefined) return []
    const [column, type] = places[key as keyof Writable]
    return [sql`${sql.ref(column)} = ${stored(value, type)}::${sql.raw(type)}`]
  })
  if (by)
    parts.push(
      sql`version = version + 1`,
      sql`updated_at = ${by.now.toISOString()}::timestamptz`,
      sql`updated_by = ${by.name}`,
    )
  if (parts.length === 0) return
  await run(db, sql`update outreach.campaign set ${sql.join(parts)} where id = ${id}::bigint`)
}

/** Campaigns that want to be looked after by now, the longest due first. */
export async function selectDueCampaigns(db: Db, now: Date): Promise<string[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`
    select c.id from outreach.campaign c where c.due_at <= ${now.toISOString()}::timestamptz
    order by c.due_at, c.id limit 20`,
  )
  return rows.map(row => row.id)
}
