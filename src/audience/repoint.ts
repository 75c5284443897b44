import { move } from '#activity/ledger.ts'
import { engineModule } from '#engine/module.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'
import { repointImports } from './imports/upkeep.ts'
import { repointRequests } from './requests.ts'

/** Hands everything that a room, or all rooms, hold of one contact to another. */
export type Repoint = (trx: Db, from: string, to: string) => Promise<void>

/** What this room holds of a contact. The profile itself is deleted by who merges. */
export async function repointAudience(trx: Db, from: string, to: string): Promise<void> {
  const names = await many<{ kind: string }>(
    trx,
    sql`
    update audience.identity set contact_id = ${to}::bigint where contact_id = ${from}::bigint returning kind`,
  )
  // A merge. Joined visitors come without names here, and devices are not remembered.
  if (names.some(({ kind }) => kind !== 'anonymous_id')) await raiseIdentityEpoch(trx)
  await run(
    trx,
    sql`
    with gone as (delete from audience.list_member where contact_id = ${from}::bigint returning list_id, added_at)
    insert into audience.list_member (contact_id, list_id, added_at) select ${to}::bigint, list_id, added_at from gone
    on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from audience.consent where contact_id = ${from}::bigint
      returning id, purpose, topic_id, state, basis, source, wording, proof, at)
    insert into audience.consent (contact_id, id, purpose, topic_id, state, basis, source, wording, proof, at)
    select ${to}::bigint, id, purpose, topic_id, state, basis, source, wording, proof, at from gone`,
  )
  await repointRequests(trx, from, to)
  await repointImports(trx, from, to)
  // Where both had spoken, the stricter word holds.
  await run(
    trx,
    sql`
    with gone as (delete from audience.consent_current where contact_id = ${from}::bigint returning purpose, topic_id, state, since)
    insert into audience.consent_current as current (contact_id, purpose, topic_id, state, since)
    select ${to}::bigint, purpose, topic_id, state, since from gone
    on conflict (contact_id, purpose, topic_id) do update set state = excluded.state, since = excluded.since
    where array_position(array['withdrawn', 'pending', 'granted'], excluded.state)
      < array_position(array['withdrawn', 'pending', 'granted'], current.state)`,
  )
}

/**
 * The rooms up to this one, for those who were not handed the list of all. The engine goes first: it waits for a
 * tick that is dealing with `from`, so that what that tick writes is there to be moved.
 */
export async function repointHere(trx: Db, from: string, to: string): Promise<void> {
  await engineModule.repoint?.(trx, from, to)
  await move(trx, from, to)
  await repointAudience(trx, from, to)
}
