import { createUser, systemActor } from '#access/users.ts'
import { append } from '#activity/ledger.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { changeMembers } from '#audience/lists.ts'
import type { Event, NewEvent, Reactor, Tick, Timer } from '#engine/reactor.ts'
import { clearTimers, writeTimers } from '#engine/timers.ts'
import { readConfig } from '#platform/config.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { createLog } from '#platform/log.ts'
import type { Services } from '#platform/services.ts'
import type { Filter } from './filter.ts'
import { membershipReactor } from './membership.reactor.ts'
import { countMetric } from './metrics.jobs.ts'
import { metricsReactor } from './metrics.reactor.ts'
import { unreadyMetrics } from './metrics.sql.ts'
import { scoringReactor } from './scoring.reactor.ts'
import { buildSegment } from './segments.jobs.ts'
import { createSegment, getSegment, publishSegment, type Segment, updateSegment } from './segments.ts'

/** A JSON job runs here as the queue would run it, without the queue. */
type Runnable = {
  run(
    job: { id: string; input: unknown; cursor: unknown; save(): Promise<void> },
    services: Services,
  ): Promise<void>
}

export async function runJob(job: unknown, input: unknown, services: Services): Promise<void> {
  // The queue's definitions differ only in the type of their input, which they parse themselves.
  const runnable = job as Runnable
  await runnable.run({ id: '1', input, cursor: null, save: async () => undefined }, services)
}

/** The engine in miniature: rounds of our reactors over events, timers that fire when the clock is moved. */
export function createWorld(db: Db, start: Date, zone = 'Europe/Berlin') {
  const told: NewEvent[] = []
  const clock = { now: () => world.now, offsetMs: () => 0, refresh: async () => undefined }
  const config = readConfig({ TEND_ZONE: zone })
  const services = { config, db, clock, log: createLog('silent') } as unknown as Services
  const reactors: Reactor[] = [metricsReactor, scoringReactor, membershipReactor]
  const world = {
    now: start,
    zone,
    timers,
    told,
    services,
    happen,
    join,
    change,
    list,
    moveTo,
    publish,
    count,
    members,
    tick,
  }

  async function tick(events: Event[], due: Timer[] = []): Promise<NewEvent[]> {
    const made: Event[] = []
    await inTransaction(db, async trx => {
      made.length = 0
      const set: Timer[] = []
      let fresh = events
      for (let round = 0; round < 10 && (fresh.length > 0 || (round === 0 && due.length > 0)); round++) {
        const next: Event[] = []
        for (const reactor of reactors) {
          const own = round === 0 ? due.filter(timer => timer.kind === reactor.timerKind) : []
          const seen = [...fresh, ...next]
          if (seen.length === 0 && own.length === 0) continue
          next.push(
            ...(await append(trx, await reactor.run(tickOf(trx, round, { events: seen, due: own, set })))),
          )
        }
        made.push(...next)
        fresh = next
        await writeTimers(trx, set.splice(0))
      }
    })
    told.push(...made)
    return made
  }

  function tickOf(
    trx: Db,
    round: number,
    { events, due, set }: { events: Event[]; due: Timer[]; set: Timer[] },
  ): Tick {
    return {
      db: trx,
      now: world.now,
      round,
      events,
      timers: due,
      setTimers: list => void set.push(...list),
      clearTimers: () => undefined,
      services,
    }
  }

  /** Records events and lets the reactors see them in one tick. */
  async function happen(...events: NewEvent[]): Promise<NewEvent[]> {
    return tick(await append(db, events))
  }

  /** New contacts with these traits. */
  async function join(...traits: Record<string, unknown>[]): Promise<string[]> {
    const patches = traits.map(given => ({
      contactId: newId(),
      traits: given,
      email: `${newId()}@example.com`,
    }))
    await happen(
      ...(await inTransaction(db, trx => upsertContacts(trx, patches, { now: world.now, source: 'test' }))),
    )
    return patches.map(patch => patch.contactId)
  }

  async function change(contactId: string, traits: Record<string, unknown>): Promise<NewEvent[]> {
    return happen(
      ...(await inTransaction(db, trx =>
        upsertContacts(trx, [{ contactId, traits }], { now: world.now, source: 'test' }),
      )),
    )
  }

  async function list(contactId: string, listId: string, isIn: boolean): Promise<NewEvent[]> {
    return happen(
      ...(await inTransaction(db, trx => changeMembers(trx, [{ contactId, listId, in: isIn }], world.now))),
    )
  }

  /** Moves the clock; every timer on the way fires at its own moment. */
  async function moveTo(to: Date): Promise<void> {
    for (;;) {
      const waiting = (await timers()).filter(timer => timer.dueAt <= to)
      const [first] = waiting
      if (!first) break
      const due = waiting.filter(timer => timer.dueAt.getTime() === first.dueAt.getTime())
      await clearTimers(db, due)
      if (first.dueAt > world.now) world.now = first.dueAt
      await tick([], due)
    }
    world.now = to
  }

  /** A live segment with its members found. */
  async function publish(name: string, filter: Filter, before?: Segment): Promise<Segment> {
    const owner = await createUser(db, systemActor, {
      name: 'Owner',
      email: `${newId()}@example.com`,
      role: 'marketer',
    })
    const reviewOn = new Date(world.now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10)
    const draft = before
      ? await updateSegment(db, systemActor, before.id, { version: before.version, filter }, world.now)
      : await createSegment(db, systemActor, { name, filter }, world.now)
    const live = await publishSegment(
      db,
      systemActor,
      draft.id,
      { version: draft.version, ownerId: owner.id, reviewOn },
      world.now,
    )
    await build(live.id)
    return getSegment(db, live.id)
  }

  async function build(segmentId: string): Promise<void> {
    await runJob(buildSegment, { segmentId, name: 'test' }, services)
  }

  /** Counts the past of all registered metrics. */
  async function count(): Promise<void> {
    for (const { id, name } of await unreadyMetrics(db, zone))
      await runJob(countMetric, { metricId: id, name }, services)
  }

  /** What is set, the earliest first. */
  function timers(): Promise<Timer[]> {
    return many(
      db,
      sql`
      select contact_id as "contactId", kind, key, due_at as "dueAt" from engine.timer order by due_at, contact_id, key`,
    )
  }

  async function members(segmentId: string): Promise<string[]> {
    const rows = await many<{ id: string }>(
      db,
      sql`
      select contact_id as id from decisions.segment_member where segment_id = ${segmentId}::bigint order by 1`,
    )
    return rows.map(row => row.id)
  }

  return world
}

export type World = ReturnType<typeof createWorld>

/** A list to put people on. */
export async function makeList(db: Db, name: string): Promise<string> {
  const id = newId()
  await run(
    db,
    sql`
    insert into audience.list (id, name, created_at, created_by) values (${id}::bigint, ${name}, '2026-01-01', 'test')`,
  )
  return id
}
