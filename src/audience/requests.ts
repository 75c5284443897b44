import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'

export const requestKinds = ['export', 'erase'] as const
export type RequestKind = (typeof requestKinds)[number]
export const requestStates = ['open', 'fulfilled', 'refused'] as const
export type RequestState = (typeof requestStates)[number]

/** "Within one month" (GDPR article 12(3)), counted in days. */
export const daysToAnswer = 30

export type PrivacyRequest = {
  id: string
  contactId: string
  kind: RequestKind
  state: RequestState
  source: string
  note: string
  openedAt: Date
  /** `YYYY-MM-DD`, the last day on which it is answered in time. */
  dueOn: string
  overdue: boolean
  closedAt: Date | null
  closedBy: string | null
  reason: string | null
  /** Null once the contact is erased. */
  name: string | null
  email: string | null
}

/**
 * Takes down that a person asks for his data or for its erasure. Asking again while the first is open changes nothing
 * and gives the first. `source` says where it was asked, in words.
 */
export async function openRequest(
  trx: Db,
  ask: { contactId: string; kind: RequestKind; source?: string; note?: string; now: Date },
): Promise<{ id: string; dueOn: string; opened: boolean }> {
  const due = new Date(ask.now.getTime() + daysToAnswer * 86_400_000).toISOString().slice(0, 10)
  const made = await maybeOne<{ id: string; dueOn: string }>(
    trx,
    sql`
    insert into audience.request (contact_id, id, kind, source, note, opened_at, due_on)
    values (${ask.contactId}::bigint, ${newId()}::bigint, ${ask.kind}, ${ask.source ?? 'the preference centre'},
      ${ask.note ?? ''}, ${ask.now.toISOString()}::timestamptz, ${due}::date)
    on conflict do nothing returning id, due_on::text as "dueOn"`,
  )
  if (made) return { ...made, opened: true }
  const open = await one<{ id: string; dueOn: string }>(
    trx,
    sql`
    select id, due_on::text as "dueOn" from audience.request
    where contact_id = ${ask.contactId}::bigint and kind = ${ask.kind} and state = 'open'`,
  )
  return { ...open, opened: false }
}

/** The requests of one person, newest first. */
export function requestsOf(
  db: Db,
  contactId: string,
): Promise<{ id: string; kind: RequestKind; state: RequestState; openedAt: Date; dueOn: string }[]> {
  return many(
    db,
    sql`
    select id, kind, state, opened_at as "openedAt", due_on::text as "dueOn" from audience.request
    where contact_id = ${contactId}::bigint order by id desc limit 100`,
  )
}

const shown = (today: string) => sql`r.id, r.contact_id as "contactId", r.kind, r.state, r.source, r.note,
  r.opened_at as "openedAt", r.due_on::text as "dueOn", r.state = 'open' and r.due_on < ${today}::date as overdue,
  r.closed_at as "closedAt", r.closed_by as "closedBy", r.reason, c.email,
  nullif(trim(concat_ws(' ', c.first_name, c.last_name)), '') as name`

/** Requests in one state, what is due first first; one row more than `limit` where there is a next page. */
export function listRequests(
  db: Db,
  ask: { state: RequestState; today: string; after: { dueOn: string; id: string } | null; limit: number },
): Promise<PrivacyRequest[]> {
  const after = ask.after ?? { dueOn: '0001-01-01', id: '0' }
  return many(
    db,
    sql`
    select ${shown(ask.today)} from audience.request r left join audience.contact c on c.id = r.contact_id
    where r.state = ${ask.state} and (r.due_on, r.id) > (${after.dueOn}::date, ${after.id}::bigint)
    order by r.due_on, r.id limit ${ask.limit + 1}`,
  )
}

/** Throws 404 where there is none. */
export async function getRequest(db: Db, id: string, today: string): Promise<PrivacyRequest> {
  const found = await maybeOne<PrivacyRequest>(
    db,
    sql`
    select ${shown(today)} from audience.request r left join audience.contact c on c.id = r.contact_id
    where r.id = ${id}::bigint`,
  )
  if (!found) throw notFound('request')
  return found
}

/** Open requests, and how many of them are late. */
export function countOpenRequests(db: Db, today: string): Promise<{ open: number; overdue: number }> {
  return one(
    db,
    sql`
    select count(*)::int as open, (count(*) filter (where due_on < ${today}::date))::int as overdue
    from audience.request where state = 'open'`,
  )
}

/** Throws 409 where somebody has answered it already. */
export async function closeRequest(
  trx: Db,
  ask: { id: string; state: 'fulfilled' | 'refused'; by: string; reason?: string; now: Date },
): Promise<void> {
  const closed = await run(
    trx,
    sql`
    update audience.request set state = ${ask.state}, closed_at = ${ask.now.toISOString()}::timestamptz,
      closed_by = ${ask.by}, reason = ${ask.reason ?? null}
    where id = ${ask.id}::bigint and state = 'open'`,
  )
  if (closed === 0) throw conflict('request_closed', 'This request has been answered already.')
}

/**
 * An erasure answers what is open and takes away every word; that somebody asked for it, and when it was done, stays
 * as the proof that it was done in time. It names nobody: the contact that the number stood for is gone.
 */
export async function forgetRequests(trx: Db, contactIds: string[]): Promise<void> {
  await run(
    trx,
    sql`delete from audience.request where contact_id = any(${contactIds}::bigint[]) and kind <> 'erase'`,
  )
  await run(
    trx,
    sql`update audience.request set note = '', reason = null where contact_id = any(${contactIds}::bigint[])`,
  )
}

export function exportRequests(db: Db, contactId: string): Promise<unknown[]> {
  return many(
    db,
    sql`
    select kind, state, source, note, opened_at as "openedAt", due_on::text as "dueOn", closed_at as "closedAt", reason
    from audience.request where contact_id = ${contactId}::bigint order by id`,
  )
}

/** What both had asked stays; of two open requests of one kind the earlier. */
export async function repointRequests(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (delete from audience.request where contact_id = ${from}::bigint
      returning id, kind, state, source, note, opened_at, due_on, closed_at, closed_by, reason)
    insert into audience.request (contact_id, id, kind, state, source, note, opened_at, due_on, closed_at, closed_by, reason)
    select ${to}::bigint, id, kind, state, source, note, opened_at, due_on, closed_at, closed_by, reason from gone
    on conflict do nothing`,
  )
}
