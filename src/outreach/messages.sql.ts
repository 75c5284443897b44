import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { laneOf } from '#platform/ids.ts'
import type { NewMessage } from './messages.ts'

const times = (dates: Date[]) => dates.map(date => date.toISOString())

/** Marks of a NUL or of half a surrogate pair in JSON: jsonb holds neither. */
const troublesome = /\\u(?:0000|d[89a-f])/i

/** JSON that jsonb accepts. The careful way is only taken where the quick look finds something. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return troublesome.test(text) ? cleanJson(value) : text
}

function cleanJson(value: unknown): string {
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
        cause_id, why, purpose, topic_id, queued_at, not_before, attempt, history, campaign_id, variant)
    select contact_id, id, lane, (class = 'marketing')::int, channel, class, 'queued', reason, generation,
      email_version_id, recipient, payload::jsonb, cause_id, why::jsonb, purpose, topic_id, ${now.toISOString()}::timestamptz,
      not_before, 0, ${firstEntry(now)}::jsonb, campaign_id, variant
    from rows from (
      unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.id))}::bigint[],
        ${plainArray(rows.map(row => laneOf(row.contactId)))}::smallint[],
        ${textArray(rows.map(row => row.channel))}::text[], ${textArray(rows.map(row => row.class))}::text[],
        ${textArray(rows.map(row => row.reason))}::text[], ${plainArray(rows.map(row => row.generation ?? 1))}::int[],
        ${plainArray(rows.map(row => row.emailVersionId || null))}::bigint[],
        ${textArray(rows.map(row => row.recipient ?? null))}::text[],
        ${plainArray(rows.map(row => row.causeId))}::bigint[],
        ${textArray(rows.map(row => row.purpose ?? 'marketing'))}::text[],
        ${plainArray(rows.map(row => row.topicId ?? '0'))}::bigint[],
        ${plainArray(times(rows.map(row => row.notBefore)))}::timestamptz[],
        ${plainArray(rows.map(row => row.campaignId ?? null))}::bigint[],
        ${plainArray(rows.map(row => row.variant ?? null))}::smallint[]),
      string_to_table(${rows.map(row => (row.payload ? jsonText(row.payload) : 'null')).join('\n')}, E'\\n', 'null'),
      string_to_table(${rows.map(row => jsonText(row.why)).join('\n')}, E'\\n')
    ) as fresh (contact_id, id, lane, channel, class, reason, generation, email_version_id, recipient, cause_id,
      purpose, topic_id, not_before, campaign_id, variant, payload, why)
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

/** Cancels whatever was put into the line before `before` and has not begun to leave. Returns how many. */
export function cancelRowsBefore(db: Db, ask: { before: Date; words: string; now: Date }): Promise<number> {
  const entry = JSON.stringify([{ state: 'cancelled', at: ask.now.toISOString(), words: ask.words }])
  return run(
    db,
    sql`
    update outreach.message m set state = 'cancelled', history = m.history || ${entry}::jsonb
    where m.state in ('queued', 'deferred') and m.queued_at < ${ask.before.toISOString()}::timestamptz`,
  )
}
