import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createUser, systemActor } from '#access/users.ts'
import { many, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { sendDigest } from './parked-digest.loop.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base?.stop())

test('an owner hears once a day who was set aside in his workflows, whoever asks first', async () => {
  const { db } = base
  const owner = await createUser(db, systemActor, { name: 'Olga', email: 'olga@tend.example', role: 'owner' })
  let now = new Date('2026-11-23T10:00:00Z')
  // The parts of the services that a digest uses.
  const services = {
    db,
    clock: { now: () => now },
    config: { officeUrl: 'https://tend.example' },
  } as unknown as Services
  await run(
    db,
    sql`
    insert into workflows.workflow (id, name, status, draft, version, owner_id, review_on, updated_at, updated_by, created_at)
    values (1, 'White paper', 'live', '{}', 1, ${owner.id}, '2027-01-01', ${now}, 'Olga', ${now})`,
  )
  const setAside = (contactId: number) =>
    run(
      db,
      sql`
    insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
      listens, held, state, why, entered_at, ended_at, end_reason, rev)
    values (${contactId}, ${contactId}, 1, 1, 'once', 'parked', 'a', ${now}, 1, '{}', false, '{}', '[]', ${now}, ${now},
      'the email is not published any more', 1)`,
    )
  assert.equal(await sendDigest(services), 0)
  await setAside(11)
  await setAside(12)
  const sent = await Promise.all([sendDigest(services), sendDigest(services)])
  assert.deepEqual(sent.sort(), [0, 1])
  now = new Date('2026-11-23T20:00:00Z')
  await setAside(13)
  assert.equal(await sendDigest(services), 0, 'not twice on a day')
  now = new Date('2026-11-24T10:30:00Z')
  assert.equal(await sendDigest(services), 1)
  const mails = await many<{ recipient: string; payload: { subject: string; text: string } }>(
    db,
    sql`select recipient, payload from outreach.message order by id`,
  )
  assert.equal(mails[0]?.recipient, 'olga@tend.example')
  assert.equal(mails[0]?.payload.subject, '2 people were set aside in your workflows')
  assert.match(mails[0]?.payload.text ?? '', /“White paper”: 2, because the email is not published any more/)
})
