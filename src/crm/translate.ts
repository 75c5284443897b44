import { type Db, many, sql } from '#platform/db/db.ts'
import type { RemoteField, RemoteRecord, Value, Values } from './connector.ts'
import { localIdsOf, remoteIdsOf } from './links.sql.ts'
import { type FieldMap, isUsed, type Kind } from './mapping.ts'
import type { Arrival, LocalField, Work } from './sides/side.ts'
import { fit, toLocal, toRemote } from './values.ts'

/** Which Tend user a CRM's user is: remote id -> user id. */
async function usersHere(db: Db, connectionId: string, remoteIds: string[]): Promise<Map<string, string>> {
  if (remoteIds.length === 0) return new Map()
  const rows = await many<{ remoteId: string; userId: string }>(
    db,
    sql`
    select remote_id as "remoteId", user_id as "userId" from crm.person_of
    where connection_id = ${connectionId}::bigint and remote_id = any(${remoteIds}::text[]) and user_id is not null`,
  )
  return new Map(rows.map(row => [row.remoteId, row.userId]))
}

async function usersThere(db: Db, connectionId: string, userIds: string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map()
  const rows = await many<{ remoteId: string; userId: string }>(
    db,
    sql`
    select remote_id as "remoteId", user_id as "userId" from crm.person_of
    where connection_id = ${connectionId}::bigint and user_id = any(${userIds}::text[]) and is_active`,
  )
  return new Map(rows.map(row => [row.userId, row.remoteId]))
}

export type FieldInUse = FieldMap & { refers: Kind | null }

/** The fields of the mapping that are in use, each with what its value points to. */
export function fieldsInUse(work: Work, locals: LocalField[]): FieldInUse[] {
  const byName = new Map(locals.map(field => [field.name, field]))
  const rested = new Set(
    work.connection.drift.filter(each => each.object === work.object.remote).map(each => each.field),
  )
  return work.object.fields
    .filter(field => isUsed(field) && !rested.has(field.remote))
    .map(field => ({ ...field, refers: byName.get(field.local)?.refers ?? null }))
}

const textOf = (value: Value | undefined) => (typeof value === 'string' && value !== '' ? [value] : [])

/** Records in our terms: references become our ids, in one statement for each kind of thing that is pointed to. */
export async function toArrivals(
  db: Db,
  records: RemoteRecord[],
  fields: FieldInUse[],
  connectionId: string,
): Promise<Arrival[]> {
  const references = new Map<Kind, Map<string, string>>()
  for (const kind of new Set(fields.flatMap(field => field.refers ?? []))) {
    const ids = records.flatMap(record =>
      fields.filter(field => field.refers === kind).flatMap(field => textOf(record.values[field.remote])),
    )
    const asked = [...new Set(ids)]
    references.set(
      kind,
      kind === 'user'
        ? await usersHere(db, connectionId, asked)
        : await localIdsOf(db, connectionId, kind, asked),
    )
  }
  return records.map(record => {
    const theirs: Values = {}
    for (const field of fields) {
      const value = toLocal(field, record.values[field.remote])
      if (value === undefined) continue
      const ours =
        field.refers === null || value === null ? value : references.get(field.refers)?.get(String(value))
      if (ours !== undefined) theirs[field.local] = ours
    }
    return { record, theirs }
  })
}

/**
 * Our values in the CRM's terms, by its field names. What has no counterpart there is left out; an owner without one
 * is the connection's fallback, but only for a record that is new.
 */
export async function toTheirs(
  db: Db,
  rows: { values: Values; isNew: boolean }[],
  work: Work,
  fields: FieldInUse[],
): Promise<Values[]> {
  const references = new Map<Kind, Map<string, string>>()
  for (const kind of new Set(fields.flatMap(field => field.refers ?? []))) {
    const names = fields.filter(field => field.refers === kind).map(field => field.local)
    const ids = [...new Set(rows.flatMap(({ values }) => names.flatMap(name => textOf(values[name]))))]
    const there =
      kind === 'user'
        ? await usersThere(db, work.connection.id, ids)
        : new Map(
            [...(await remoteIdsOf(db, work.connection.id, kind, ids))].map(([local, ref]) => [
              local,
              ref.id,
            ]),
          )
    references.set(kind, there)
  }
  const described = describedFields(work)
  return rows.map(({ values, isNew }) => {
    const theirs: Values = {}
    for (const field of fields) {
      const value = values[field.local]
      const remote = described.get(field.remote)
      if (value === undefined || remote?.readOnly) continue
      if (field.refers === null || value === null) {
        const there = toRemote(field, value)
        if (there !== undefined) theirs[field.remote] = fit(there, remote)
      } else {
        const id = references.get(field.refers)?.get(String(value)) ?? null
        const given = id ?? (field.refers === 'user' && isNew ? work.mapping.fallbackOwner : null)
        if (given !== null) theirs[field.remote] = given
      }
    }
    return theirs
  })
}

export function describedFields({
  connection,
  object,
}: Pick<Work, 'connection' | 'object'>): Map<string, RemoteField> {
  const found = connection.schema?.objects.find(each => each.type === object.remote)
  return new Map((found?.fields ?? []).map(field => [field.name, field]))
}
