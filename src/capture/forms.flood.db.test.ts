import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contactsByAddress } from '#audience/by-address.ts'
import type { Event } from '#engine/reactor.ts'
import { sendConfirmations } from '#outreach/opt-in.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { renderToken } from './forms/token.ts'
import { consentField, publishForm, whitePaper } from './forms.fixture.ts'
import { startTown, type Town } from './pages.fixture.ts'

// List bombing: somebody signs the same address up again and again, at every door that takes addresses.

const victim = 'victim@bombed.example'
const attempts = 10_000
let base: TestDatabase
let town: Town
before(async () => {
  base = await testDatabase()
  town = await startTown(base)
})
after(async () => {
  await town?.stop()
  await base?.stop()
})

/** A form as lax as its owner can make it, so that only what always holds is left. */
const lax = () =>
  publishForm(
    town,
    whitePaper(document => {
      document.abuse = { ...document.abuse, perIpPerHour: 10_000, perAddressPerHour: 100 }
      document.embedding.takesForeign = true
      document.steps[0]?.fields.splice(1, 9, consentField({ doubleOptIn: true }))
    }),
  )

test('ten thousand sign-ups for one address are one letter, and a hundred submissions at most', async () => {
  const forms = [await lax(), await lax()]
  const { secrets, clock } = town.services
  const doors = forms.flatMap(form => {
    const token = () => renderToken(secrets, form.id, 1, clock.now())
    const api = `${town.streetUrl}/v1/forms/${form.key}`
    return [
      () =>
        post(
          `${api}/submissions`,
          JSON.stringify({ token: token(), answers: { email: victim, news: true } }),
        ),
      () => post(`${api}/foreign`, JSON.stringify({ email: victim, news: 'true' })),
      () => post(form.url, `_token=${token()}&_step=one&email=${victim}&news=true`),
    ]
  })
  const statuses = new Map<number, number>()
  let turn = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (turn < attempts) {
        const status = await doors[turn++ % doors.length]?.()
        if (status) statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }),
  )
  assert.deepEqual([...statuses.keys()].sort(), [200, 429])
  const contactId = (await contactsByAddress(base.db, [victim])).get(victim) ?? ''
  const wishes = await many<Event>(
    base.db,
    sql`select contact_id as "contactId", id, type, at, data from activity.event
      where contact_id = ${contactId}::bigint and type = 'consent.pending' order by id`,
  )
  assert.ok(wishes.length > 0)
  for (const wish of wishes) await sendConfirmations(base.db, town.services, [wish], clock.now())
  const { letters } = await one<{ letters: number }>(
    base.db,
    sql`select count(*)::int as letters from outreach.message where contact_id = ${contactId}::bigint`,
  )
  assert.equal(letters, 1)
  const { accepted } = await one<{ accepted: number }>(
    base.db,
    sql`select count(*) filter (where status = 'accepted')::int as accepted from capture.form_submission`,
  )
  assert.ok(accepted <= 100, `${accepted} were worked through`)
})

async function post(url: string, body: string): Promise<number> {
  const type = body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded'
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } })
  await answer.arrayBuffer()
  return answer.status
}
