import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { makePartitions } from '#activity/partitions.ts'
import { many, one, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { modules } from '../../src/app.ts'
import { dropChecks, fillRow, readTables, type Table } from './fill.ts'
import { type Office, openOffice } from './office.ts'

let office: Office
let client: pg.Client
let tables: Table[]
before(async () => {
  office = await openOffice()
  // A connection of our own: those of the pool are given up when they are idle for long.
  client = new pg.Client({ connectionString: office.base.url })
  await client.connect()
  tables = await readTables(client)
  await dropChecks(client)
})
after(async () => {
  await client?.end()
  await office?.stop()
})

const day = 86_400_000
const ago = (days: number) => new Date(Date.now() - days * day).toISOString()
const count = async (table: string, where = 'true') =>
  (await client.query<{ n: number }>(`select count(*)::int as n from ${table} where ${where}`)).rows[0]?.n

async function put(table: string, fixed: Record<string, unknown>): Promise<void> {
  const found = tables.find(one => one.name === table)
  assert.ok(found, table)
  await fillRow(client, found, { text: 'old words', contactId: '77', fixed })
}

/** The nightly job, as the worker runs it. */
async function night(): Promise<number> {
  const job = modules.flatMap(module => module.jobs ?? []).find(one => one.name === 'stewardship.retention')
  assert.ok(job?.schedule)
  let done = 0
  await job.run(
    {
      id: '1',
      input: {},
      cursor: null,
      async save(progress) {
        done = progress.done
      },
    },
    office.runtime.services as Services,
  )
  return done
}

test('each kind goes when its time is over, and what is younger stays', async () => {
  const { db } = office.base
  const events = [
    { type: 'page.viewed', at: ago(400), id: 1 },
    { type: 'page.viewed', at: ago(10), id: 2 },
    { type: 'event.tracked', at: ago(400), id: 3 },
    { type: 'event.tracked', at: ago(1200), id: 4 },
  ]
  for (const event of events) await put('activity.event', event)
  for (const days of [400, 10]) {
    await put('outreach.hit', { at: ago(days), verdict: 'human', judge_at: ago(days) })
    await put('outreach.mailbox', { at: ago(days) })
    await put('capture.reject', { received_at: ago(days > 100 ? days : 1) })
    await put('platform.job', { created_at: ago(days), state: 'done' })
    await put('outreach.message', { queued_at: ago(days), state: 'sent', reason: `r${days}` })
    await put('audience.identity', {
      kind: 'anonymous_id',
      value: `device${days}`,
      contact_id: 900 + days,
      created_at: ago(days),
    })
  }
  await put('outreach.call_attempt', { at: ago(40) })

  const told = (await office.call('GET', '/privacy/retention')).json()
  const expired = Object.fromEntries(
    told.items.map((item: { kind: string; expired: number }) => [item.kind, item.expired]),
  )
  const { inactiveContacts, ...kinds } = expired
  assert.deepEqual(kinds, {
    pageViews: 1,
    events: 1,
    visitors: 1,
    hits: 1,
    messageContents: 1,
    mailbox: 1,
    rejects: 1,
    jobs: 1,
    webhookLogs: 1,
  })
  assert.equal(inactiveContacts, 0)
  await night()
  assert.deepEqual(
    (await many<{ id: string }>(db, sql`select id from activity.event order by id`)).map(row => row.id),
    ['2', '3'],
  )
  for (const table of [
    'outreach.hit',
    'outreach.mailbox',
    'capture.reject',
    'platform.job',
    'audience.identity',
  ])
    assert.equal(await count(table), 1, table)
  assert.equal(await count('outreach.call_attempt'), 0)
  assert.equal(await count('outreach.message'), 2)
  assert.equal(await count('outreach.message', 'payload is null and reply_text is null'), 1)
  assert.equal(await night(), 0)
})

test('months that are wholly past their time are dropped as a whole', async () => {
  const past = new Date(Date.now() - 5 * 365 * day)
  await makePartitions(office.base.db, past)
  await put('activity.event', { type: 'page.viewed', at: past.toISOString(), id: 50 })
  const months = async () => (await count('pg_inherits', "inhparent = 'activity.event'::regclass")) ?? 0
  const before = await months()
  await night()
  assert.equal(await months(), before - 3)
  assert.equal(await count('activity.event', 'id = 50'), 0)
})

test('times are changed within limits, shown before, and null keeps for good', async () => {
  const shown = await office.call('POST', '/privacy/retention/preview', { pageViews: 5 })
  const views = shown.json().items.find((item: { kind: string }) => item.kind === 'pageViews')
  assert.deepEqual([views.days, views.expired], [5, 1])
  assert.equal((await office.call('GET', '/privacy/retention')).json().items[0].days, 395)
  const wrong = await office.call('PATCH', '/privacy/retention', { events: 3, nothing: 5 })
  assert.equal(wrong.statusCode, 422)
  const kept = await office.call('PATCH', '/privacy/retention', { pageViews: null })
  assert.deepEqual([kept.json().items[0].days, kept.json().items[0].expired], [null, 0])
  assert.equal((await office.as('marketer', 'GET', '/privacy/retention')).statusCode, 200)
  assert.equal((await office.as('marketer', 'PATCH', '/privacy/retention', { events: 100 })).statusCode, 403)
})

test('contacts without consent of whom nothing is heard are erased where it is so decided, and nobody else', async () => {
  const { db } = office.base
  const make = async (email: string) =>
    (await office.call('POST', '/contacts', { email })).json().id as string
  const [quiet, agreed, active] = [
    await make('quiet@x.example'),
    await make('agreed@x.example'),
    await make('active@x.example'),
  ]
  await office.call('POST', `/contacts/${agreed}/consents`, {
    state: 'granted',
    wording: 'Yes, please.',
    note: 'by phone',
  })
  await client.query(`update audience.contact set updated_at = $1`, [ago(800)])
  await client.query(`delete from activity.event`)
  await put('activity.event', { contact_id: active, type: 'event.tracked', at: ago(3), id: 60 })
  await office.call('PATCH', '/privacy/retention', { inactiveContacts: 730 })
  assert.equal((await office.call('GET', '/privacy/retention')).json().items.at(-1).expired, 1)
  await night()
  const left = await many<{ id: string }>(db, sql`select id from audience.contact order by id`)
  assert.deepEqual(
    left.map(row => row.id),
    [agreed, active],
  )
  const erased = await one<{ by: string }>(
    db,
    sql`select by from stewardship.erasure where contact_id = ${quiet}::bigint`,
  )
  assert.ok(erased.by.length > 0)
})
