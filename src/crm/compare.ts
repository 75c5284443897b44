import { run as execute, inTransaction, many, sql } from '#platform/db/db.ts'
import { askedAt } from './apply.ts'
import { addHints } from './hints.sql.ts'
import { inOrder, type ObjectMap } from './mapping.ts'
import { type Run, workOn } from './run.ts'
import { describe } from './schema.ts'
import { getStream, moveStream } from './streams.sql.ts'

const dayMs = 86_400_000
const weekMs = 7 * dayMs
const atOnce = 2_000

/** Nightly work: the ids of both sides are compared, once a week computed fields are read again. How much was found. */
export async function compareDue(run: Run): Promise<number> {
  const { services, connection } = run
  let found = 0
  for (const object of inOrder(run.mapping.objects)) {
    if (object.kind === 'user') continue
    const now = services.clock.now()
    const { polledAt } = await getStream(services.db, connection.id, object.remote, 'compare')
    const since = polledAt ?? connection.loadedAt
    if (since && now.getTime() - since.getTime() < dayMs) continue
    found += await compare(run, object)
    await sweep(run, object)
  }
  if (found > 0 || isStale(run)) await describe(run)
  return found
}

const isStale = ({ connection, services }: Run) =>
  connection.describedAt !== null && services.clock.now().getTime() - connection.describedAt.getTime() > dayMs

/**
 * Finds what was deleted without a trace and what was missed: lists the CRM's ids beside ours. Whatever differs is
 * only asked for again by id; what that says, counts.
 */
export async function compare(run: Run, object: ObjectMap): Promise<number> {
  const { services, connection } = run
  const { db } = services
  const crm = run.crm('delta')
  const of = { connectionId: connection.id, type: object.remote }
  const began = services.clock.now()
  const asked = askedAt()
  await forget(run, object)
  for (let after: string | null = null; ; ) {
    const page: { ids: string[]; more: boolean } = await crm.ids(object.remote, { after, limit: atOnce })
    await inTransaction(db, async trx => {
      await execute(
        trx,
        sql`
        insert into crm.sighting (connection_id, remote_type, remote_id)
        select ${of.connectionId}::bigint, ${of.type}, id from unnest(${page.ids}::text[]) as seen (id) on conflict do nothing`,
      )
    })
    after = page.ids.at(-1) ?? null
    if (!page.more || after === null) break
  }
  const odd = await many<{ id: string }>(
    db,
    sql`
    select l.remote_id as id from crm.link l
    where l.connection_id = ${of.connectionId}::bigint and l.remote_type = ${of.type} and l.state = 'active' and l.read_at < ${asked}::timestamptz
      and not exists (select from crm.sighting s where s.connection_id = l.connection_id and s.remote_type = l.remote_type and s.remote_id = l.remote_id)
    union all
    select s.remote_id from crm.sighting s where s.connection_id = ${of.connectionId}::bigint and s.remote_type = ${of.type} and ${object.createHere}
      and not exists (select from crm.link l where l.connection_id = s.connection_id and l.remote_type = s.remote_type and l.remote_id = s.remote_id)
      and not exists (select from crm.removal r where r.connection_id = s.connection_id and r.remote_type = s.remote_type and r.remote_id = s.remote_id)
      and not exists (select from crm.stranger n where n.connection_id = s.connection_id and n.remote_type = s.remote_type and n.remote_id = s.remote_id)
    limit 100000`,
  )
  await inTransaction(db, async trx => {
    await addHints(
      trx,
      connection.id,
      odd.map(({ id }) => ({ type: object.remote, id })),
      began,
    )
    await moveStream(trx, { ...of, name: 'compare' }, { cursor: null, polledAt: began })
  })
  await forget(run, object)
  return odd.length
}

async function forget({ services, connection }: Run, object: ObjectMap): Promise<void> {
  await execute(
    services.db,
    sql`delete from crm.sighting where connection_id = ${connection.id}::bigint and remote_type = ${object.remote}`,
  )
}

/** Fields that the CRM computes change without a stamp: once a week everything that has one is read again. */
async function sweep(run: Run, object: ObjectMap): Promise<void> {
  const { services, connection } = run
  const described = connection.schema?.objects.find(each => each.type === object.remote)
  const computed = object.fields.some(
    field => described?.fields.find(each => each.name === field.remote)?.computed,
  )
  if (!computed) return
  const { now } = workOn(run, object)
  const { polledAt } = await getStream(services.db, connection.id, object.remote, 'sweep')
  if (polledAt && now.getTime() - polledAt.getTime() < weekMs) return
  await inTransaction(services.db, async trx => {
    await execute(
      trx,
      sql`
      insert into crm.hint (connection_id, remote_type, remote_id, at)
      select connection_id, remote_type, remote_id, ${now}::timestamptz from crm.link
      where connection_id = ${connection.id}::bigint and remote_type = ${object.remote} and state = 'active' on conflict do nothing`,
    )
    await moveStream(
      trx,
      { connectionId: connection.id, type: object.remote, name: 'sweep' },
      { cursor: null, polledAt: now },
    )
  })
}
