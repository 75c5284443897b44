import { append, load } from '#activity/ledger.ts'
import { makePartitions } from '#activity/partitions.ts'
import { record } from '#activity/record.ts'
import type { Reactor, Tick } from '#engine/reactor.ts'
import { startWorker } from '#engine/worker.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Place } from './place.ts'

// The engine and the ledger alone: a reactor that does the five steps by hand, as few statements as it can.

/** Steps per second for `count` contacts whose events lie queued; the clock runs until nothing is due. */
export async function passThroughRate(place: Place, count: number): Promise<number> {
  const { db } = place.services
  await prepare(place, count)
  const began = performance.now()
  const worker = await startWorker({ services: place.services, reactors: [fiveSteps], log: { load, append } })
  await worker.idle()
  const seconds = (performance.now() - began) / 1000
  await worker.stop()
  const { messages, points, ended } = await one<{ messages: number; points: number; ended: number }>(
    db,
    sql`
    select (select count(*)::int from pass.message) as messages, (select sum(points)::int from pass.score) as points,
      (select count(*)::int from activity.event where type = 'workflow.exited') as ended`,
  )
  if (messages !== count || points !== 5 * count || ended !== count)
    throw new Error(`wrong: ${messages} ${points} ${ended}`)
  return (count * 5) / seconds
}

async function prepare({ services }: Place, count: number): Promise<void> {
  const { db } = services
  await run(db, sql`drop schema if exists pass cascade`)
  await run(db, sql`create schema pass`)
  await run(db, sql`create table pass.contact (contact_id bigint primary key, attrs jsonb not null)`)
  await run(
    db,
    sql`create table pass.enrolment (contact_id bigint, id bigint, step int, ended boolean, primary key (contact_id, id))`,
  )
  await run(
    db,
    sql`create table pass.message (contact_id bigint, id bigint, reason text, state text, primary key (contact_id, reason))`,
  )
  await run(db, sql`create table pass.score (contact_id bigint primary key, points int not null)`)
  await run(db, sql`truncate activity.event, engine.work, engine.timer`)
  await makePartitions(db, services.clock.now())
  for (let from = 0; from < count; from += 5000) {
    const ids = Array.from({ length: Math.min(5000, count - from) }, () => newId())
    await run(
      db,
      sql`insert into pass.contact select id, '{"plan": "gold"}' from unnest(${plainArray(ids)}::bigint[]) id`,
    )
    const at = services.clock.now()
    await inTransaction(db, trx =>
      record(
        trx,
        ids.map(contactId => ({ contactId, type: 'event.tracked', name: 'Signed Up', at, receivedAt: at })),
      ),
    )
  }
  await run(db, sql`vacuum analyze pass.contact, activity.event, engine.work`)
}

const fiveSteps: Reactor = {
  name: 'five steps',
  async run({ db, events, now }: Tick) {
    const entered = events.filter(event => event.type === 'event.tracked')
    if (entered.length === 0) return []
    const ids = plainArray(entered.map(event => event.contactId))
    const gold = new Set(
      (
        await many<{ id: string }>(
          db,
          sql`
      select contact_id as id from pass.contact where contact_id = any(${ids}::bigint[]) and attrs->>'plan' = 'gold'`,
        )
      ).map(row => row.id),
    )
    const sent = entered.filter(event => gold.has(event.contactId))
    await run(
      db,
      sql`
      insert into pass.message select c, i, 'welcome', 'queued'
      from unnest(${plainArray(sent.map(event => event.contactId))}::bigint[], ${plainArray(sent.map(() => newId()))}::bigint[]) as t (c, i)
      on conflict do nothing`,
    )
    await run(
      db,
      sql`
      insert into pass.score select c, 5 from unnest(${ids}::bigint[]) as t (c)
      on conflict (contact_id) do update set points = score.points + excluded.points`,
    )
    await run(
      db,
      sql`
      insert into pass.enrolment select c, i, 6, true
      from unnest(${ids}::bigint[], ${plainArray(entered.map(() => newId()))}::bigint[]) as t (c, i)`,
    )
    return entered.map(event => ({
      contactId: event.contactId,
      type: 'workflow.exited',
      at: now,
      receivedAt: now,
      causeId: event.id,
    }))
  },
}
