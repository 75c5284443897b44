import { type Db, many, run, sql } from '#platform/db/db.ts'

/** A thing that uses or is used: kind is its word in the API (`segment`, `workflow`). */
export type Thing = { kind: string; id: string }
export type NamedThing = Thing & { name: string }

/** States everything that `from` uses, replacing what was stated before. Call it where `from` is published. */
export async function setReferences(trx: Db, from: NamedThing, to: Thing[]): Promise<void> {
  await run(trx, sql`delete from access.reference where from_kind = ${from.kind} and from_id = ${from.id}`)
  if (to.length === 0) return
  await run(
    trx,
    sql`
    insert into access.reference (to_kind, to_id, from_kind, from_id, from_name)
    select distinct kind, id, ${from.kind}, ${from.id}, ${from.name}
    from unnest(${to.map(thing => thing.kind)}::text[], ${to.map(thing => thing.id)}::text[]) as used(kind, id)
    on conflict (to_kind, to_id, from_kind, from_id) do update set from_name = excluded.from_name`,
  )
}

/** What uses this thing, so that nobody pauses or deletes it unaware. */
export function usedBy(db: Db, thing: Thing): Promise<NamedThing[]> {
  return many(
    db,
    sql`
    select from_kind as kind, from_id as id, from_name as name from access.reference
    where to_kind = ${thing.kind} and to_id = ${thing.id} order by from_kind, from_name, from_id`,
  )
}
