import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'

export const returnReasons = [
  'bad_timing',
  'not_a_fit',
  'wrong_person',
  'no_answer',
  'already_known',
  'other',
] as const
export type ReturnReason = (typeof returnReasons)[number]
export type LeadState = 'open' | 'accepted' | 'returned'

export type Handoff = {
  contactId: string
  id: string
  userId: string
  state: LeadState
  words: string
  requestedBy: string
  hotAt: Date
  requestedAt: Date
  decidedAt: Date | null
  decidedBy: string | null
  returnReason: string | null
  note: string | null
}

const iso = (date: Date) => date.toISOString()
const columns = sql`h.contact_id as "contactId", h.id, h.user_id as "userId", h.state, h.words,
  h.requested_by as "requestedBy", h.hot_at as "hotAt", h.requested_at as "requestedAt", h.decided_at as "decidedAt",
  h.decided_by as "decidedBy", h.return_reason as "returnReason", h.note`

type New = {
  contactId: string
  id: string
  person: { id: string }
  words: string
  by: string
  alertId?: string | null
}

/** Writes leads; the ids of those that were new: of two that race for a contact one is. */
export async function insertHandoffs(db: Db, rows: New[], now: Date): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const made = await many<{ id: string }>(
    db,
    sql`
    insert into crm.handoff (contact_id, id, user_id, state, words, requested_by, alert_id, hot_at, requested_at)
    select contact_id, id, user_id, 'open', words, requested_by, alert_id, ${iso(now)}::timestamptz, ${iso(now)}::timestamptz
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.id))}::bigint[],
      ${textArray(rows.map(row => row.person.id))}::text[], ${textArray(rows.map(row => row.words))}::text[],
      ${textArray(rows.map(row => row.by))}::text[], ${plainArray(rows.map(row => row.alertId ?? null))}::bigint[])
      as fresh (contact_id, id, user_id, words, requested_by, alert_id)
    on conflict (contact_id) where state = 'open' do nothing
    returning id`,
  )
  return new Set(made.map(row => row.id))
}

/** The last lead of each of these contacts. */
export function latestHandoffs(
  db: Db,
  contactIds: string[],
): Promise<{ contactId: string; id: string; state: LeadState; words: string; decidedAt: Date | null }[]> {
  return many(
    db,
    sql`
    select distinct on (contact_id) contact_id as "contactId", id, state, words, decided_at as "decidedAt"
    from crm.handoff where contact_id = any(${contactIds}::bigint[])
    order by contact_id, id desc`,
  )
}

/** Something made these leads hot again. */
export async function warmHandoffs(
  db: Db,
  rows: { contactId: string; id: string; words: string }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`
    update crm.handoff h set hot_at = ${iso(now)}::timestamptz, words = warm.words
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.id)}::bigint[],
      ${rows.map(row => row.words)}::text[]) as warm (contact_id, id, words)
    where h.contact_id = warm.contact_id and h.id = warm.id`,
  )
}

export async function moveRows(db: Db, rows: { contactId: string; userId: string }[]): Promise<void> {
  await run(
    db,
    sql`
    update crm.handoff h set user_id = next.user_id
    from unnest(${rows.map(row => row.contactId)}::bigint[], ${rows.map(row => row.userId)}::text[]) as next (contact_id, user_id)
    where h.contact_id = next.contact_id and h.state = 'open'`,
  )
}

export function selectHandoff(db: Db, key: { contactId: string; id: string }): Promise<Handoff | undefined> {
  return maybeOne(
    db,
    sql`
    select ${columns} from crm.handoff h
    where h.contact_id = ${key.contactId}::bigint and h.id = ${key.id}::bigint`,
  )
}

/** Writes a decision, or takes one back (`open`); false where the lead is in that state already. */
export async function decideHandoff(
  db: Db,
  to: {
    contactId: string
    id: string
    state: LeadState
    userId: string
    by: string | null
    reason: string | null
    note: string | null
  },
  now: Date,
): Promise<boolean> {
  const changed = await run(
    db,
    sql`
    update crm.handoff set state = ${to.state}, user_id = ${to.userId}, decided_by = ${to.by},
      decided_at = ${to.by === null ? null : iso(now)}::timestamptz, return_reason = ${to.reason}, note = ${to.note}
    where contact_id = ${to.contactId}::bigint and id = ${to.id}::bigint and state <> ${to.state}`,
  )
  return changed === 1
}

export type FeedCursor = { at: string; id: string }

/** Leads of one person or of all, the hottest moment first. */
export function listHandoffs(
  db: Db,
  ask: { userId: string | null; state: LeadState; before: FeedCursor | null; limit: number },
): Promise<Handoff[]> {
  const { before } = ask
  return many(
    db,
    sql`
    select ${columns} from crm.handoff h
    where h.state = ${ask.state} and ${ask.userId === null ? sql`true` : sql`h.user_id = ${ask.userId}`}
      ${before ? sql`and (h.hot_at, h.id) < (${before.at}::timestamptz, ${before.id}::bigint)` : sql``}
    order by h.hot_at desc, h.id desc limit ${ask.limit}`,
  )
}

/** How many leads of a person, or of all, are in each state; bounded, for the tabs. */
export async function countHandoffs(db: Db, userId: string | null): Promise<Record<LeadState, number>> {
  const rows = await many<{ state: LeadState; n: number }>(
    db,
    sql`
    select s.state, (select count(*)::int from (
      select from crm.handoff h where h.state = s.state and ${userId === null ? sql`true` : sql`h.user_id = ${userId}`} limit 1000) x) as n
    from unnest(array['open', 'accepted', 'returned']) as s (state)`,
  )
  const counts: Record<LeadState, number> = { open: 0, accepted: 0, returned: 0 }
  for (const { state, n } of rows) counts[state] = n
  return counts
}
