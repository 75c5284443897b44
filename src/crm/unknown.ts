import { type Db, many, sql } from '#platform/db/db.ts'
import type { Judged } from './apply.ts'
import type { Value } from './connector.ts'
import { raiseAll, resolveEmpty, type Trouble } from './issues.ts'
import type { Work } from './sides/side.ts'
import type { FieldInUse } from './translate.ts'
import { toLocal, toRemote } from './values.ts'

/** Values that have no counterpart on the other side, where the mapping wants people to be told of them. */
export async function raiseUnknown(
  trx: Db,
  work: Work,
  judged: Judged[],
  fields: FieldInUse[],
): Promise<void> {
  const told = fields.filter(field => field.unknown === 'issue' && field.refers === null)
  if (told.length === 0 || judged.length === 0) return
  const { id } = work.connection
  const cleared = await many<{ issueId: string }>(
    trx,
    sql`
    delete from crm.issue_item t using crm.issue i where i.id = t.issue_id and i.kind = 'unknown_value'
      and t.connection_id = ${id}::bigint and t.kind = ${work.object.kind} and t.remote_type = ${work.object.remote}
      and t.local_id = any(${judged.map(({ link }) => link.localId)}::bigint[])
    returning t.issue_id as "issueId"`,
  )
  const troubles = judged.flatMap(each => told.flatMap(field => troubleOf(each, field)))
  await raiseAll(trx, id, troubles, work.now)
  await resolveEmpty(
    trx,
    cleared.map(row => row.issueId),
  )
}

function troubleOf({ link, record, merged }: Judged, field: FieldInUse): Trouble[] {
  const theirs = record.values[field.remote]
  const ours = merged?.there[field.local]
  const isTheirs = theirs !== undefined && toLocal(field, theirs) === undefined
  if (!isTheirs && (ours === undefined || toRemote(field, ours) !== undefined)) return []
  const words = isTheirs ? said('The CRM’s', theirs, 'here') : said('Our', ours ?? null, 'in the CRM')
  const { localId, remoteType, remoteId } = link
  const about = { of: link.kind, localId, remoteType, remoteId }
  return [{ kind: 'unknown_value', words, code: 'unknown_value', fields: [field.local], ...about }]
}

const said = (whose: string, value: Value, where: string) =>
  `${whose} value “${String(value).slice(0, 100)}” means nothing ${where} by the mapping of this field.`
