import { listUsers } from '#access/users.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Value, Values } from '../connector.ts'
import { norm } from '../values.ts'
import type { LocalField, LocalWrite, Side, Work } from './side.ts'

export const field = (
  name: string,
  type: LocalField['type'] = 'text',
  refers?: LocalField['refers'],
): LocalField => ({
  name,
  label: (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' '),
  type,
  writable: true,
  ...(refers ? { refers } : {}),
})

export const textOf = (value: Value | undefined): string | null =>
  value === null || value === undefined
    ? null
    : Array.isArray(value)
      ? value.join('; ')
      : String(value).slice(0, 2_000)

const always = new Map<string, string>()

/** The CRM’s users, as far as owners are concerned: kept by their remote id, known to us by their address. */
export const userSide: Side = {
  kind: 'user',
  fields: async () => [field('name'), field('email'), field('is_active', 'boolean')],
  async read() {
    return new Map()
  },
  match: async () => always,
  /** Users are not linked: the table of owners is written directly, whenever one comes. */
  async create(trx, arrivals, work) {
    const ours = new Map(
      (await listUsers(trx)).filter(user => user.active).map(user => [user.email.toLowerCase(), user.id]),
    )
    const rows = arrivals.map(({ record, theirs }) => {
      const email = textOf(theirs.email)?.toLowerCase() ?? null
      const userId = ours.get(email ?? '') ?? null
      return {
        id: record.id,
        name: textOf(theirs.name) ?? record.id,
        email,
        active: theirs.is_active !== false,
        userId,
      }
    })
    await run(
      trx,
      sql`
      insert into crm.person_of as known (connection_id, remote_id, name, email, is_active, user_id)
      select ${work.connection.id}::bigint, f.id, f.name, f.email, f.active, f.user_id
      from unnest(${rows.map(row => row.id)}::text[], ${rows.map(row => row.name)}::text[], ${rows.map(row => row.email)}::text[],
        ${rows.map(row => row.active)}::boolean[], ${rows.map(row => row.userId)}::text[]) as f (id, name, email, active, user_id)
      order by f.id
      on conflict (connection_id, remote_id) do update set name = excluded.name, email = excluded.email,
        is_active = excluded.is_active, user_id = coalesce(excluded.user_id, known.user_id)`,
    )
    return { made: new Map(), events: [] }
  },
  write: async () => [],
}

/** Campaigns of the CRM: names and states, to choose from. */
export const campaignSide: Side = {
  kind: 'campaign',
  fields: async () => [field('name'), field('status')],
  async read(db, ids) {
    const rows = await many<{ id: string; name: string; status: string | null; updatedAt: Date }>(
      db,
      sql`select id, name, status, updated_at as "updatedAt" from crm.campaign where id = any(${ids}::bigint[])`,
    )
    return new Map(
      rows.map(row => [row.id, { values: { name: row.name, status: row.status }, updatedAt: row.updatedAt }]),
    )
  },
  match: async () => always,
  async create(trx, arrivals, { connection, now }) {
    const rows = arrivals.map(({ record, theirs }) => ({ id: newId(), remoteId: record.id, theirs }))
    await run(
      trx,
      sql`
      insert into crm.campaign (id, connection_id, name, status, updated_at)
      select id, ${connection.id}::bigint, name, status, ${now}::timestamptz
      from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => textOf(row.theirs.name) ?? row.remoteId)}::text[],
        ${rows.map(row => textOf(row.theirs.status))}::text[]) as f (id, name, status)`,
    )
    return { made: new Map(rows.map(row => [row.remoteId, row.id])), events: [] }
  },
  async write(trx, writes, { now }) {
    await run(
      trx,
      sql`
      update crm.campaign c set name = coalesce(f.name, c.name), status = coalesce(f.status, c.status), updated_at = ${now}::timestamptz
      from unnest(${writes.map(each => each.localId)}::bigint[], ${writes.map(each => textOf(each.here.name))}::text[],
        ${writes.map(each => textOf(each.here.status))}::text[]) as f (id, name, status) where c.id = f.id`,
    )
    return []
  },
}

type Owned = { id: string; contactId: string; values: Values; updatedAt: Date }
const none = async (): Promise<{ made: Map<string, string>; events: NewEvent[] }> => ({
  made: new Map(),
  events: [],
})

const asMap = (rows: Owned[]) =>
  new Map(
    rows.map(row => [
      row.id,
      { values: { ...row.values, person: row.contactId, id: row.id }, updatedAt: row.updatedAt },
    ]),
  )

/** How far somebody is in a campaign: it only moves up. */
export const memberSteps = ['sent', 'opened', 'clicked', 'responded']

/** Members of campaigns: made by workflows, raised by either side. */
export const memberSide: Side = {
  kind: 'member',
  fields: async () => [
    field('campaign', 'reference', 'campaign'),
    field('person', 'reference', 'person'),
    field('status'),
  ],
  async read(db, ids) {
    const rows = await many<Owned>(
      db,
      sql`
      select m.id, m.contact_id as "contactId", m.updated_at as "updatedAt",
        jsonb_build_object('campaign', m.campaign_id::text, 'status', m.status) as values
      from crm.member m where m.id = any(${ids}::bigint[])`,
    )
    return asMap(rows)
  },
  match: async () => always,
  create: none,
  write: (trx, writes, work) => writeOwned(trx, writes, work, 'status'),
}

/** Tasks for sales: made by workflows, done in the CRM. */
export const taskSide: Side = {
  kind: 'task',
  fields: async () => [
    field('subject'),
    field('body'),
    field('due_on', 'date'),
    field('owner_id', 'reference', 'user'),
    field('person', 'reference', 'person'),
    field('status'),
    { ...field('id'), writable: false },
  ],
  async read(db, ids) {
    const rows = await many<Owned>(
      db,
      sql`
      select t.id, t.contact_id as "contactId", t.updated_at as "updatedAt",
        jsonb_build_object('subject', t.subject, 'body', nullif(t.body, ''), 'due_on', t.due_on::text, 'owner_id', t.owner_id, 'status', t.status) as values
      from crm.task t where t.id = any(${ids}::bigint[])`,
    )
    return asMap(rows)
  },
  match: async () => always,
  create: none,
  write: (trx, writes, work) => writeOwned(trx, writes, work, 'task'),
}

async function writeOwned(
  trx: Db,
  writes: LocalWrite[],
  { now }: Work,
  what: 'status' | 'task',
): Promise<NewEvent[]> {
  const ids = writes.map(each => each.localId)
  const of = (name: string) => writes.map(each => textOf(norm(each.here[name])))
  if (what === 'status')
    await run(
      trx,
      sql`
      update crm.member m set status = coalesce(f.status, m.status), updated_at = ${now}::timestamptz
      from unnest(${ids}::bigint[], ${of('status')}::text[]) as f (id, status) where m.id = f.id
        and coalesce(array_position(${memberSteps}::text[], f.status), 99) >= coalesce(array_position(${memberSteps}::text[], m.status), 0)`,
    )
  else
    await run(
      trx,
      sql`
      update crm.task t set subject = coalesce(f.subject, t.subject), body = coalesce(f.body, t.body), due_on = coalesce(f.due_on::date, t.due_on),
        owner_id = coalesce(f.owner_id, t.owner_id), status = coalesce(f.status, t.status), updated_at = ${now}::timestamptz
      from unnest(${ids}::bigint[], ${of('subject')}::text[], ${of('body')}::text[], ${of('due_on')}::text[], ${of('owner_id')}::text[],
        ${of('status')}::text[]) as f (id, subject, body, due_on, owner_id, status) where t.id = f.id`,
    )
  return []
}
