import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { queueMessages } from './messages.ts'
import { addContact, outreachServices, startDelivery } from './outreach.fixture.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base?.stop())

test('the sandbox shows a mail at once, also while the mail server that it goes to besides is away', async () => {
  const services = outreachServices(base, { TEND_SMTP_URL: 'smtp://127.0.0.1:1' })
  const delivery = await startDelivery(services)
  const state = () =>
    many<{ state: string; shown: number; also: string | null }>(
      base.db,
      sql`
      select m.state, count(b.id)::int as shown, min(b.also) as also from outreach.message m
      left join outreach.mailbox b on b.contact_id = m.contact_id and b.id = m.id
      group by m.contact_id, m.id, m.state order by m.id`,
    )
  try {
    // The second is queued when the server is known to be away.
    for (let n = 1; n <= 2; n++) {
      const { id } = await addContact(base.db)
      const now = services.clock.now()
      const alert = {
        contactId: id,
        channel: 'email' as const,
        class: 'alert' as const,
        reason: `test ${n}`,
        recipient: 'olga@tend.example',
        payload: { subject: 'Look', text: 'Somebody looks at prices' },
        causeId: null,
        why: [],
        notBefore: now,
      }
      await queueMessages(base.db, [alert], now)
      await until(async () => (await state()).filter(row => row.shown === 1).length === n, {
        words: 'the copy in the mailbox',
      })
    }
    for (const row of await state()) assert.deepEqual(row, { state: 'queued', shown: 1, also: null })
  } finally {
    await delivery.stop()
  }
})
