import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServer } from '#platform/http/server.ts'
import { testDatabase } from '../../tests/harness/database.ts'
import { createKeys } from './intake/keys.ts'
import { intakeLimits, serveIntake } from './intake/street.ts'
import { createSource } from './sources.ts'
import { basic, captureServices, post, startStreet } from './street.fixture.ts'

const track = { userId: 'u', event: 'x' }

test('where the database is away the sender is asked to come back, and nothing is called a bad event', async t => {
  const base = await testDatabase()
  const street = await startStreet(base.db)
  t.after(() => street.close())
  const { writeKey } = await createSource(base.db, { name: 'S', type: 'server', now: new Date() })
  const send = () => post(`${street.url}/v1/track`, track, basic(writeKey))
  assert.equal((await send()).status, 200)
  await base.stop()
  const answers = await Promise.all([send(), send(), send()])
  for (const answer of answers) {
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  }
  // Also when no key is remembered that is young enough to be believed.
  await assert.rejects(createKeys(base.db).find(writeKey), { status: 503 })
})

test('more than can wait is refused with 429 and a time to come back', async () => {
  const base = await testDatabase()
  const services = captureServices(base.db)
  const app = await createServer(services)
  await serveIntake(app, services, { ...intakeLimits, capItems: 2 })
  const { writeKey } = await createSource(base.db, { name: 'S', type: 'server', now: new Date() })
  const send = (count: number) =>
    app.inject({
      method: 'POST',
      url: '/v1/batch',
      headers: { ...basic(writeKey), 'content-type': 'application/json' },
      payload: JSON.stringify({ batch: Array.from({ length: count }, () => ({ ...track, type: 'track' })) }),
    })
  const refused = await send(3)
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '1'])
  assert.equal((await send(2)).statusCode, 200)
  await app.close()
  await base.stop()
})
