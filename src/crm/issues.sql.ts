import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Exchange } from './connector.ts'
import { type IssueKind, resolveEmpty } from './issues.ts'

export type Issue = {
  id: string
  connectionId: string
  kind: IssueKind
  remoteType: string | null
  words: string
  fields: string[]
  sample: Exchange | null
  state: 'open' | 'ignored' | 'resolved'
  count: number
  firstAt: Date
  lastAt: Date
}
export type IssueItem = {
  item: string
  kind: string
  localId: string | null
  remoteType: string | null
  remoteId: string | null
  words: string
  at: Date
}

const columns = sql`i.id, i.connection_id as "connectionId", i.kind, i.remote_type as "remoteType", i.words, i.fields, i.sample, i.state,
  (select count(*)::int from crm.issue_item t where t.issue_id = i.id) as count, i.first_at as "firstAt", i.last_at as "lastAt"`

/** Causes, the latest first. */
export function selectIssues(
  db: Db,
  ask: {
    connectionId: string | null
    state: string | null
    before: { at: string; id: string } | null
    limit: number
  },
): Promise<Issue[]> {
  return many(
    db,
    sql`
    select ${columns} from crm.issue i
    where ${ask.connectionId ? sql`i.connection_id = ${ask.connectionId}::bigint` : sql`true`}
      and ${ask.state ? sql`i.state = ${ask.state}` : sql`true`}
      and ${ask.before ? sql`(i.last_at, i.id) < (${ask.before.at}::timestamptz, ${ask.before.id}::bigint)` : sql`true`}
    order by i.last_at desc, i.id desc limit ${ask.limit}`,
  )
}

export async function getIssue(db: Db, id: string): Promise<Issue> {
  const issue = await maybeOne<Issue>(db, sql`select ${columns} from crm.issue i where i.id = ${id}::bigint`)
  if (!issue) throw notFound('issue')
  return issue
}

export function selectItems(
  db: Db,
  ask: { issueId: string; after: string | null; limit: number },
): Promise<IssueItem[]> {
  return many(
    db,
    sql`
    select item, kind, local_id as "localId", remote_type as "remoteType", remote_id as "remoteId", words, at from crm.issue_item
    where issue_id = ${ask.issueId}::bigint and item > ${ask.after ?? ''} order by item limit ${ask.limit}`,
  )
}

/** Everything that is parked under a cause is looked at again, fields that rest are freed. Returns how many. */
export async function retryIssue(trx: Db, issue: Issue, now: Date): Promise<number> {
  const id = sql`${issue.id}::bigint`
  const outbox = await run(
    trx,
    sql`
    update crm.outbox set state = 'waiting', attempts = 0, not_before = ${now}::timestamptz, queued_at = ${now}::timestamptz,
      lane = 'interactive', issue_id = null, seq = seq + 1
    where issue_id = ${id}`,
  )
  const removals = await run(
    trx,
    sql`
    update crm.removal r set state = 'waiting', attempts = 0, at = ${now}::timestamptz from crm.issue_item t
    where t.issue_id = ${id} and r.state = 'parked' and r.connection_id = t.connection_id and r.remote_type = t.remote_type and r.remote_id = t.remote_id`,
  )
  const freed = await run(
    trx,
    sql`
    update crm.link l set frozen = array(select unnest(l.frozen) except select unnest(${issue.fields}::text[])), flips = '{}'
    from crm.issue_item t where t.issue_id = ${id} and ${issue.kind === 'ping_pong'}
      and l.connection_id = t.connection_id and l.remote_type = t.remote_type and l.remote_id = t.remote_id`,
  )
  await run(
    trx,
    sql`
    insert into crm.hint (connection_id, remote_type, remote_id, at)
    select connection_id, remote_type, remote_id, ${now}::timestamptz from crm.issue_item
    where issue_id = ${id} and remote_type is not null and remote_id is not null on conflict do nothing`,
  )
  await run(trx, sql`delete from crm.issue_item where issue_id = ${id}`)
  await run(trx, sql`update crm.issue set state = 'open' where id = ${id}`)
  await resolveEmpty(trx, [issue.id])
  return outbox + removals + freed
}

/** What is parked under a cause is given up until it changes; the cause is not shown as open any more. */
export async function ignoreIssue(trx: Db, issueId: string): Promise<void> {
  await run(trx, sql`update crm.issue set state = 'ignored' where id = ${issueId}::bigint`)
  await run(trx, sql`delete from crm.outbox where issue_id = ${issueId}::bigint`)
}

/** Has the records of these people read and compared again, whatever was agreed on. Returns how many. */
export async function resync(
  trx: Db,
  ask: { connectionId: string; contactIds: string[]; now: Date },
): Promise<number> {
  return run(
    trx,
    sql`
    insert into crm.hint (connection_id, remote_type, remote_id, at)
    select l.connection_id, l.remote_type, l.remote_id, ${ask.now}::timestamptz from crm.link l
    where l.connection_id = ${ask.connectionId}::bigint and l.state = 'active' and l.kind = 'person'
      and l.local_id = any(${ask.contactIds}::bigint[])
    on conflict do nothing`,
  )
}
