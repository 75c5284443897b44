import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'

export type List = {
  id: string
  name: string
  description: string
  createdAt: Date
  createdBy: string
  archivedAt: Date | null
}
const columns = sql`id, name, description, created_at as "createdAt", created_by as "createdBy", archived_at as "archivedAt"`

const size = sql`(select count(*)::int from audience.list_member m where m.list_id = list.id) as size`

/** All lists with their sizes; lists are few, their members are counted from an index. */
export function listLists(db: Db): Promise<(List & { size: number })[]> {
  return many(
    db,
    sql`
    select ${columns}, ${size} from audience.list list order by archived_at is not null, lower(name)`,
  )
}

export function listsByIds(db: Db, ids: string[]): Promise<{ id: string; name: string }[]> {
  return many(db, sql`select id, name from audience.list where id = any(${ids}::bigint[])`)
}

export async function createList(
  db: Db,
  given: { name: string; description: string; createdBy: string },
  now: Date,
): Promise<List> {
  const made = await maybeOne<List>(
    db,
    sql`
    insert into audience.list (id, name, description, created_at, created_by)
    values (${newId()}::bigint, ${given.name}, ${given.description}, ${now}, ${given.createdBy})
    on conflict do nothing returning ${columns}`,
  )
  if (!made) throw conflict('list_exists', `There is a list “${given.name}” already.`)
  return made
}

/** What is left out stays as it is. */
export async function updateList(
  db: Db,
  id: string,
  change: { name?: string | undefined; description?: string | undefined; archived?: boolean | undefined },
  now: Date,
): Promise<List & { size: number }> {
  const before = await getList(db, id)
  const changed = await maybeOne<List & { size: number }>(
    db,
    sql`
    update audience.list list set name = coalesce(${change.name ?? null}, name), description = coalesce(${change.description ?? null}, description),
      archived_at = case when ${change.archived ?? null}::boolean is null then archived_at
        when ${change.archived ?? null}::boolean then coalesce(archived_at, ${now}::timestamptz) end
    where id = ${id}::bigint and not exists (
      select from audience.list other where other.id <> list.id and other.archived_at is null
        and lower(other.name) = lower(coalesce(${change.name ?? null}, list.name)) and not coalesce(${change.archived ?? null}::boolean, list.archived_at is not null))
    returning ${columns}, ${size}`,
  )
  if (!changed) throw conflict('list_exists', `There is a list “${change.name ?? before.name}” already.`)
  return changed
}

export type MemberChange = { contactId: string; listId: string; in: boolean; causeId?: string | null }

/** Puts contacts on lists and takes them off; returns `list.joined` and `list.left` for those that changed. */
export async function changeMembers(trx: Db, changes: MemberChange[], now: Date): Promise<NewEvent[]> {
  const last = new Map(changes.map(change => [`${change.contactId}|${change.listId}`, change]))
  const joining = [...last.values()].filter(change => change.in)
  const leaving = [...last.values()].filter(change => !change.in)
  const added =
    joining.length === 0
      ? []
      : await many<{ contactId: string; listId: string }>(
          trx,
          sql`
    insert into audience.list_member (contact_id, list_id, added_at)
    select m.contact_id, m.list_id, ${now}::timestamptz
    from unnest(${joining.map(row => row.contactId)}::bigint[], ${joining.map(row => row.listId)}::bigint[]) as m (contact_id, list_id)
    join audience.list l on l.id = m.list_id
    order by m.contact_id, m.list_id
    on conflict do nothing returning contact_id as "contactId", list_id as "listId"`,
        )
  const removed =
    leaving.length === 0
      ? []
      : await many<{ contactId: string; listId: string }>(
          trx,
          sql`
    delete from audience.list_member m
    using unnest(${leaving.map(row => row.contactId)}::bigint[], ${leaving.map(row => row.listId)}::bigint[]) as gone (contact_id, list_id)
    where m.contact_id = gone.contact_id and m.list_id = gone.list_id
    returning m.contact_id as "contactId", m.list_id as "listId"`,
        )
  const names = new Map(
    (
      await listsByIds(
        trx,
        [...added, ...removed].map(row => row.listId),
      )
    ).map(list => [list.id, list.name]),
  )
  const eventOf =
    (type: string) =>
    (row: { contactId: string; listId: string }): NewEvent => ({
      contactId: row.contactId,
      type,
      name: names.get(row.listId) ?? null,
      at: now,
      causeId: last.get(`${row.contactId}|${row.listId}`)?.causeId ?? null,
      data: { listId: row.listId, listName: names.get(row.listId) ?? null },
    })
  return [...added.map(eventOf('list.joined')), ...removed.map(eventOf('list.left'))]
}

export function listMembers(
  db: Db,
  ask: { listId: string; after: string | null; limit: number },
): Promise<{ id: string; addedAt: Date }[]> {
  return many(
    db,
    sql`
    select contact_id as id, added_at as "addedAt" from audience.list_member
    where list_id = ${ask.listId}::bigint and contact_id > ${ask.after ?? '0'}::bigint order by contact_id limit ${ask.limit + 1}`,
  )
}

export async function getList(db: Db, id: string): Promise<List> {
  const list = await maybeOne<List>(db, sql`select ${columns} from audience.list where id = ${id}::bigint`)
  if (!list) throw notFound('list')
  return list
}

/** The lists a contact is on. */
export function listsOf(db: Db, contactId: string): Promise<{ id: string; name: string; addedAt: Date }[]> {
  return many(
    db,
    sql`
    select l.id, l.name, m.added_at as "addedAt" from audience.list_member m join audience.list l on l.id = m.list_id
    where m.contact_id = ${contactId}::bigint order by lower(l.name)`,
  )
}
