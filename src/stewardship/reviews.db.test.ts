import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, systemActor } from '#access/users.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { type Office, openOffice } from '../../tests/privacy/office.ts'

let office: Office
before(async () => {
  office = await openOffice()
})
after(() => office?.stop())

/** One live thing of every kind that has an owner, as its room keeps it. */
async function fillOneEach(db: Db, owner: string): Promise<void> {
  const by = sql`'Ann', '2026-01-01', '2026-01-01'`
  const told = sql`updated_by, updated_at, created_at`
  const kept = sql`${owner}, '2026-02-01'`
  for (const [table, columns, values] of [
    ['decisions.segment', sql`version`, sql`1`],
    ['decisions.score_model', sql`draft, version`, sql`'{}', 1`],
    ['outreach.email', sql`draft, version`, sql`'{}', 1`],
    ['capture.form', sql`key, document, version`, sql`'form-one', '{}', 1`],
    ['capture.page', sql`slug, document, version`, sql`'one', '{}', 1`],
    ['crm.alert_rule', sql`draft, version`, sql`'{}', 1`],
    [
      'crm.connection',
      sql`connector, settings, secrets, vault, draft, calls_per_day, hook_key`,
      sql`'espo', '{}', '', '', '{}', 100, 'k'`,
    ],
    ['workflows.workflow', sql`draft, version`, sql`'{}', 1`],
  ] as const)
    await run(
      db,
      sql`insert into ${sql.table(table)} (id, name, status, owner_id, review_on, ${columns}, ${told})
        values (7, ${table}, 'live', ${kept}, ${values}, ${by})`,
    )
  await run(
    db,
    sql`insert into outreach.campaign (id, name, status, owner_id, review_on, settings, version, created_by, ${told})
      values (7, 'outreach.campaign', 'scheduled', ${kept}, '{}', 1, 'Ann', ${by})`,
  )
}

test('whatever stands in the list of reviews can be said to be still needed', async () => {
  const { db, clock } = office.runtime.services
  const ann = await createUser(db, systemActor, { name: 'Ann', email: 'ann@tend.example', role: 'marketer' })
  await fillOneEach(db, ann.id)
  type Item = { kind: string; id: string; name: string; reviewOn: string; overdue: boolean }
  const list = async () => (await office.call('GET', '/reviews')).json<{ items: Item[] }>().items
  const before = await list()
  assert.equal(before.length, 9)
  const reviewOn = new Date(clock.now().getTime() + 30 * 86_400_000).toISOString().slice(0, 10)
  for (const { kind, id, name, overdue } of before) {
    assert.ok(overdue, name)
    const answer = await office.call('POST', `/reviews/${kind}/${id}`, { ownerId: ann.id, reviewOn })
    assert.equal(answer.statusCode, 200, `${name}: ${answer.body}`)
  }
  assert.deepEqual(new Set((await list()).map(item => item.reviewOn)), new Set([reviewOn]))
})
