import type { Filter } from '#decisions/filter.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

/** An address that is told of events. `types` may be `['*']`. */
export type Endpoint = {
  id: string
  name: string
  url: string
  types: string[]
  filter: Filter | null
  state: 'on' | 'off' | 'disabled'
  stateWords: string | null
  ownerId: string
  failingSince: Date | null
  failures: number
  deliveredAt: Date | null
  oldSecretUntil: Date | null
  version: number
  createdAt: Date
  updatedAt: Date
  updatedBy: string
}
export type SealedEndpoint = Endpoint & { secret: string; oldSecret: string | null }

const columns = sql`id, name, url, types, filter, state, state_words as "stateWords", owner_id as "ownerId",
  failing_since as "failingSince", failures, delivered_at as "deliveredAt", old_secret_until as "oldSecretUntil",
  version, created_at as "createdAt", updated_at as "updatedAt", updated_by as "updatedBy"`
const sealed = sql`${columns}, secret, old_secret as "oldSecret"`

/** All of them: an installation has a handful. */
export function selectEndpoints(db: Db): Promise<Endpoint[]> {
  return many(db, sql`select ${columns} from outreach.endpoint order by name, id limit 500`)
}

export function selectEndpoint(db: Db, id: string): Promise<SealedEndpoint | undefined> {
  return maybeOne(db, sql`select ${sealed} from outreach.endpoint where id = ${id}::bigint`)
}

/** Those that are called now. */
export function selectListening(db: Db): Promise<SealedEndpoint[]> {
  return many(db, sql`select ${sealed} from outreach.endpoint where state = 'on' order by id`)
}

export async function insertEndpoint(
  db: Db,
  row: Pick<Endpoint, 'id' | 'name' | 'url' | 'types' | 'filter' | 'ownerId' | 'updatedBy'> & {
    secret: string
  },
  now: Date,
): Promise<void> {
  const at = now.toISOString()
  await run(
    db,
    sql`
    insert into outreach.endpoint
      (id, name, url, types, filter, state, secret, owner_id, version, created_at, updated_at, updated_by)
    values (${row.id}::bigint, ${row.name}, ${row.url}, ${row.types}::text[],
      ${row.filter ? JSON.stringify(row.filter) : null}::jsonb, 'on', ${row.secret}, ${row.ownerId}, 1,
      ${at}::timestamptz, ${at}::timestamptz, ${row.updatedBy})`,
  )
}

/** Writes a changed endpoint where nobody else has changed it since; false where somebody has. */
export async function updateEndpoint(db: Db, row: SealedEndpoint, now: Date): Promise<boolean> {
  const changed = await run(
    db,
    sql`
    update outreach.endpoint set name = ${row.name}, url = ${row.url}, types = ${row.types}::text[],
      filter = ${row.filter ? JSON.stringify(row.filter) : null}::jsonb, state = ${row.state},
      state_words = ${row.stateWords}, secret = ${row.secret}, old_secret = ${row.oldSecret},
      old_secret_until = ${row.oldSecretUntil?.toISOString() ?? null}::timestamptz, owner_id = ${row.ownerId},
      failing_since = ${row.failingSince?.toISOString() ?? null}::timestamptz, failures = ${row.failures},
      version = version + 1, updated_at = ${now.toISOString()}::timestamptz, updated_by = ${row.updatedBy}
    where id = ${row.id}::bigint and version = ${row.version}`,
  )
  return changed > 0
}

export async function deleteEndpoint(db: Db, id: string): Promise<boolean> {
  await run(db, sql`delete from outreach.call_attempt where endpoint_id = ${id}::bigint`)
  await run(db, sql`delete from outreach.call where endpoint_id = ${id}::bigint`)
  return (await run(db, sql`delete from outreach.endpoint where id = ${id}::bigint`)) > 0
}

export type Tally = { id: string; delivered: number; failed: number; gone: boolean }

/** Keeps how endpoints are doing; returns those that failed so long, or said so, that they are called no more. */
export function tallyEndpoints(
  db: Db,
  rows: Tally[],
  { now, longestMs }: { now: Date; longestMs: number },
): Promise<{ id: string; name: string; ownerId: string; words: string }[]> {
  if (rows.length === 0) return Promise.resolve([])
  const at = now.toISOString()
  const limit = new Date(now.getTime() - longestMs).toISOString()
  return many(
    db,
    sql`
    with fresh as (
      select * from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.delivered)}::int[],
        ${rows.map(row => row.failed)}::int[], ${rows.map(row => row.gone)}::boolean[])
        as fresh (id, delivered, failed, gone)),
    told as (
      update outreach.endpoint e set
        delivered_at = case when fresh.delivered > 0 then ${at}::timestamptz else e.delivered_at end,
        failing_since = case when fresh.delivered > 0 then null else coalesce(e.failing_since, ${at}::timestamptz) end,
        failures = case when fresh.delivered > 0 then 0 else e.failures + fresh.failed end,
        state = case when fresh.gone or (fresh.delivered = 0 and e.failing_since <= ${limit}::timestamptz)
          then 'disabled' else e.state end,
        state_words = case when fresh.gone then 'it answered 410: it does not want to be called any more'
          when fresh.delivered = 0 and e.failing_since <= ${limit}::timestamptz then 'it has failed for five days'
          else e.state_words end
      from fresh where e.id = fresh.id and e.state = 'on'
      returning e.id, e.name, e.owner_id, e.state, e.state_words)
    select id, name, owner_id as "ownerId", state_words as words from told where state = 'disabled'`,
  )
}
