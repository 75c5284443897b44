import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Preference } from './preferences.ts'

export function selectPreferences(
  db: Db,
  contactIds: string[],
): Promise<(Preference & { contactId: string })[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", frequency, paused_until as "pausedUntil" from outreach.preference
    where contact_id = any(${contactIds}::bigint[])`,
  )
}

export async function upsertPreference(
  db: Db,
  contactId: string,
  { frequency, pausedUntil }: Preference,
  now: Date,
): Promise<void> {
  await run(
    db,
    sql`
    insert into outreach.preference (contact_id, frequency, paused_until, updated_at)
    values (${contactId}::bigint, ${frequency}, ${pausedUntil?.toISOString() ?? null}::timestamptz, ${now.toISOString()}::timestamptz)
    on conflict (contact_id) do update set frequency = excluded.frequency, paused_until = excluded.paused_until,
      updated_at = excluded.updated_at`,
  )
}

/** What waits because of a pause is looked at again at once when the pause is changed. */
export async function wakeWaiting(db: Db, contactId: string, now: Date): Promise<void> {
  await run(
    db,
    sql`
    update outreach.message set not_before = ${now.toISOString()}::timestamptz
    where contact_id = ${contactId}::bigint and state in ('queued', 'deferred') and verdict = 'later'
      and verdict_reason in ('contact_pause', 'contact_frequency')`,
  )
}

export async function insertLeaving(
  db: Db,
  row: { contactId: string; messageId: string; reason: string; at: Date },
): Promise<void> {
  await run(
    db,
    sql`
    insert into outreach.leaving (contact_id, message_id, reason, at)
    values (${row.contactId}::bigint, ${row.messageId}::bigint, ${row.reason}, ${row.at.toISOString()}::timestamptz)
    on conflict (contact_id, message_id) do update set reason = excluded.reason, at = excluded.at`,
  )
}

/** Why people left since then, most often first. */
export function countLeaving(db: Db, since: Date): Promise<{ reason: string; n: number }[]> {
  return many(
    db,
    sql`
    select reason, count(*)::int as n from outreach.leaving where at > ${since.toISOString()}::timestamptz
    group by reason order by count(*) desc, reason`,
  )
}
