import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import { until } from '../../tests/harness/until.ts'
import {
  addPeople,
  countRecipients,
  launched,
  liftCaps,
  type Stage,
  settled,
  startStage,
  statesOf,
} from './campaigns.fixture.ts'
import { addContact, addEmail, advance, letter, queueOne, stored } from './outreach.fixture.ts'
import { pauseSending, resumeSending } from './settings.ts'

// What a person says to a campaign that runs, and how tests end.

let stage: Stage
let worker: { stop(): Promise<void> }

before(async () => {
  stage = await startStage()
  await liftCaps(stage)
  worker = await stage.work()
})
after(async () => {
  await worker?.stop()
  await stage?.stop()
})

const lettersTo = (domain: string) => stage.sink.letters.filter(each => each.to.endsWith(`@${domain}`))
const statusOf = async (id: string) => (await stage.call('GET', `/${id}`)).body.status
const ended = (id: string) =>
  until(async () => (await statusOf(id)) === 'finished', { timeoutMs: 60_000, words: 'the campaign to end' })

test('a campaign with 20,000 in the line is paused and stopped within seconds, and what is left is cancelled', {
  timeout: 180_000,
}, async () => {
  const { services, base } = stage
  await pauseSending(base.db, 'test', 'until the line is long', services.clock.now())
  const list = await addPeople(stage, { first: 100_000, count: 20_000, domain: 'long.example' })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] } })
  const queued = async () => (await statesOf(stage, id)).queued ?? 0
  await until(async () => (await queued()) === 20_000, { timeoutMs: 60_000, words: 'the line to be long' })
  await resumeSending(base.db, systemActor, services.clock.now())
  await until(() => lettersTo('long.example').length > 200, { timeoutMs: 30_000 })
  const pausedAt = performance.now()
  assert.equal((await stage.call('POST', `/${id}/pause`)).status, 200)
  const lastOne = await lastArrival('long.example')
  assert.ok(
    lastOne - pausedAt < 5_000,
    `the last mail came ${Math.round(lastOne - pausedAt)} ms after the pause`,
  )
  const before = lettersTo('long.example').length
  assert.ok(before < 20_000)
  // Others are not held up by those who stand still.
  const other = await addContact(base.db)
  const { versionId } = await addEmail(services)
  const single = await queueOne(services, letter(other.id, versionId))
  await until(async () => (await stored(base.db, single)).state === 'sent', { timeoutMs: 5_000 })
  assert.equal(lettersTo('long.example').length, before)
  await stage.call('POST', `/${id}/resume`)
  await until(() => lettersTo('long.example').length > before + 100, { timeoutMs: 30_000 })
  const stoppedAt = performance.now()
  assert.equal((await stage.call('POST', `/${id}/stop`)).status, 200)
  const last = await lastArrival('long.example')
  assert.ok(last - stoppedAt < 5_000, `the last mail came ${Math.round(last - stoppedAt)} ms after the stop`)
  await until(async () => (await queued()) === 0, { timeoutMs: 30_000, words: 'the rest to be cancelled' })
  const states = await statesOf(stage, id)
  assert.equal(states.sent, lettersTo('long.example').length)
  assert.equal((states.sent ?? 0) + (states.cancelled ?? 0), 20_000)
  assert.equal((await stage.call('POST', `/${id}/resume`)).status, 409)
})

/** When the last letter came in, once none has come for longer than a batch takes. */
async function lastArrival(domain: string): Promise<number> {
  let seen = -1
  let since = performance.now()
  await until(
    () => {
      const n = lettersTo(domain).length
      if (n !== seen) since = performance.now()
      seen = n
      return performance.now() - since > 1_500
    },
    { timeoutMs: 20_000, words: 'the flow to end' },
  )
  return lettersTo(domain).at(-1)?.begunAt ?? 0
}

test('what waited in a paused campaign for a week is sent when it goes on', async () => {
  const list = await addPeople(stage, { first: 5000, count: 4, domain: 'week.example' })
  const { services, base } = stage
  await pauseSending(base.db, 'test', 'hold on', services.clock.now())
  const { id } = await launched(stage, { include: { segments: [], lists: [list] } })
  await until(async () => (await statesOf(stage, id)).queued === 4, { timeoutMs: 60_000 })
  await stage.call('POST', `/${id}/pause`)
  await resumeSending(base.db, systemActor, services.clock.now())
  await advance(services, 7 * 86_400_000)
  await stage.call('POST', `/${id}/resume`)
  await ended(id)
  assert.equal(lettersTo('week.example').length, 4)
})

/** Somebody reads: `share` of the mails of a subject get a click of a human. */
async function click(id: string, variant: number, count: number): Promise<void> {
  const sent = await many<{ contactId: string; messageId: string }>(
    stage.base.db,
    sql`
    select contact_id as "contactId", id as "messageId" from outreach.message
    where campaign_id = ${id}::bigint and variant = ${variant}::int and state = 'sent' order by contact_id limit ${count}`,
  )
  assert.equal(sent.length, count)
  await run(
    stage.base.db,
    sql`
    insert into outreach.hit (contact_id, id, message_id, kind, at, signals, verdict, judge_at)
    select contact_id, message_id, message_id, 'click', now(), '{}', 'human', now()
    from unnest(${sent.map(row => row.contactId)}::bigint[], ${sent.map(row => row.messageId)}::bigint[]) as x (contact_id, message_id)`,
  )
  await run(
    stage.base.db,
    sql`update outreach.message set clicked_at = sent_at where id = any(${sent.map(row => row.messageId)}::bigint[])`,
  )
}

const testOf = (more: Record<string, unknown> = {}) => ({
  variants: [{}, { subject: 'The other one' }],
  share: 30,
  metric: 'clicks',
  hours: 2,
  minimum: 20,
  ...more,
})

async function sampled(domain: string, first: number, more: Record<string, unknown> = {}): Promise<string> {
  const list = await addPeople(stage, { first, count: 400, domain })
  const { id } = await launched(stage, { include: { segments: [], lists: [list] }, test: testOf(more) })
  await until(async () => (await stage.call('GET', `/${id}`)).body.isFrozen === true, { timeoutMs: 60_000 })
  await settled(stage)
  return id
}

async function subjectsOf(domain: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { raw } of lettersTo(domain)) {
    const subject = /^Subject: (.*)$/m.exec(raw.toString('latin1'))?.[1]?.trim() ?? ''
    counts.set(subject, (counts.get(subject) ?? 0) + 1)
  }
  return counts
}

test('the winner of a test goes to the rest, once, and nobody gets two', async () => {
  const id = await sampled('winner.example', 10_000)
  const sample = lettersTo('winner.example').length
  assert.ok(sample > 80 && sample < 160, `${sample} in the sample`)
  await click(id, 1, 2)
  await click(id, 2, 25)
  await advance(stage.services, 119 * 60_000)
  await settled(stage)
  assert.equal(lettersTo('winner.example').length, sample, 'the rest waits until the time is over')
  await advance(stage.services, 2 * 60_000)
  await ended(id)
  const all = lettersTo('winner.example').map(letter => letter.to)
  assert.deepEqual([all.length, new Set(all).size], [400, 400])
  const subjects = await subjectsOf('winner.example')
  assert.equal(subjects.size, 2)
  const { body } = await stage.call('GET', `/${id}/results`)
  const found = body.test as { winner: number; decision: { by: string; words: string } }
  assert.deepEqual([found.winner, found.decision.by], [2, 'Tend'])
  assert.match(found.decision.words, /^B is the best with a probability of 9\d/)
  const rest = 400 - sample
  assert.ok((subjects.get('The other one') ?? 0) > rest)
  const versions = await one<{ n: number }>(
    stage.base.db,
    sql`select count(*)::int as n from outreach.email_version where number > 0 and draft->>'subject' = 'The other one'`,
  )
  assert.equal(versions.n, 0, 'a variant is no version of the email itself')
})

test('a test that shows nothing waits for a person, whose word counts', async () => {
  const id = await sampled('waits.example', 20_000)
  const sample = lettersTo('waits.example').length
  await click(id, 1, 3)
  await click(id, 2, 4)
  await advance(stage.services, 3 * 3_600_000)
  await until(async () => (await stage.call('GET', `/${id}`)).body.waitsForWinner === true, {
    timeoutMs: 60_000,
  })
  await settled(stage)
  const { body } = await stage.call('GET', `/${id}`)
  assert.match(String(body.words), /^Not enough data yet: [AB] is the best with a probability of \d\d/)
  assert.equal(lettersTo('waits.example').length, sample)
  assert.equal((await stage.call('POST', `/${id}/winner`, { variant: 3 })).status, 422)
  assert.equal((await stage.call('POST', `/${id}/winner`, { variant: 1 })).status, 200)
  await ended(id)
  assert.equal(new Set(lettersTo('waits.example').map(each => each.to)).size, 400)
  assert.equal((await stage.call('POST', `/${id}/winner`, { variant: 2 })).status, 409)
})

test('where it was asked for, the control goes to the rest of a test that shows nothing', async () => {
  const id = await sampled('control.example', 30_000, { minimum: 1000, otherwise: 'control' })
  await advance(stage.services, 3 * 3_600_000)
  await ended(id)
  const { body } = await stage.call('GET', `/${id}/results`)
  const found = body.test as { winner: number; decision: { words: string } }
  assert.equal(found.winner, 1)
  assert.match(found.decision.words, /^Not enough data yet: 1000 mails .* the rest gets the control, A/)
  assert.equal(await countRecipients(stage, id), 400)
})

test('a goal counts where it happened after the mail and within its hours', async () => {
  const goal = { event: 'event.tracked', name: 'Trial Started' }
  const id = await sampled('goal.example', 40_000, { metric: 'goal', goal })
  const { db } = stage.base
  const sent = await many<{ contactId: string; variant: number; sentAt: Date }>(
    db,
    sql`
    select contact_id as "contactId", variant, sent_at as "sentAt" from outreach.message
    where campaign_id = ${id}::bigint order by variant, contact_id`,
  )
  const event = (
    row: { contactId: string; sentAt: Date } | undefined,
    hours: number,
    name = 'Trial Started',
  ) =>
    run(
      db,
      sql`
      insert into activity.event (contact_id, at, id, type, name, data, received_at, depth)
      values (${row?.contactId}::bigint, ${row?.sentAt}::timestamptz + make_interval(mins => ${hours * 60}::int),
        ${row?.contactId}::bigint + ${Math.round(hours * 60)}::int, 'event.tracked', ${name}, '{}', now(), 0)`,
    )
  const b = sent.filter(row => row.variant === 2)
  await event(b[0], 1)
  await event(b[1], 1.5)
  await event(b[2], 3)
  await event(b[3], -1)
  await event(b[4], 1, 'Something Else')
  const { body } = await stage.call('GET', `/${id}/results`)
  const standing = (body.test as { standing: { hits: number; n: number }[] }).standing
  assert.deepEqual(
    standing.map(each => each.hits),
    [0, 2],
  )
  assert.equal(standing[1]?.n, b.length)
  await stage.call('POST', `/${id}/stop`)
})
