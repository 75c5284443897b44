import { type Db, many, run, sql } from '#platform/db/db.ts'
import { idFrom } from '#platform/ids.ts'
import { selectLive } from './connections.sql.ts'
import type { Kind } from './mapping.ts'
import { enqueue } from './outbox.sql.ts'
import { memberSteps } from './sides/plain.ts'

/** Brings these contacts and every CRM together at once. */
export async function pushNow(trx: Db, contactIds: string[], now: Date): Promise<void> {
  const connections = await selectLive(trx)
  const rows = connections.flatMap(({ id }) =>
    contactIds.map(localId => ({
      connectionId: id,
      kind: 'person' as const,
      localId,
      lane: 'interactive' as const,
    })),
  )
  await enqueue(trx, rows, now)
}

export type TaskRequest = {
  contactId: string
  /** Which CRM; null = the one the contact is linked to, else the first that takes tasks. */
  connectionId: string | null
  subject: string
  body: string
  /** A day, `2026-11-23`, or null. */
  dueOn: string | null
  /** A user of Tend. */
  ownerId: string | null
  /** What asks for it: the same again changes the task instead of making another. */
  reason: string
}

/** Connections that take a kind, with those of these contacts that are linked there. */
async function takers(trx: Db, kind: Kind, contactIds: string[]) {
  const live = (await selectLive(trx)).filter(row =>
    row.mapping?.objects.some(object => object.kind === kind && object.createThere),
  )
  const linked = await many<{ connectionId: string; contactId: string }>(
    trx,
    sql`
    select distinct connection_id as "connectionId", local_id as "contactId" from crm.link
    where kind = 'person' and state = 'active' and local_id = any(${contactIds}::bigint[])
      and connection_id = any(${live.map(row => row.id)}::bigint[])`,
  )
  const byContact = new Map(linked.map(row => [row.contactId, row.connectionId]))
  return (contactId: string): string | undefined => byContact.get(contactId) ?? live[0]?.id
}

/** Asks for tasks in the CRM, or changes those that were asked for by the same reason. Returns their ids. */
export async function askTasks(trx: Db, requests: TaskRequest[], now: Date): Promise<string[]> {
  if (requests.length === 0) return []
  const takerOf = await takers(
    trx,
    'task',
    requests.map(request => request.contactId),
  )
  const rows = requests.flatMap(request => {
    const connectionId = request.connectionId ?? takerOf(request.contactId)
    const id = idFrom('crm task', request.contactId, request.reason)
    return connectionId ? [{ ...request, connectionId, id }] : []
  })
  const unique = [...new Map(rows.map(row => [row.id, row])).values()]
  await run(
    trx,
    sql`
    insert into crm.task as known (contact_id, id, connection_id, subject, body, due_on, owner_id, status, reason, created_at, updated_at)
    select "contactId", id, "connectionId", subject, body, "dueOn", "ownerId", 'open', reason, ${now}::timestamptz, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(unique)}::jsonb) as f ("contactId" bigint, id bigint, "connectionId" bigint, subject text,
      body text, "dueOn" date, "ownerId" text, reason text)
    on conflict (contact_id, id) do update set subject = excluded.subject, body = excluded.body, due_on = excluded.due_on,
      owner_id = excluded.owner_id, updated_at = excluded.updated_at`,
  )
  await enqueue(
    trx,
    unique.map(({ connectionId, id }) => ({ connectionId, kind: 'task', localId: id, lane: 'interactive' })),
    now,
  )
  return unique.map(row => row.id)
}

export type MemberRequest = { contactId: string; campaignId: string; status: string }

/** Puts contacts into campaigns of the CRM; a status that is further along stays. Contacts it does not know are asked for first. */
export async function addMembers(trx: Db, requests: MemberRequest[], now: Date): Promise<void> {
  if (requests.length === 0) return
  const made = await many<{ id: string; connectionId: string; contactId: string }>(
    trx,
    sql`
    insert into crm.member as known (contact_id, id, campaign_id, connection_id, status, updated_at)
    select distinct on (f.contact_id, f.id) f.contact_id, f.id, c.id, c.connection_id, f.status, ${now}::timestamptz
    from unnest(${requests.map(each => each.contactId)}::bigint[], ${requests.map(each => idFrom('crm member', each.contactId, each.campaignId))}::bigint[],
      ${requests.map(each => each.campaignId)}::bigint[], ${requests.map(each => each.status)}::text[]) as f (contact_id, id, campaign_id, status)
    join crm.campaign c on c.id = f.campaign_id
    on conflict (contact_id, id) do update set status = excluded.status, updated_at = excluded.updated_at
    where coalesce(array_position(${memberSteps}::text[], excluded.status), 99) >= coalesce(array_position(${memberSteps}::text[], known.status), 0)
    returning id, connection_id as "connectionId", contact_id as "contactId"`,
  )
  await enqueue(
    trx,
    made.flatMap(({ id, connectionId, contactId }) => [
      { connectionId, kind: 'person' as const, localId: contactId, lane: 'interactive' as const },
      { connectionId, kind: 'member' as const, localId: id, lane: 'interactive' as const },
    ]),
    now,
  )
}

/** Campaigns of the CRMs, to choose from; newest first. */
export function listCampaigns(
  db: Db,
  search: string | null = null,
): Promise<{ id: string; name: string; status: string | null; connectionName: string }[]> {
  return many(
    db,
    sql`
    select m.id, m.name, m.status, c.name as "connectionName" from crm.campaign m join crm.connection c on c.id = m.connection_id
    where c.status <> 'archived' and ${search ? sql`strpos(lower(m.name), ${search.toLowerCase()}) > 0` : sql`true`}
    order by m.id desc limit 200`,
  )
}

/** Names of campaigns, for sentences. */
export function campaignsByIds(db: Db, ids: string[]): Promise<{ id: string; name: string }[]> {
  return many(db, sql`select id, name from crm.campaign where id = any(${ids}::bigint[])`)
}
