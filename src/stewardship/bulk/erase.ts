import { suppress } from '#audience/suppression.ts'
import { holdLane } from '#engine/lanes.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { laneOf, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { scrub } from '../erase.scrub.ts'
import { recheckMs, staysBehind } from '../erase.ts'
import { contactTables, ownedBy } from '../subject.catalogue.ts'
import type { Person } from '../subject.ts'

/** As many persons' names as one pattern searches the other tables for. */
export const erasedAtOnce = 25

/**
 * Erases contacts as `eraseContact` does, a set in one go: texts elsewhere are searched once for all of them, the
 * rooms forget all of them, tables whose room forgot are emptied, and each leaves the note that he was erased. Who
 * opted out stays kept out. Returns how many there were.
 */
export async function eraseMany(
  trx: Db,
  services: Services,
  { ids, by }: { ids: string[]; by: string },
): Promise<number> {
  const people = await findPeople(trx, ids)
  if (people.length === 0) return 0
  const all = people.flatMap(person => person.ids)
  const lanes = new Map(all.map(id => [laneOf(id), id]))
  for (const [, id] of [...lanes].sort(([a], [b]) => a - b)) await holdLane(trx, id)
  await scrub(trx, people)
  await keepOut(trx, services, people)
  await services.forget(trx, all)
  for (const table of await contactTables(trx))
    if (!staysBehind.has(table.name))
      await run(trx, sql`delete from ${sql.id(table.schema, table.table)} t where ${ownedBy(table, all)}`)
  const now = services.clock.now()
  await run(
    trx,
    sql`
    insert into stewardship.erasure (contact_id, id, at, by, removed, recheck_until)
    select contact_id, id, ${now}::timestamptz, ${by}, '{}', ${new Date(now.getTime() + recheckMs)}::timestamptz
    from unnest(${all}::bigint[], ${all.map(() => newId())}::bigint[]) as gone (contact_id, id)`,
  )
  return people.length
}

function findPeople(db: Db, ids: string[]): Promise<Person[]> {
  const of = (kind: string) => sql`array(select i.value from audience.identity i
    where i.contact_id = any(own.ids) and i.kind = ${kind})`
  return many(
    db,
    sql`
    select c.id::text as id, own.ids::text[] as ids,
      array(select unnest(${of('email')}) union select c.email where c.email is not null) as addresses,
      ${of('user_id')} as "userIds", ${of('anonymous_id')} as "anonymousIds",
      case when c.phone is null then '{}'::text[] else array[c.phone] end as phones,
      nullif(trim(concat_ws(' ', c.first_name, c.last_name)), '') as name
    from audience.contact c
    cross join lateral (select array_append(
      array(select r.contact_id from audience.redirect r where r.to_contact_id = c.id), c.id) as ids) own
    where c.id = any(${ids}::bigint[]) order by c.id`,
  )
}

async function keepOut(trx: Db, { secrets, clock }: Services, people: Person[]): Promise<void> {
  const rows = await many<{ id: string }>(
    trx,
    sql`
    select contact_id as id from audience.consent_current where contact_id = any(${people.map(person => person.id)}::bigint[])
      and purpose = 'marketing' and topic_id = 0 and state = 'withdrawn'`,
  )
  const out = new Set(rows.map(row => row.id))
  await suppress(
    trx,
    secrets,
    people
      .filter(person => out.has(person.id))
      .flatMap(person => person.addresses)
      .map(address => ({ address, reason: 'unsubscribed', source: 'contact deleted', at: clock.now() })),
  )
}
