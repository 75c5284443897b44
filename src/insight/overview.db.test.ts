import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { overview } from './overview.ts'
import { rebuild } from './rollup.ts'
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
    insert into outreach.message (contact_id, id, lane, urgency, channel, class, state, reason, generation, recipient, why, purpose,
      topic_id, queued_at, not_before, attempt, sending_at, sent_at, history)
    values (64, 9, 0, 1, 'email', 'marketing', 'sent', 'a', 0, 'ann@example.org', '[]', 'marketing', 0, ${now}, ${now}, 1, ${now}, ${now}, '[]')`,
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

const config = { zone: 'Europe/Berlin', mode: 'sandbox' } as Services['config']
const look = () => overview({ db: base.db, config }, { now, userId: 'olga' })

test('thirty days are shown with the numbers of the reports, and what machines did is counted apart', async () => {
  await rebuild(base.db, { zone: config.zone, now })
  const shown = await look()
  assert.equal(shown.days.length, 30)
  assert.deepEqual(shown.days.at(-1), {
    day: '2026-11-23',
    sent: 1,
    delivered: 1,
    opened: 0,
    clicked: 1,
    unsubscribed: 0,
    machine_hits: 1,
  })
  const total = (key: string) => shown.totals.find(each => each.metric === key)
  assert.deepEqual(total('sent'), { metric: 'sent', value: 1, before: 0 })
  assert.deepEqual(total('click_rate'), { metric: 'click_rate', value: 1, before: null })
  assert.equal(shown.contacts, 2)
  assert.deepEqual(
    shown.setUp.filter(step => step.done).map(step => step.key),
    ['contacts'],
  )
  assert.deepEqual([shown.stuck, shown.mine], [[], []])
})

test('what is stuck is told with its reason and the place to do something about it, and to whom it waits', async () => {
  await run(
    base.db,
    sql`insert into workflows.workflow (id, name, status, draft, version, live_version, owner_id, review_on, updated_at, updated_by, created_at)
      values (7, 'Welcome', 'paused', '{}', 1, 1, 'olga', '2027-01-01', ${now}, 'Olga', ${now})`,
  )
  await run(
    base.db,
    sql`insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
        listens, held, state, why, entered_at, end_reason, rev)
      values (64, 1, 7, 1, 'a', 'active', 'wait', ${now}, 0, '{}', false, '{}', '[]', ${now}, null, 0),
        (65, 2, 7, 1, 'a', 'parked', 'wait', ${now}, 0, '{}', false, '{}', '[]', ${now}, 'the email is gone', 0)`,
  )
  await run(
    base.db,
    sql`insert into platform.job (id, name, title, input, state, error) values (1, 'x', 'Import of people.csv', '{}', 'failed', 'disk full')`,
  )
  const shown = await look()
  assert.deepEqual(shown.stuck, [
    {
      words: '1 person is put aside in “Welcome”',
      why: 'the email is gone',
      where: '/workflows/7?tab=people&status=parked',
      bad: true,
    },
    { words: 'Import of people.csv: failed', why: 'disk full', where: '/system', bad: true },
    { words: '“Welcome” is paused', why: '1 person stands still in it', where: '/workflows/7', bad: false },
  ])
  assert.deepEqual(
    shown.mine.map(matter => matter.words),
    ['1 person is put aside in your workflow “Welcome”'],
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
