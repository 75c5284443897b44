import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { overview } from './overview.ts'
import { search } from './search.ts'

const now = new Date('2026-11-23T10:00:00Z')
let base: TestDatabase
before(async () => {
  base = await testDatabase()
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, first_name, last_name, created_at, updated_at)
    values (64, 'ann@example.org', 'Ann', 'Lee', ${now}, ${now}), (65, 'bob%_x@example.org', 'Bob', 'Annis', ${now}, ${now})`,
  )
  await run(
    base.db,
    sql`
    insert into outreach.hit (contact_id, id, message_id, kind, url, at, signals, verdict, judge_at)
    values (64, 1, 9, 'click', 'https://a.example', ${now}, '{}', 'human', ${now}),
      (64, 2, 9, 'click', 'https://a.example', ${now}, '{}', 'machine', ${now}),
      (64, 3, 9, 'open', null, ${now}, '{}', null, ${now})`,
  )
})
after(() => base.stop())

test('thirty days are shown, and what machines did is counted apart', async () => {
  const shown = await overview(base.db, { zone: 'Europe/Berlin', now })
  assert.equal(shown.days.length, 30)
  assert.deepEqual(shown.days.at(-1), {
    day: '2026-11-23',
    sent: 0,
    opened: 0,
    clicked: 1,
    unsubscribed: 0,
    machine: 2,
  })
  assert.equal(shown.contacts, 2)
  assert.equal(
    shown.setUp.every(step => !step.done),
    true,
  )
})

test('search finds people by the beginning of a name or address, and takes signs of a pattern as letters', async () => {
  assert.deepEqual(
    (await search(base.db, 'ann')).map(hit => hit.title),
    ['Ann Lee', 'Bob Annis'],
  )
  assert.deepEqual(
    (await search(base.db, 'bob%_')).map(hit => hit.title),
    ['Bob Annis'],
  )
  assert.deepEqual(await search(base.db, '%'), [])
})
