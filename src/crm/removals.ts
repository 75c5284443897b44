import { type Db, run as execute, inTransaction, many, sql } from '#platform/db/db.ts'
import { retryAt } from './failures.ts'
import { raiseAll, troubleOf } from './issues.ts'
import type { Run } from './run.ts'
import { send } from './write.ts'

type Removal = { type: string; id: string; attempts: number }

/** Has records deleted in the CRM, because ours were: what is buried is not linked or made again. */
export async function bury(
  trx: Db,
  connectionId: string,
  rows: { type: string; id: string; reason: string; isDeleted: boolean }[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return
  await execute(
    trx,
    sql`
    insert into crm.removal (connection_id, remote_type, remote_id, reason, at, state)
    select ${connectionId}::bigint, type, id, reason, ${now}::timestamptz, case when deleted then 'waiting' else 'kept' end
    from unnest(${rows.map(row => row.type)}::text[], ${rows.map(row => row.id)}::text[], ${rows.map(row => row.reason)}::text[],
      ${rows.map(row => row.isDeleted)}::boolean[]) as fresh (type, id, reason, deleted)
    on conflict do nothing`,
  )
}

/** Passes deletions on; how many. */
export async function deleteThere(run: Run): Promise<number> {
  const { services, connection } = run
  const now = services.clock.now()
  const rows = await many<Removal>(
    services.db,
    sql`
    select remote_type as type, remote_id as id, attempts from crm.removal
    where connection_id = ${connection.id}::bigint and state = 'waiting' and at <= ${now}::timestamptz order by at, remote_id limit 500`,
  )
  const crm = run.crm('delta')
  for (const [type, some] of Map.groupBy(rows, row => row.type)) {
    const outcomes = await send(
      crm,
      type,
      some.map(({ id }) => ({ op: 'delete', id })),
    )
    await inTransaction(services.db, async trx => {
      const states = some.map((row, i) => {
        const outcome = outcomes[i]
        const isDone = !outcome || outcome.ok || outcome.failure.kind === 'gone'
        const passes =
          outcome &&
          !outcome.ok &&
          ['throttle', 'transient', 'lock', 'conflict'].includes(outcome.failure.kind)
        const at = retryAt(now, row.attempts)
        return { id: row.id, state: isDone ? 'done' : passes && row.attempts < 6 ? 'waiting' : 'parked', at }
      })
      const troubles = some.flatMap((row, i) => {
        const outcome = outcomes[i]
        return outcome && !outcome.ok && states[i]?.state === 'parked'
          ? [troubleOf(outcome.failure, { of: 'person', localId: null, remoteType: type, remoteId: row.id })]
          : []
      })
      await raiseAll(trx, connection.id, troubles, now)
      await execute(
        trx,
        sql`
        update crm.removal r set state = fresh.state, attempts = r.attempts + 1, at = case when fresh.state = 'waiting' then fresh.at else r.at end
        from unnest(${states.map(each => each.id)}::text[], ${states.map(each => each.state)}::text[],
          ${states.map(each => each.at.toISOString())}::timestamptz[]) as fresh (id, state, at)
        where r.connection_id = ${connection.id}::bigint and r.remote_type = ${type} and r.remote_id = fresh.id`,
      )
    })
  }
  return rows.length
}
