import { hash } from 'node:crypto'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type Exchange, type Failure, failureKinds } from './connector.ts'
import type { Link } from './links.sql.ts'
import type { Kind } from './mapping.ts'
import type { Work } from './sides/side.ts'

/** What a call can fail by, and what only the engine sees. */
export const issueKinds = [...failureKinds, 'ambiguous', 'merge', 'ping_pong', 'unknown_value'] as const
export type IssueKind = (typeof issueKinds)[number]

/** What a person can do about it, for the screen. */
export const nextSteps: Record<IssueKind, string> = {
  auth: 'Sign in to the CRM again or correct the key, test the connection, then resume it.',
  throttle:
    'Nothing to do: it goes on when the CRM allows it. Raise the calls per day if this happens daily.',
  transient: 'The CRM or the network failed several times. Retry when it is well again.',
  lock: 'The CRM had these records locked. Retry; if it stays so, look for an automation there that holds them.',
  invalid: 'Correct the value here, or change the mapping of the field, then retry.',
  duplicate: 'The CRM knows this record already. Merge it there, or link it, then retry.',
  denied: 'Give the user of this connection the right to these records or fields, then retry.',
  gone: 'The record was deleted in the CRM. Nothing is made again by itself; ignore it, or restore it there.',
  schema: 'The CRM has changed: look at the mapping, remove or replace the field, publish.',
  conflict: 'Somebody changes the record all the time. Retry.',
  ambiguous: 'Several records in the CRM fit one contact. Merge them there, then retry.',
  merge: 'The CRM says that two of your contacts are one person. Merge them here.',
  ping_pong: 'Two rules fight over this field: change its direction in the mapping, then retry to free it.',
  unknown_value:
    'Add the value to the value map of this field and publish, or correct it where it stands, then retry.',
}

export type Trouble = {
  kind: IssueKind
  words: string
  code?: string
  fields?: string[]
  sample?: Exchange
  of: Kind
  localId: string | null
  remoteType: string | null
  remoteId: string | null
}

export const troubleOf = (
  failure: Failure,
  about: Pick<Trouble, 'of' | 'localId' | 'remoteType' | 'remoteId'>,
): Trouble => ({
  kind: failure.kind,
  words: failure.words,
  ...(failure.code === undefined ? {} : { code: failure.code }),
  ...(failure.fields === undefined ? {} : { fields: failure.fields }),
  ...(failure.sample === undefined ? {} : { sample: failure.sample }),
  ...about,
})

/** One cause: what differs from record to record (ids, numbers, quoted values) does not count. */
function fingerprint({ kind, code, fields, remoteType, words }: Trouble): string {
  const shape = words.replace(/["'“”‘’«].*?["'“”‘’»]/g, '…').replace(/[\d@]\S*/g, '#')
  const cause = [kind, remoteType ?? '', ...(code ? [code] : [shape]), ...[...(fields ?? [])].sort()]
  return hash('sha256', cause.join('\n')).slice(0, 32)
}

const itemOf = ({ of, localId, remoteType, remoteId }: Trouble) =>
  [of, localId ?? '', remoteType ?? '', remoteId ?? ''].join(':')

/** Files troubles under their causes; an ignored cause stays ignored. Returns the id of the issue for each. */
export async function raiseAll(
  trx: Db,
  connectionId: string,
  troubles: Trouble[],
  now: Date,
): Promise<string[]> {
  if (troubles.length === 0) return []
  const marked = troubles.map(trouble => ({ ...trouble, print: fingerprint(trouble) }))
  const causes = [...new Map(marked.map(each => [each.print, each])).values()].sort((a, b) =>
    a.print < b.print ? -1 : 1,
  )
  const stored = await many<{ id: string; print: string }>(
    trx,
    sql`
    insert into crm.issue as known (id, connection_id, fingerprint, kind, remote_type, words, fields, sample, state, first_at, last_at)
    select id, ${connectionId}::bigint, print, kind, "remoteType", words, array(select jsonb_array_elements_text(fields)), sample, 'open',
      ${now}::timestamptz, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(causes.map(each => ({ ...each, id: newId(), fields: each.fields ?? [] })))}::jsonb)
      as fresh (id bigint, print text, kind text, "remoteType" text, words text, fields jsonb, sample jsonb)
    on conflict (connection_id, fingerprint) do update set last_at = excluded.last_at, words = excluded.words,
      sample = coalesce(excluded.sample, known.sample),
      state = case when known.state = 'ignored' then known.state else 'open' end
    returning id, fingerprint as print`,
  )
  const idOf = new Map(stored.map(row => [row.print, row.id]))
  const items = marked.map(each => ({ ...each, issueId: idOf.get(each.print), item: itemOf(each) }))
  await run(
    trx,
    sql`
    insert into crm.issue_item as known (issue_id, item, connection_id, kind, local_id, remote_type, remote_id, words, at)
    select distinct on ("issueId", item) "issueId", item, ${connectionId}::bigint, "of", "localId", "remoteType", "remoteId", words, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as fresh ("issueId" bigint, item text, "of" text,
      "localId" bigint, "remoteType" text, "remoteId" text, words text)
    on conflict (issue_id, item) do update set words = excluded.words, at = excluded.at`,
  )
  return marked.map(each => idOf.get(each.print) ?? '')
}

/** One trouble about one linked record. */
export async function raise(
  trx: Db,
  work: Pick<Work, 'connection' | 'object' | 'now'>,
  given: { kind: IssueKind; words: string; fields?: string[]; link: Link },
): Promise<void> {
  const { link, ...rest } = given
  const about = { of: link.kind, localId: link.localId, remoteType: link.remoteType, remoteId: link.remoteId }
  await raiseAll(trx, work.connection.id, [{ ...rest, ...about }], work.now)
}

/** What works now has no issue any more; a cause without records is resolved. */
export async function clearItems(
  trx: Db,
  connectionId: string,
  kind: Kind,
  localIds: string[],
): Promise<void> {
  if (localIds.length === 0) return
  const gone = await many<{ issueId: string }>(
    trx,
    sql`
    delete from crm.issue_item i using crm.issue cause where cause.id = i.issue_id and cause.kind not in ('ping_pong', 'merge', 'unknown_value')
      and i.connection_id = ${connectionId}::bigint and i.kind = ${kind} and i.local_id = any(${localIds}::bigint[])
    returning i.issue_id as "issueId"`,
  )
  await resolveEmpty(
    trx,
    gone.map(row => row.issueId),
  )
}

export async function resolveEmpty(trx: Db, issueIds: string[]): Promise<void> {
  if (issueIds.length === 0) return
  await run(
    trx,
    sql`
    update crm.issue i set state = 'resolved' where i.id = any(${[...new Set(issueIds)]}::bigint[]) and i.state = 'open'
      and not exists (select from crm.issue_item t where t.issue_id = i.id)`,
  )
}
