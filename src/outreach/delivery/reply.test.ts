import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { reasonToStop } from './breaker.ts'
import { listJournals, openJournal, readJournal } from './journal.ts'
import { endingOf, type Outcome, type Tried } from './reply.ts'
import { createRoute } from './route.ts'

const tried: Tried = { id: '512', class: 'marketing', attempt: 0, ageMs: 0 }
const said = (text: string): Outcome => ({ is: 'reply', code: Number(text.slice(0, 3)), text })
const minute = 60_000

const table: [string, string][] = [
  ['250 2.0.0 OK queued as 123', 'sent'],
  ['421 4.3.2 shutting down', 'queued down'],
  ['450 4.2.0 greylisted', 'deferred counts'],
  ['451 4.7.1 rate limited', 'deferred'],
  ['454 4.7.0 too many connections', 'deferred'],
  ['452 4.2.2 mailbox full', 'deferred counts'],
  ['550 5.1.1 no such user', 'failed hard'],
  ['550 no such user', 'failed hard'],
  ['551 user not local', 'failed hard'],
  ['550 5.1.10 null MX', 'failed hard'],
  ['552 5.2.2 over quota', 'failed soft'],
  ['550 5.7.1 DMARC', 'failed block'],
  ['550 5.7.515 access denied', 'failed block'],
  ['554 rejected as spam', 'failed block'],
  ['535 5.7.8 bad credentials', 'queued login'],
  ['530 5.7.0 must authenticate', 'queued login'],
  ['500 what?', 'failed'],
  ['503 5.5.1 bad sequence', 'failed'],
  ['552 5.3.4 message too big', 'failed block'],
  ['550 5.4.1 Recipient address rejected: Access denied', 'failed hard'],
  ['550 5.6.0 content refused', 'failed block'],
  ['550 SPF check failed', 'failed block'],
  ['550 5.2.1 receiving mail at a rate that prevents delivery', 'failed block'],
]
for (const [reply, expected] of table) {
  test(`reply: ${reply}: ${expected}`, () => {
    const { state, bounce, route, counts } = endingOf(said(reply), tried)
    const more = state === 'deferred' ? (counts ? 'counts' : null) : (bounce ?? route)
    assert.equal([state, more].filter(Boolean).join(' '), expected)
  })
}

test('waiting grows from five minutes to six hours and ends after a day for news, three for what is waited for', () => {
  const waits = [0, 1, 2, 3, 4, 9].map(
    attempt => endingOf(said('450 later'), { ...tried, attempt }).waitMs / minute,
  )
  for (const [i, usual] of [5, 15, 60, 180, 360, 360].entries())
    assert.ok(Math.abs((waits[i] ?? 0) - usual) <= usual * 0.21, `${waits[i]} minutes`)
  const old = 30 * 60 * minute
  assert.equal(endingOf(said('450 later'), { ...tried, ageMs: old }).state, 'failed')
  assert.equal(endingOf(said('450 later'), { ...tried, class: 'service', ageMs: old }).state, 'deferred')
})

test('a broken line: before the body nothing happened; after it news are unknown, the rest is tried again', () => {
  assert.deepEqual(
    [
      endingOf({ is: 'broken', started: false, text: 'x' }, tried).state,
      endingOf({ is: 'broken', started: false, text: 'x' }, tried).counts,
    ],
    ['queued', false],
  )
  assert.equal(endingOf({ is: 'broken', started: true, text: 'x' }, tried).state, 'unknown')
  assert.equal(
    endingOf({ is: 'broken', started: true, text: 'x' }, { ...tried, class: 'service' }).state,
    'deferred',
  )
})

test('who cannot be rendered is tried three times where the machine may be to blame, else not again', () => {
  const again = (attempt: number) =>
    endingOf({ is: 'unfit', text: 'x', again: true }, { ...tried, attempt }).state
  assert.deepEqual([0, 1, 2].map(again), ['deferred', 'deferred', 'failed'])
  assert.equal(endingOf({ is: 'unfit', text: 'x', again: false }, tried).state, 'failed')
})

test('what servers write is kept as one short line', () => {
  const { words } = endingOf(said(`550 5.1.1 ${'x\r\n'.repeat(300)}`), tried)
  assert.ok(words && words.length <= 200 && !/[\r\n]/.test(words))
})

test('a server that is away is left alone for longer and longer, and at once trusted when it answers', () => {
  const route = createRoute()
  const down = endingOf({ is: 'broken', started: false, text: 'refused' }, tried)
  let now = new Date(0)
  const waits = [0, 1, 2, 3].map(() => {
    route.heed(down, now)
    route.heed(down, now)
    const wait = (route.downUntil?.getTime() ?? 0) - now.getTime()
    now = route.downUntil ?? now
    return wait
  })
  assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000])
  route.heed(endingOf(said('250 ok'), tried), now)
  assert.equal(route.downUntil, null)
})

test('the journal tells what was begun and what was answered, and survives a torn end', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tend-journal-'))
  const journal = openJournal(folder, 'one')
  journal.started('9223372036854775807')
  journal.started('2')
  journal.replied('2', 250)
  journal.replied('3', 0)
  assert.deepEqual(
    [...(readJournal(folder, 'one') ?? [])],
    [
      ['9223372036854775807', 'started'],
      ['2', 250],
      ['3', 0],
    ],
  )
  assert.deepEqual(listJournals(folder), ['one'])
  journal.clear()
  assert.equal(readJournal(folder, 'one')?.size, 0)
  journal.close()
  assert.equal(readJournal(folder, 'one'), null)
  assert.equal(readJournal(folder, '../../etc/passwd'), null)
})

test('sending stops by itself where too much bounces or is reported, but not over a handful', () => {
  assert.equal(reasonToStop({ sent: 100, hard: 90 }), null)
  assert.match(reasonToStop({ sent: 900, hard: 100 }) ?? '', /10\.0% .*does not exist/)
  assert.match(reasonToStop({ sent: 1000, complaint: 3 }) ?? '', /reported as spam/)
  assert.equal(reasonToStop({ sent: 1000, complaint: 2, hard: 20 }), null)
})
