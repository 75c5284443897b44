import { record as recordEvents } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { RemoteRecord, Value, Values } from '../connector.ts'
import { norm } from '../values.ts'
import { field, textOf } from './plain.ts'
import type { LocalWrite, Side, Work } from './side.ts'

type Deal = {
  id: string
  name: string
  stage: string | null
  pipeline: string | null
  status: 'open' | 'won' | 'lost'
  amount: number | null
  currency: string | null
  probability: number | null
  closeOn: string | null
  companyId: string | null
  ownerId: string | null
}

const columns = sql`d.id, d.name, d.stage, d.pipeline, d.status, d.amount::float8 as amount, d.currency, d.probability::float8 as probability,
  d.close_on::text as "closeOn", d.company_id as "companyId", d.owner_id as "ownerId"`

/** Deals come from the CRM: stage with history, amount, and whether they were won. */
export const dealSide: Side = {
  kind: 'deal',
  fields: async () => [
    field('name'),
    field('stage'),
    field('pipeline'),
    field('status'),
    field('amount', 'number'),
    field('currency'),
    field('probability', 'number'),
    field('close_on', 'date'),
    field('company_id', 'reference', 'company'),
    field('owner_id', 'reference', 'user'),
    field('opened_at', 'moment'),
    field('closed_at', 'moment'),
  ],
  async read(db, ids) {
    const rows = await many<Deal & { updatedAt: Date; openedAt: Date | null; closedAt: Date | null }>(
      db,
      sql`
      select ${columns}, d.updated_at as "updatedAt", d.opened_at as "openedAt", d.closed_at as "closedAt"
      from crm.deal d where d.id = any(${ids}::bigint[])`,
    )
    return new Map(
      rows.map(row => [
        row.id,
        {
          values: {
            ...valuesOf(row),
            opened_at: norm(row.openedAt),
            closed_at: norm(row.closedAt),
          },
          updatedAt: row.updatedAt,
        },
      ]),
    )
  },
  match: async () => new Map<string, string>(),
  async create(trx, arrivals, work) {
    const rows = arrivals.map(({ record, theirs }) => ({
      remoteId: record.id,
      deal: dealOf(newId(), theirs),
      theirs,
      record,
    }))
    await store(trx, rows, work)
    await addSteps(
      trx,
      rows.map(({ deal, record }) => ({ deal, from: null, at: record.created ?? record.modified })),
    )
    return { made: new Map(rows.map(({ remoteId, deal }) => [remoteId, deal.id])), events: [] }
  },
  write,
  async archive(trx, ids, { now }) {
    await run(
      trx,
      sql`update crm.deal set gone = true, updated_at = ${now}::timestamptz where id = any(${ids}::bigint[])`,
    )
  },
}

const valuesOf = (row: Deal): Values => ({
  name: norm(row.name),
  stage: norm(row.stage),
  pipeline: norm(row.pipeline),
  status: row.status,
  amount: norm(row.amount),
  currency: norm(row.currency),
  probability: norm(row.probability),
  close_on: norm(row.closeOn),
  company_id: norm(row.companyId),
  owner_id: norm(row.ownerId),
})

function dealOf(id: string, values: Values): Deal {
  return {
    id,
    name: textOf(values.name) ?? '(without a name)',
    stage: textOf(values.stage),
    pipeline: textOf(values.pipeline),
    status: statusOf(values.status),
    amount: numberOf(values.amount),
    currency: textOf(values.currency),
    probability: numberOf(values.probability),
    closeOn: /^\d{4}-\d\d-\d\d/.exec(textOf(values.close_on) ?? '')?.[0] ?? null,
    companyId: textOf(values.company_id),
    ownerId: textOf(values.owner_id),
  }
}

function statusOf(value: Value | undefined): Deal['status'] {
  const word = String(value ?? 'open').toLowerCase()
  return word === 'won' || word === 'lost' ? word : 'open'
}

const numberOf = (value: Value | undefined): number | null => {
  const number = value === null || value === undefined ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : null
}

type Row = { deal: Deal; theirs: Values; record: RemoteRecord }

async function store(trx: Db, rows: Row[], { connection, now }: Work): Promise<void> {
  const flat = rows.map(({ deal, theirs, record }) => ({
    ...deal,
    openedAt: textOf(theirs.opened_at) ?? record.created?.toISOString() ?? null,
    closedAt: textOf(theirs.closed_at) ?? (deal.status === 'open' ? null : record.modified.toISOString()),
  }))
  await run(
    trx,
    sql`
    insert into crm.deal as known (id, connection_id, name, stage, pipeline, status, amount, currency, probability, close_on, company_id,
      owner_id, opened_at, closed_at, updated_at)
    select id, ${connection.id}::bigint, name, stage, pipeline, status, amount, currency, probability, "closeOn", "companyId",
      "ownerId", "openedAt", "closedAt", ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(flat)}::jsonb) as f (id bigint, name text, stage text, pipeline text, status text,
      amount numeric, currency text, probability numeric, "closeOn" date, "companyId" bigint, "ownerId" text,
      "openedAt" timestamptz, "closedAt" timestamptz)
    on conflict (id) do update set name = excluded.name, stage = excluded.stage, pipeline = excluded.pipeline,
      status = excluded.status, amount = excluded.amount, currency = excluded.currency, probability = excluded.probability,
      close_on = excluded.close_on, company_id = excluded.company_id, owner_id = excluded.owner_id,
      opened_at = coalesce(excluded.opened_at, known.opened_at),
      closed_at = case when excluded.status = 'open' then null else coalesce(known.closed_at, excluded.closed_at) end,
      gone = false, updated_at = excluded.updated_at`,
  )
}

type Step = { deal: Deal; from: Deal | null; at: Date }

async function addSteps(trx: Db, steps: Step[]): Promise<void> {
  await run(
    trx,
    sql`
    insert into crm.deal_step (deal_id, id, at, from_stage, to_stage, status, amount)
    select * from unnest(${steps.map(step => step.deal.id)}::bigint[], ${steps.map(() => newId())}::bigint[],
      ${steps.map(step => step.at.toISOString())}::timestamptz[], ${steps.map(step => step.from?.stage ?? null)}::text[],
      ${steps.map(step => step.deal.stage)}::text[], ${steps.map(step => step.deal.status)}::text[], ${steps.map(step => step.deal.amount)}::numeric[])`,
  )
}

async function write(trx: Db, writes: LocalWrite[], work: Work): Promise<NewEvent[]> {
  const before = new Map(
    (
      await many<Deal>(
        trx,
        sql`select ${columns} from crm.deal d where d.id = any(${writes.map(each => each.localId)}::bigint[])`,
      )
    ).map(row => [row.id, row]),
  )
  const rows = writes.flatMap(({ localId, here, record }) => {
    const old = before.get(localId)
    if (!old) return []
    const values = { ...valuesOf(old), ...here }
    return [{ old, deal: dealOf(localId, values), theirs: here, record }]
  })
  await store(trx, rows, work)
  const moved = rows.filter(
    ({ old, deal }) => old.stage !== deal.stage || old.status !== deal.status || old.amount !== deal.amount,
  )
  await addSteps(
    trx,
    moved.map(({ old, deal, record }) => ({ deal, from: old, at: record.modified })),
  )
  return tell(trx, moved, work)
}

/** What happened to a deal happened to everybody who has a part in it. */
async function tell(
  trx: Db,
  moved: { old: Deal; deal: Deal; record: RemoteRecord }[],
  { connection, now }: Work,
): Promise<NewEvent[]> {
  const roles = await many<{ contactId: string; dealId: string }>(
    trx,
    sql`
    select contact_id as "contactId", deal_id as "dealId" from crm.deal_role
    where deal_id = any(${moved.map(({ deal }) => deal.id)}::bigint[])`,
  )
  const people = Map.groupBy(roles, role => role.dealId)
  return moved.flatMap(({ old, deal }) =>
    (people.get(deal.id) ?? []).flatMap(({ contactId }) => {
      const data = {
        connectionId: connection.id,
        dealId: deal.id,
        dealName: deal.name,
        from: old.stage,
        to: deal.stage,
        status: deal.status,
        amount: deal.amount,
        currency: deal.currency,
      }
      const about = { contactId, name: deal.name, at: now, data }
      const events: NewEvent[] = []
      if (old.stage !== deal.stage) events.push({ ...about, type: 'deal.stage_changed' })
      if (old.status !== deal.status && deal.status !== 'open')
        events.push({ ...about, type: `deal.${deal.status}` })
      return events
    }),
  )
}

/** For those who learn of a deal only by their part in it: what it has come to already is told once. */
export async function tellParts(
  trx: Db,
  parts: { contactId: string; dealId: string }[],
  work: Pick<Work, 'connection' | 'now' | 'muted'>,
): Promise<void> {
  const deals = new Map(
    (
      await many<Deal>(
        trx,
        sql`select ${columns} from crm.deal d where d.id = any(${parts.map(part => part.dealId)}::bigint[])`,
      )
    ).map(deal => [deal.id, deal]),
  )
  await recordEvents(
    trx,
    parts.flatMap(({ contactId, dealId }) => {
      const deal = deals.get(dealId)
      if (!deal) return []
      const data = {
        connectionId: work.connection.id,
        dealId,
        dealName: deal.name,
        from: null,
        to: deal.stage,
        status: deal.status,
        amount: deal.amount,
        currency: deal.currency,
        ...(work.muted ? { muted: true } : {}),
      }
      const type = deal.status === 'open' ? 'deal.stage_changed' : `deal.${deal.status}`
      return [{ contactId, type, name: deal.name, at: work.now, data }]
    }),
  )
}
