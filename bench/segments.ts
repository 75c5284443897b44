// Segments at a million contacts: the count in the editor, fifty segments of a tick, the first members of one.
// Each against what a careful hand would write, in the same run, in turn.
import { createUser, systemActor } from '#access/users.ts'
import { type Asking, compileFilter } from '#decisions/compile.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { createSegment, publishSegment } from '#decisions/segments.ts'
import { setTimers } from '#engine/timers.ts'
import { type Db, inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { readSegments } from '../src/decisions/live-segments.ts'
import { settleMembers, timerKind } from '../src/decisions/membership.sql.ts'
import { countMetric } from '../src/decisions/metrics.jobs.ts'
import { unreadyMetrics } from '../src/decisions/metrics.sql.ts'
import { readyMetrics } from '../src/decisions/metrics.ts'
import { buildSegment } from '../src/decisions/segments.jobs.ts'
import { countNaive, rebuildNaive, settleNaive } from './baselines/segments-by-hand.ts'
import { openPlace } from './engine/place.ts'
import { cpuSeconds, inTurn, memoryMegabytes, print } from './measure.ts'
import { fillCrowd } from './segments/crowd.ts'

const size = Number(process.env.BENCH_CONTACTS ?? 1_000_000)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const touched = Math.min(5000, Math.floor(size / 10))
const place = await openPlace()
const { services } = place
const { db } = services
const now = services.clock.now()
const zone = services.config.zone
const steward = {
  ownerId: '',
  reviewOn: new Date(now.getTime() + 90 * 86_400_000).toISOString().slice(0, 10),
}

/** Runs a job as the queue would; its progress goes nowhere. */
async function perform(job: typeof buildSegment | typeof countMetric, input: unknown): Promise<void> {
  await job.run(
    { id: '0', input, cursor: null, save: async () => undefined } as Parameters<typeof job.run>[0],
    services,
  )
}

async function publish(name: string, filter: Filter): Promise<string> {
  const { id, version } = await createSegment(
    db,
    systemActor,
    { name, filter: filterSchema.parse(filter) },
    now,
  )
  await publishSegment(db, systemActor, id, { version, ...steward }, now)
  return id
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const three: Filter = {
  all: [
    { type: 'field', field: 'country', op: 'is_any_of', value: ['de', 'fr', 'gb', 'us'] },
    { type: 'field', field: 'attrs.seats', op: 'at_least', value: 20 },
    {
      type: 'event',
      event: 'page.viewed',
      where: [{ property: 'path', op: 'is', value: '/pricing' }],
      op: 'at_least',
      times: 1,
      withinDays: 20,
    },
  ],
}
/** A quarter of everybody. */
const quarter: Filter = { all: [{ type: 'field', field: 'stage', op: 'is', value: 'lead' }] }

/** Fifty of all sorts: columns, custom fields, counts, each a little different from the next. */
function fifty(): Filter[] {
  const kinds: ((i: number) => Filter)[] = [
    i => ({
      all: [
        { type: 'field', field: 'country', op: 'is', value: ['DE', 'FR', 'GB'][i % 3] ?? 'DE' },
        { type: 'field', field: 'attrs.seats', op: 'at_least', value: i },
      ],
    }),
    i => ({
      all: [
        { type: 'field', field: 'job_title', op: 'contains', value: 'sales' },
        { type: 'field', field: 'attrs.visits', op: 'more_than', value: i * 10 },
      ],
    }),
    i => ({
      any: [
        { type: 'field', field: 'attrs.city', op: 'is', value: `City ${i}` },
        { type: 'field', field: 'attrs.plan', op: 'is', value: 'pro' },
      ],
    }),
    i => ({
      all: [
        { type: 'field', field: 'stage', op: 'is', value: 'lead' },
        { not: { type: 'field', field: 'attrs.industry', op: 'is', value: `Industry ${i}` } },
      ],
    }),
    i => ({
      all: [
        { type: 'field', field: 'language', op: 'is', value: 'de' },
        {
          type: 'event',
          event: 'page.viewed',
          where: [{ property: 'path', op: 'is', value: '/pricing' }],
          op: 'at_least',
          times: 1,
          withinDays: 7 + (i % 5),
        },
      ],
    }),
  ]
  return Array.from({ length: 50 }, (_, i) => (kinds[i % kinds.length] ?? kinds[0])?.(i) ?? quarter)
}

type Result = Awaited<ReturnType<typeof inTurn>>

/** One row of the table, with what an item cost in processor time. */
async function row(
  what: string,
  items: number,
  goal: number,
  isFaster: boolean,
  pairs: () => Promise<Result>,
) {
  const before = { node: process.cpuUsage(), postgres: cpuSeconds(place.postmaster) }
  const result = await pairs()
  const node = process.cpuUsage(before.node)
  const ratio = isFaster ? 1 / result.ratio : result.ratio
  const met = isFaster ? ratio >= goal : ratio <= goal
  if (!met) process.exitCode = 1
  const perItem = (us: number) => (us / (items * rounds)).toFixed(2)
  return {
    what,
    'ours ms': result.ours.toFixed(0),
    'baseline ms': result.baseline.toFixed(0),
    'items/s': Math.round((items / result.ours) * 1000),
    ratio: `${ratio.toFixed(2)}x`,
    goal: `${isFaster ? '>=' : '<='} ${goal}x`,
    'us/item Node': perItem(node.user + node.system),
    'us/item PostgreSQL, both': perItem((cpuSeconds(place.postmaster) - before.postgres) * 1e6),
    'peak MB': Math.round(memoryMegabytes(process.pid)),
    met: met ? 'yes' : 'NO',
  }
}

async function countRow() {
  const metrics = await readyMetrics(db, zone)
  const ours = async () => {
    const matches = compileFilter(three, { now, zone, metrics })
    return one<{ n: number }>(
      db,
      sql`select count(*)::int as n from audience.contact contact where ${matches}`,
    )
  }
  const metricId = [...metrics.values()][0] ?? '0'
  const [a, b] = [await ours(), await countNaive(db, { metricId, now, zone })]
  if (a.n !== b.n || a.n === 0) throw new Error(`counts differ: ${a.n} and ${b.n}`)
  return row(`count, 3 conditions, ${size} contacts`, size, 1.2, false, () =>
    inTurn(
      rounds,
      () => time(ours),
      () => time(() => countNaive(db, { metricId, now, zone })),
    ),
  )
}

/** What happens to people on a usual day: somebody's seats grow a little. Some cross a border, most do not. */
async function touch(ids: string[]): Promise<void> {
  await run(
    db,
    sql`
    update audience.contact contact set attrs = contact.attrs || fresh.attrs
    from (
      select id, jsonb_build_object('seats', ((attrs ->> 'seats')::int + 3) % 100) as attrs
      from audience.contact where id = any(${ids}::bigint[])) fresh
    where contact.id = fresh.id`,
  )
}

async function fiftyRow() {
  for (const [i, filter] of fifty().entries()) await publish(`Segment ${i}`, filter)
  const ids = (
    await many<{ id: string }>(
      db,
      sql`select id from audience.contact order by hashint8(id) limit ${touched}`,
    )
  ).map(each => each.id)
  const segments = (await readSegments(db)).filter(segment => segment.name.startsWith('Segment '))
  const asking: Asking = { now, zone, metrics: await readyMetrics(db, zone), scope: { of: 'ids', ids } }
  const ours = () => inTransaction(db, trx => settleMembers(trx, segments, asking))
  const baseline = () => inTransaction(db, trx => settleNaive(trx, segments, asking))
  await setTimers(
    db,
    (await ours()).flatMap(({ contactId, segmentId, at }) =>
      at ? [{ contactId, kind: timerKind, key: segmentId, dueAt: at }] : [],
    ),
  )
  const changes: number[] = []
  const result = () =>
    inTurn(
      rounds,
      async () => {
        await touch(ids)
        return time(async () => changes.push((await ours()).length))
      },
      async () => {
        await touch(ids)
        return time(async () => changes.push(await baseline()))
      },
    )
  const shown = await row(
    `50 segments x ${ids.length} changed contacts, diff written`,
    ids.length,
    8,
    true,
    result,
  )
  console.log(`changes written per round: ${changes.join(', ')}`)
  return shown
}

async function rebuildRow() {
  const id = await publish('A quarter', quarter)
  const clear = async () => {
    await run(db, sql`delete from decisions.segment_member where segment_id = any(${[id, '1']}::bigint[])`)
    await run(db, sql`vacuum analyze decisions.segment_member`)
    await run(db, sql`update decisions.segment set built_to = 0 where id = ${id}::bigint`)
    await run(db, sql`checkpoint`)
  }
  const ours = async () => {
    await clear()
    return time(() => perform(buildSegment, { segmentId: id, name: 'A quarter' }))
  }
  const baseline = async () => {
    await clear()
    return time(() => rebuildNaive(db, '1', now))
  }
  await ours()
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from decisions.segment_member where segment_id = ${id}::bigint`,
  )
  if (n !== (await rebuildNaive(db, '1', now))) throw new Error('the two rebuilds differ')
  return row(`rebuild, ${n} members of ${size}`, n, 1.5, false, () => inTurn(rounds, ours, baseline))
}

async function prepare(database: Db): Promise<void> {
  steward.ownerId = (
    await createUser(database, systemActor, { name: 'Bench', email: 'bench@example.com', role: 'marketer' })
  ).id
  await run(
    database,
    sql`
    insert into audience.field (key, label, type, created_at, source)
    select key, key, type, ${now}, 'bench' from unnest(${['seats', 'visits', 'city', 'plan', 'industry']}::text[],
      ${['number', 'number', 'text', 'text', 'text']}::text[]) as t (key, type)`,
  )
  await fillCrowd(database, size, now)
  await publish('Three conditions', three)
  for (const { id, name } of await unreadyMetrics(database, zone))
    await perform(countMetric, { metricId: id, name })
  await run(database, sql`vacuum analyze decisions.counter`)
}

try {
  console.log(`filling ${size} contacts takes ${((await time(() => prepare(db))) / 1000).toFixed(0)} s`)
  print([await countRow(), await fiftyRow(), await rebuildRow()])
} finally {
  await place.stop()
}
