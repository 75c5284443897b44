import type { Thing } from '#access/references.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Metric } from './condition.ts'
import { metricKey } from './demands.ts'
import { type Filter, metricsOf } from './filter.ts'

/** A registered metric: counted by day for every contact, because somebody who is live needs it. */
export type RegisteredMetric = { id: string; definition: Metric; zone: string | null; ready: boolean }

/** Metrics whose counters hold the whole past in this zone's days: canonical key -> id. */
export async function readyMetrics(db: Db, zone: string): Promise<Map<string, string>> {
  const rows = await many<{ key: string; id: string }>(
    db,
    sql`
    select key, id from decisions.metric where ready and zone = ${zone}`,
  )
  return new Map(rows.map(row => [row.key, row.id]))
}

/** All that is counted, ready or not. */
export function listMetrics(db: Db): Promise<RegisteredMetric[]> {
  return many(db, sql`select id, definition, zone, ready from decisions.metric order by id`)
}

/**
 * States what `user` needs counted, replacing what it stated before: everything that the filter counts. New
 * metrics count from now on, and a job counts their past; until then filters count in the ledger itself, which
 * is slower and means the same.
 */
export async function registerMetrics(trx: Db, user: Thing, filter: Filter | Filter[]): Promise<void> {
  const wanted = new Map(
    [filter]
      .flat()
      .flatMap(metricsOf)
      .map(metric => [metricKey(metric), metric]),
  )
  const keys = [...wanted.keys()].sort()
  // Two who come and go with the same metric must not pass each other.
  await run(trx, sql`select pg_advisory_xact_lock(hashtext('decisions.metric'))`)
  if (keys.length > 0) {
    await run(
      trx,
      sql`
      insert into decisions.metric (id, key, definition)
      select id, key, definition from unnest(${keys.map(() => newId())}::bigint[], ${keys}::text[],
        ${keys.map(key => JSON.stringify(wanted.get(key)))}::jsonb[]) as fresh (id, key, definition)
      on conflict (key) do nothing`,
    )
    await run(
      trx,
      sql`
      insert into decisions.metric_user (metric_id, user_kind, user_id)
      select m.id, ${user.kind}, ${user.id} from decisions.metric m where m.key = any(${keys}::text[])
      on conflict do nothing`,
    )
  }
  await run(
    trx,
    sql`
    delete from decisions.metric_user u
    where u.user_kind = ${user.kind} and u.user_id = ${user.id}
      and not exists (select from decisions.metric m where m.id = u.metric_id and m.key = any(${keys}::text[]))`,
  )
  await dropUnused(trx)
}

/** `user` needs nothing any more. */
export async function releaseMetrics(trx: Db, user: Thing): Promise<void> {
  await run(
    trx,
    sql`delete from decisions.metric_user where user_kind = ${user.kind} and user_id = ${user.id}`,
  )
  await dropUnused(trx)
}

/** Counters go with the last who needs them: the definition at once, the rows by the nightly job. */
async function dropUnused(trx: Db): Promise<void> {
  await run(
    trx,
    sql`
    delete from decisions.metric m where not exists (select from decisions.metric_user u where u.metric_id = m.id)`,
  )
}
