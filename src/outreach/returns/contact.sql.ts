import { type Db, many, run, sql } from '#platform/db/db.ts'

/** News, preferences and what else hangs on a contact. Where both had a preference, the stricter holds. */
export async function repointReturns(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from outreach.news where contact_id = ${from}::bigint
      returning id, message_id, kind, status, words, source, at)
    insert into outreach.news (contact_id, id, message_id, kind, status, words, source, at)
    select ${to}::bigint, id, message_id, kind, status, words, source, at from gone on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.leaving where contact_id = ${from}::bigint returning message_id, reason, at)
    insert into outreach.leaving (contact_id, message_id, reason, at)
    select ${to}::bigint, message_id, reason, at from gone on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.opt_in where contact_id = ${from}::bigint
      returning id, address_hash, asked_at, confirmed_at)
    insert into outreach.opt_in (contact_id, id, address_hash, asked_at, confirmed_at)
    select ${to}::bigint, id, address_hash, asked_at, confirmed_at from gone on conflict do nothing`,
  )
  await run(
    trx,
    sql`
    with gone as (delete from outreach.preference where contact_id = ${from}::bigint
      returning frequency, paused_until, updated_at)
    insert into outreach.preference as kept (contact_id, frequency, paused_until, updated_at)
    select ${to}::bigint, frequency, paused_until, updated_at from gone
    on conflict (contact_id) do update set
      frequency = case when 'monthly' in (excluded.frequency, kept.frequency) then 'monthly'
        when 'weekly' in (excluded.frequency, kept.frequency) then 'weekly' else 'all' end,
      paused_until = greatest(excluded.paused_until, kept.paused_until),
      updated_at = greatest(excluded.updated_at, kept.updated_at)`,
  )
}

/** Removes all of it. */
export async function forgetReturns(trx: Db, contactIds: string[]): Promise<void> {
  for (const table of ['news', 'leaving', 'opt_in', 'preference'])
    await run(
      trx,
      sql`delete from ${sql.table(`outreach.${table}`)} where contact_id = any(${contactIds}::bigint[])`,
    )
}

export async function exportReturns(db: Db, contactId: string): Promise<Record<string, unknown>> {
  const [news, preferences, leaving, confirmations] = await Promise.all([
    many(
      db,
      sql`
      select message_id as "messageId", kind, status, words, source, at from outreach.news
      where contact_id = ${contactId}::bigint order by id`,
    ),
    many(
      db,
      sql`
      select frequency, paused_until as "pausedUntil", updated_at as "updatedAt" from outreach.preference
      where contact_id = ${contactId}::bigint`,
    ),
    many(
      db,
      sql`
      select message_id as "messageId", reason, at from outreach.leaving where contact_id = ${contactId}::bigint order by at`,
    ),
    many(
      db,
      sql`
      select asked_at as "askedAt", confirmed_at as "confirmedAt" from outreach.opt_in
      where contact_id = ${contactId}::bigint order by id`,
    ),
  ])
  return { news, preferences, leaving, confirmations }
}
