import { type Db, many, sql } from '#platform/db/db.ts'

export type EventName = { type: string; name: string; lastSeen: Date }

/** Names met so far, the latest first, for pickers: of one type, or containing `search`, if given. */
export function listNames(
  db: Db,
  { type, search, limit }: { type: string | null; search: string | null; limit: number },
): Promise<EventName[]> {
  return many(
    db,
    sql`
    select type, name, last_seen as "lastSeen"
    from activity.event_name
    where (${type}::text is null or type = ${type}::text)
      and (${search}::text is null or position(lower(${search}::text) in lower(name)) > 0)
    order by last_seen desc, type, name
    limit ${limit}`,
  )
}
