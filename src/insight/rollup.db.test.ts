import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { append } from '#activity/ledger.ts'
import { addDays, dayIn } from '#decisions/zone-days.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { markEvents } from './marks.ts'
import { mailMetrics } from './metrics.mail.ts'
import { insightModule } from './module.ts'
import { checkDays, rebuild, settle } from './rollup.ts'

// Every number of the rollup against a naive count in memory, after histories nobody would think of: late events,
// days of 23 and 25 hours, people erased in between.

const zone = 'Europe/Berlin'
/** Both changes of the clock of 2026 lie in these: 29 March and 25 October. */
const ranges = [Date.UTC(2026, 2, 27), Date.UTC(2026, 9, 23)]
const now = new Date('2026-11-20T12:00:00Z')

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

const moment = fc
  .tuple(fc.constantFrom(...ranges), fc.integer({ min: 0, max: 5 * 24 * 60 }))
  .map(([start, minutes]) => new Date(start + minutes * 60_000))
const who = fc.integer({ min: 0, max: 5 })
const hit = fc.record({
  kind: fc.constantFrom('open', 'click'),
  verdict: fc.constantFrom('human', 'machine', 'unsure', null),
})
const letter = fc.record({
  is: fc.constant('letter' as const),
  who,
  at: moment,
  state: fc.constantFrom('sent', 'sent', 'sent', 'failed', 'suppressed', 'unknown', 'queued', 'cancelled'),
  class: fc.constantFrom('marketing', 'marketing', 'service', 'test', 'alert'),
  domain: fc.constantFrom('gmail.com', 'web.de', 'acme.example'),
  deferred: fc.boolean(),
  hits: fc.array(hit, { maxLength: 4 }),
  back: fc.subarray(['hard', 'soft', 'complained', 'unsubscribed'] as const),
})
const event = fc.record({
  is: fc.constant('event' as const),
  who,
  at: moment,
  type: fc.constantFrom(
    'contact.created',
    'list.joined',
    'list.left',
    'consent.granted',
    'consent.withdrawn',
    'segment.entered',
    'page.viewed',
  ),
  key: fc.constantFrom('1', '2'),
})
const other = fc.oneof(
  fc.record({ is: fc.constant('erase' as const), who }),
  fc.record({ is: fc.constant('count' as const) }),
)
const history = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: letter },
    { weight: 5, arbitrary: event },
    { weight: 1, arbitrary: other },
  ),
  { minLength: 5, maxLength: 60 },
)
type Deed = typeof history extends fc.Arbitrary<(infer T)[]> ? T : never
type Letter = Extract<Deed, { is: 'letter' }>

/** Writes events as a tick does: into the ledger, and past our reactor. */
async function happen(events: NewEvent[]): Promise<void> {
  await inTransaction(base.db, async trx => markEvents(trx, await append(trx, events), zone))
}

async function send(contactId: string, deed: Letter): Promise<void> {
  const id = newId()
  const isSent = deed.state === 'sent'
  const tried = deed.state === 'queued' || deed.state === 'cancelled' ? null : deed.at
  const states = deed.deferred ? [{ state: 'deferred' }, { state: deed.state }] : [{ state: deed.state }]
  await run(
    base.db,
    sql`insert into outreach.message (contact_id, id, lane, urgency, channel, class, state, reason, generation, recipient,
        why, purpose, topic_id, queued_at, not_before, attempt, decided_at, sending_at, sent_at, history)
      values (${contactId}::bigint, ${id}::bigint, 0, 1, 'email', ${deed.class}, ${deed.state}, ${id}, 0,
        ${`a@${deed.domain}`}, '[]', 'marketing', 0, ${deed.at}, ${deed.at}, 1, ${tried},
        ${deed.state === 'suppressed' ? null : tried}, ${isSent ? deed.at : null}, ${JSON.stringify(states)}::jsonb)`,
  )
  const later = (hours: number) => new Date(deed.at.getTime() + hours * 3_600_000)
  const told = (type: string, data: object = {}): NewEvent => ({
    contactId,
    type,
    at: later(30),
    data: { messageId: id, ...data },
  })
  const events: NewEvent[] = [{ ...told(isSent ? 'email.sent' : `email.${deed.state}`), at: deed.at }]
  for (const each of deed.hits) {
    await run(
      base.db,
      sql`insert into outreach.hit (contact_id, id, message_id, kind, at, signals, verdict, judge_at)
        values (${contactId}::bigint, ${newId()}::bigint, ${id}::bigint, ${each.kind}, ${later(50)}, '{}', ${each.verdict}, ${later(50)})`,
    )
    events.push(told(each.kind === 'open' ? 'email.opened' : 'email.clicked', { verdict: each.verdict }))
  }
  for (const back of deed.back) {
    if (back === 'hard' || back === 'soft') events.push(told('email.bounced', { class: back }))
    else events.push(told(`email.${back}`))
  }
  // What a person does not see: the sent event of a state that has none.
  await happen(
    events
      .filter(each => !/queued|cancelled|unknown/.test(each.type))
      .concat(deed.state === 'unknown' ? [told('email.failed')] : []),
  )
}

/** What a message counts for, said once more in plain words. */
function countsOf(deed: Letter): Record<string, number> {
  const has = (back: string) => deed.back.some(each => each === back)
  const isSent = deed.state === 'sent' || has('hard') || has('soft')
  const of = (kind: string) => deed.hits.filter(each => each.kind === kind && each.verdict !== null)
  const human = (kind: string) => of(kind).some(each => each.verdict === 'human')
  const one = (holds: boolean) => (holds ? 1 : 0)
  return {
    sent: one(isSent),
    failed: one(deed.state === 'failed' && !isSent),
    held_back: one(deed.state === 'suppressed'),
    unknown: one(deed.state === 'unknown' && !isSent),
    bounced_hard: one(has('hard')),
    bounced_soft: one(has('soft') && !has('hard')),
    deferred: one(deed.deferred),
    complained: one(isSent && has('complained')),
    unsubscribed: one(isSent && has('unsubscribed')),
    opened: one(isSent && human('open')),
    clicked: one(isSent && human('click')),
    opened_by_machine: one(isSent && of('open').length > 0 && !human('open')),
    clicked_by_machine: one(isSent && of('click').length > 0 && !human('click')),
    machine_hits: [...of('open'), ...of('click')].filter(each => each.verdict !== 'human').length,
  }
}

const isCounted = (deed: Letter) =>
  ['marketing', 'service'].includes(deed.class) &&
  (['sent', 'failed', 'suppressed', 'unknown'].includes(deed.state) ||
    // A message that has not left has no day.
    false)

function naive(deeds: { contact: number; deed: Deed }[]): Map<string, number> {
  const sums = new Map<string, number>()
  const add = (key: string, n: number) => n !== 0 && sums.set(key, (sums.get(key) ?? 0) + n)
  for (const { deed } of deeds) {
    if (deed.is === 'letter' && isCounted(deed)) {
      for (const [key, n] of Object.entries(countsOf(deed))) add(`${dayIn(zone, deed.at)} ${key}`, n)
    }
    if (deed.is === 'event' && deed.type !== 'page.viewed') {
      add(`${dayIn(zone, deed.at)} ${deed.type} ${deed.key}`, 1)
    }
  }
  return sums
}

async function kept(): Promise<Map<string, number>> {
  const sums = new Map<string, number>()
  const mail = await many<Record<string, number> & { day: string }>(
    base.db,
    sql`select day::text as day, ${sql.raw(mailMetrics.map(({ key }) => `sum(${key})::int as ${key}`).join(', '))}
      from insight.mail_day group by day`,
  )
  for (const { day, ...counts } of mail) {
    for (const [key, n] of Object.entries(counts)) if (n !== 0) sums.set(`${day} ${key}`, Number(n))
  }
  const events = await many<{ day: string; type: string; key: string; n: number }>(
    base.db,
    sql`select day::text as day, type, key, n from insight.event_day`,
  )
  for (const { day, type, key, n } of events) sums.set(`${day} ${type} ${key}`, n)
  return sums
}

const sorted = (sums: Map<string, number>) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1))

async function play(deeds: Deed[]): Promise<{ contact: number; deed: Deed }[]> {
  await run(
    base.db,
    sql`truncate outreach.message, outreach.hit, activity.event, insight.mail_day, insight.event_day,
    insight.response, insight.mark, insight.contact_mark, insight.counted, insight.state, insight.finding`,
  )
  await run(
    base.db,
    sql`insert into insight.state (name, value) values ('built', ${JSON.stringify({ zone })}::jsonb)`,
  )
  let held: { contact: number; deed: Deed }[] = []
  const ids = [64, 65, 66, 67, 68, 69].map(String)
  for (const deed of deeds) {
    if (deed.is === 'count') await settle(base.db, { zone, now })
    else if (deed.is === 'erase') {
      const id = ids[deed.who] ?? '64'
      held = held.filter(each => each.contact !== deed.who)
      await inTransaction(base.db, async trx => {
        await insightModule.forget?.(trx, [id])
        for (const table of ['outreach.message', 'outreach.hit', 'activity.event']) {
          await run(trx, sql`delete from ${sql.table(table)} where contact_id = ${id}::bigint`)
        }
      })
    } else {
      held.push({ contact: deed.who, deed })
      const contactId = ids[deed.who] ?? '64'
      if (deed.is === 'letter') await send(contactId, deed)
      else {
        const data = { segmentId: deed.key, listId: deed.key, purpose: deed.key, source: deed.key }
        await happen([{ contactId, type: deed.type, at: deed.at, data }])
      }
    }
  }
  return held
}

test('after any history every number equals a naive count, and the recount finds nothing', async () => {
  await fc.assert(
    fc.asyncProperty(history, async deeds => {
      const held = await play(deeds)
      assert.equal(await settle(base.db, { zone, now }), true)
      assert.deepEqual(sorted(await kept()), sorted(naive(held)))
      const days = ranges.flatMap(start =>
        [0, 1, 2, 3, 4, 5, 6, 7].map(n => addDays(dayIn(zone, new Date(start)), n - 1)),
      )
      for (const part of ['mail', 'events', 'flow'] as const) {
        assert.deepEqual(await checkDays(base.db, part, { days: days.sort(), zone, now }), [])
      }
      const before = sorted(await kept())
      await rebuild(base.db, { zone, now })
      assert.deepEqual(sorted(await kept()), before)
    }),
    { numRuns: 15 },
  )
})

test('a number that was tampered with is found by the recount, repaired, and owned up to', async () => {
  await play([{ is: 'event', who: 1, at: new Date('2026-10-24T22:30:00Z'), type: 'list.joined', key: '2' }])
  await settle(base.db, { zone, now })
  assert.deepEqual(sorted(await kept()), [['2026-10-25 list.joined 2', 1]])
  await run(base.db, sql`update insight.event_day set n = 9`)
  const found = await checkDays(base.db, 'events', { days: ['2026-10-25'], zone, now })
  assert.deepEqual(found, [{ part: 'events', day: '2026-10-25', differences: 2 }])
  assert.deepEqual(sorted(await kept()), [['2026-10-25 list.joined 2', 1]])
  const [finding] = await many<{ part: string }>(base.db, sql`select part from insight.finding`)
  assert.equal(finding?.part, 'events')
})
