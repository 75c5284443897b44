import { type Db, many, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'
import type { NewMessage } from './messages.ts'

const times = (dates: Date[]) => dates.map(date => date.toISOString())

/** jsonb holds no NUL and no half surrogate pair. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.replaceAll('\0', '').toWellFormed() : inner,
  )
}

/** One entry of a message's history, as SQL over the columns of the row source. */
export const firstEntry = (now: Date) =>
  JSON.stringify([{ state: 'queued', at: now.toISOString(), words: null }])

export function insertMessages(
  db: Db,
  rows: (NewMessage & { id: string })[],
  now: Date,
): Promise<{ contactId: string; id: string; reason: string }[]> {
  return many(
    db,
    sql`
    insert into outreach.message
      (contact_id, id, lane, urgency, channel, class, state, reason, generation, email_version_id, recipient, payload,
        cause_id, why, purpose, topic_id, queued_at, not_before, attempt, history)
    select contact_id, id, lane, (class = 'marketing')::int, channel, class, 'queued', reason, generation,
      email_version_id, recipient, payload, cause_id, why, purpose, topic_id, ${now.toISOString()}::timestamptz,
      not_before, 0, ${firstEntry(now)}::jsonb
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => laneOf(row.contactId))}::smallint[], ${rows.map(row => row.channel)}::text[],
      ${rows.map(row => row.class)}::text[], ${rows.map(row => row.reason)}::text[],
      ${rows.map(row => row.generation ?? 1)}::int[], ${rows.map(row => row.emailVersionId || null)}::bigint[],
      ${rows.map(row => row.recipient ?? null)}::text[],
      ${rows.map(row => (row.payload ? jsonText(row.payload) : null))}::jsonb[],
      ${rows.map(row => row.causeId)}::bigint[], ${rows.map(row => jsonText(row.why))}::jsonb[],
      ${rows.map(row => row.purpose ?? 'marketing')}::text[], ${rows.map(row => row.topicId ?? '0')}::bigint[],
      ${times(rows.map(row => row.notBefore))}::timestamptz[]
    ) as fresh (contact_id, id, lane, channel, class, reason, generation, email_version_id, recipient, payload,
      cause_id, why, purpose, topic_id, not_before)
    order by contact_id, reason
    on conflict (contact_id, reason, generation) do nothing
    returning contact_id as "contactId", id, reason`,
  )
}

/** The guard on the state makes a message that is just being claimed win or lose as a whole. */
export function cancelRows(
  db: Db,
  messages: { contactId: string; id: string }[],
  words: string,
  now: Date,
): Promise<number> {
  const entry = JSON.stringify([{ state: 'cancelled', at: now.toISOString(), words }])
  return run(
    db,
    sql`
    update outreach.message m set state = 'cancelled', history = m.history || ${entry}::jsonb
    from unnest(${messages.map(row => row.contactId)}::bigint[], ${messages.map(row => row.id)}::bigint[])
      as gone (contact_id, id)
    where m.contact_id = gone.contact_id and m.id = gone.id and m.state in ('queued', 'deferred')`,
  )
}
