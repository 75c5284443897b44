import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, systemActor } from '#access/users.ts'
import { many, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { listNotices, readNotice } from './notices.ts'
import { listReviews } from './reviews.ts'
import { tendOverdue } from './upkeep.ts'

const zone = 'UTC'
const at = (day: string) => new Date(`${day}T08:00:00Z`)
let base: TestDatabase
let owner: string
let head: string

before(async () => {
  base = await testDatabase()
  head = (await createUser(base.db, systemActor, { name: 'Olga', email: 'olga@tend.example', role: 'owner' }))
    .id
  owner = (
    await createUser(base.db, systemActor, { name: 'Mia', email: 'mia@tend.example', role: 'marketer' })
  ).id
  await run(
    base.db,
    sql`insert into workflows.workflow (id, name, status, draft, version, live_version, owner_id, review_on, updated_at, updated_by, created_at)
      values (1, 'Welcome', 'live', '{}', 1, 1, ${owner}, '2026-11-10', '2026-01-01', 'Mia', '2026-01-01'),
        (2, 'Fresh', 'live', '{}', 1, 1, ${owner}, '2027-03-01', '2026-01-01', 'Mia', '2026-01-01'),
        (3, 'Orphan', 'live', '{}', 1, 1, 'gone', '2026-11-20', '2026-01-01', 'Mia', '2026-01-01')`,
  )
  await run(
    base.db,
    sql`insert into decisions.segment (id, name, status, owner_id, review_on, created_at, updated_at, updated_by)
      values (4, 'Readers', 'live', ${owner}, '2026-11-01', '2026-01-01', '2026-01-01', 'Mia')`,
  )
})
after(() => base.stop())

const words = async (userId: string) => (await listNotices(base.db, userId)).map(notice => notice.words)
const statusOf = async (id: string) =>
  (
    await many<{ status: string }>(
      base.db,
      sql`select status from workflows.workflow where id = ${id}::bigint`,
    )
  )[0]?.status

test('on the day of the review its owner is told, once; for an owner who is gone, those who run the house', async () => {
  assert.deepEqual(await tendOverdue(base.db, { zone, now: at('2026-11-09') }), [])
  assert.equal((await words(owner)).length, 1, 'the segment only')
  await tendOverdue(base.db, { zone, now: at('2026-11-10') })
  await tendOverdue(base.db, { zone, now: at('2026-11-11') })
  assert.equal((await words(owner)).length, 2)
  assert.match((await words(owner))[0] ?? '', /workflow “Welcome” is to be reviewed/)
  await tendOverdue(base.db, { zone, now: at('2026-11-20') })
  assert.match((await words(head)).join(), /Orphan/)
})

test('a week before the end of the grace it is told again, and then the workflow is paused with a row in the audit', async () => {
  await tendOverdue(base.db, { zone, now: at('2026-11-17') })
  assert.match((await words(owner))[0] ?? '', /will be paused on 2026-11-24/)
  assert.equal(await statusOf('1'), 'live')
  assert.deepEqual(await tendOverdue(base.db, { zone, now: at('2026-11-24') }), ['1'])
  assert.equal(await statusOf('1'), 'paused')
  assert.match((await words(owner))[0] ?? '', /“Welcome” was paused/)
  const rows = await many<{ action: string }>(
    base.db,
    sql`select action from access.audit where subject_id = '1' order by position`,
  )
  assert.deepEqual(
    rows.map(row => row.action),
    ['workflows.pause', 'workflows.pause-untended'],
  )
  assert.deepEqual(await tendOverdue(base.db, { zone, now: at('2026-11-25') }), [], 'paused once')
})

test('segments are marked, never paused; what was reviewed in time goes on', async () => {
  await tendOverdue(base.db, { zone, now: at('2026-12-30') })
  const [segment] = await many<{ status: string }>(base.db, sql`select status from decisions.segment`)
  assert.equal(segment?.status, 'live')
  assert.equal(await statusOf('2'), 'live')
  assert.equal(await statusOf('3'), 'paused')
  const reviews = await listReviews(base.db, { ownerId: null, today: '2026-12-30', limit: 50 })
  assert.deepEqual(
    reviews.map(({ name, overdue, paused, pausesOn }) => ({ name, overdue, paused, pausesOn })),
    [
      { name: 'Readers', overdue: true, paused: false, pausesOn: null },
      { name: 'Welcome', overdue: true, paused: true, pausesOn: null },
      { name: 'Orphan', overdue: true, paused: true, pausesOn: null },
      { name: 'Fresh', overdue: false, paused: false, pausesOn: '2027-03-15' },
    ],
  )
})

test('a notice is put away by whom it was for, and by nobody else', async () => {
  const [notice] = await listNotices(base.db, owner)
  const id = notice?.id ?? ''
  assert.equal(await readNotice(base.db, { userId: head, id, now: at('2026-12-30') }), false)
  assert.equal(await readNotice(base.db, { userId: owner, id, now: at('2026-12-30') }), true)
  assert.ok(!(await listNotices(base.db, owner)).some(each => each.id === id))
})
