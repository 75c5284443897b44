import type { Db } from '#platform/db/db.ts'
import { many, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { clashesOf } from './clashes.sql.ts'
import { type ConnectionRow, selectConnections } from './connections.sql.ts'
import { type Link, linksOf } from './links.sql.ts'
import { agreed } from './merge.ts'
import { connectorOf } from './registry.ts'
import { personSide } from './sides/person.ts'
import { fullSettings } from './wire.ts'

type DealPart = {
  id: string
  name: string
  stage: string | null
  status: 'open' | 'won' | 'lost'
  amount: number | null
  currency: string | null
  closeOn: string | null
  role: string | null
  isPrimary: boolean
}

/** The deals a person has a part in, the open ones first. */
export function dealsOf(db: Db, contactId: string): Promise<DealPart[]> {
  return many(
    db,
    sql`
    select d.id, d.name, d.stage, d.status, d.amount::float8 as amount, d.currency, d.close_on::text as "closeOn", r.role, r.is_primary as "isPrimary"
    from crm.deal_role r join crm.deal d on d.id = r.deal_id
    where r.contact_id = ${contactId}::bigint and not d.gone order by d.status <> 'open', d.updated_at desc limit 50`,
  )
}

/** A contact as the CRMs know it: records, the last values of both sides, conflicts and who won, deals. */
export async function personInCrm(services: Services, contactId: string) {
  const { db, clock } = services
  const [connections, conflicts, deals] = await Promise.all([
    selectConnections(db),
    clashesOf(db, contactId),
    dealsOf(db, contactId),
  ])
  const shown = []
  for (const row of connections) {
    const links = await linksOf(db, 'person', [contactId], row.id)
    const waiting = await waits(db, row.id, contactId)
    if (links.length === 0 && waiting === 'no') continue
    const local = (await personSide.read(db, [contactId], { now: clock.now(), connection: row })).get(
      contactId,
    )
    const records = links.map(link => recordOf(services, row, link, local?.values ?? {}))
    shown.push({ connectionId: row.id, connectionName: row.name, records, waiting })
  }
  return { connections: shown, conflicts, deals }
}

function recordOf(services: Services, row: ConnectionRow, link: Link, ours: Record<string, unknown>) {
  const object = row.mapping?.objects.find(each => each.remote === link.remoteType)
  const ref = { type: link.remoteType, id: link.remoteId }
  return {
    ...ref,
    isPrimary: link.isPrimary,
    state: link.state,
    became: link.became,
    url: connectorOf(row.connector).recordUrl?.(fullSettings(services, row), ref) ?? null,
    pulledAt: link.pulledAt,
    pushedAt: link.pushedAt,
    frozen: link.frozen,
    fields: (object?.fields ?? [])
      .filter(field => field.rule !== 'none')
      .map(field => {
        const last = agreed(link.base[field.local])
        return {
          local: field.local,
          remote: field.remote,
          rule: field.rule,
          ours: ours[field.local] ?? null,
          agreed: last?.l ?? null,
          theirs: last?.r ?? null,
        }
      }),
  }
}

async function waits(db: Db, connectionId: string, contactId: string): Promise<'no' | 'waiting' | 'parked'> {
  const rows = await many<{ state: 'waiting' | 'parked' }>(
    db,
    sql`
    select state from crm.outbox where connection_id = ${connectionId}::bigint and kind = 'person' and local_id = ${contactId}::bigint`,
  )
  return rows[0]?.state ?? 'no'
}
