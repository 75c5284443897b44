import { run as execute, inTransaction, many, sql } from '#platform/db/db.ts'
import { linksOfType, localIdsOf } from './links.sql.ts'
import type { ObjectMap } from './mapping.ts'
import { inPieces } from './pieces.ts'
import { type Run, workOn } from './run.ts'
import { tellParts } from './sides/deal.ts'

/**
 * Reads who plays which part in deals: of those that changed since `since`, or of all. What people learn of a deal
 * only now is told to them.
 */
export async function pullRoles(run: Run, object: ObjectMap, muted: boolean, since?: Date): Promise<void> {
  const crm = run.crm(muted ? 'backfill' : 'delta')
  if (!crm.roles) return
  const { services, connection } = run
  const { db } = services
  const links = await linksOfType(db, connection.id, object.remote, since ?? null)
  const read = await inPieces(links, crm.limits.read, piece => {
    const ids = piece.map(link => link.remoteId)
    return crm.roles ? crm.roles(ids) : Promise.resolve([])
  })
  const people = await localIdsOf(db, connection.id, 'person', [...new Set(read.map(role => role.person.id))])
  const dealOf = new Map(links.map(link => [link.remoteId, link.localId]))
  const roles = read.flatMap(role => {
    const contactId = people.get(role.person.id)
    const dealId = dealOf.get(role.dealId)
    return contactId && dealId ? [{ contactId, dealId, role: role.role, primary: role.primary }] : []
  })
  const unique = [...new Map(roles.map(role => [`${role.contactId} ${role.dealId}`, role])).values()]
  await inTransaction(db, async trx => {
    await execute(
      trx,
      sql`
      delete from crm.deal_role r where r.deal_id = any(${links.map(link => link.localId)}::bigint[])
        and not exists (select from unnest(${unique.map(role => role.contactId)}::bigint[], ${unique.map(role => role.dealId)}::bigint[]) as f (contact_id, deal_id)
          where f.contact_id = r.contact_id and f.deal_id = r.deal_id)`,
    )
    const fresh = await many<{ contactId: string; dealId: string; isNew: boolean }>(
      trx,
      sql`
      insert into crm.deal_role as known (contact_id, deal_id, role, is_primary)
      select * from unnest(${unique.map(role => role.contactId)}::bigint[], ${unique.map(role => role.dealId)}::bigint[],
        ${unique.map(role => role.role)}::text[], ${unique.map(role => role.primary)}::boolean[])
      on conflict (contact_id, deal_id) do update set role = excluded.role, is_primary = excluded.is_primary
      returning contact_id as "contactId", deal_id as "dealId", (xmax = 0) as "isNew"`,
    )
    await tellParts(
      trx,
      fresh.filter(part => part.isNew),
      { ...workOn(run, object), muted },
    )
  })
}
