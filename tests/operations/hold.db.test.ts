import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { createLeases } from '#engine/lanes.ts'
import { setTimers } from '#engine/timers.ts'
import { startWorker } from '#engine/worker.ts'
import { many, sql } from '#platform/db/db.ts'
import { liftHold, putHold } from '#platform/hold.ts'
import { newId } from '#platform/ids.ts'
import { arm } from '../../src/arm.ts'
import { claimMessages } from '../../src/outreach/delivery/claim.ts'
import { queueMessages } from '../../src/outreach/messages.ts'
import { addContact, outreachServices } from '../../src/outreach/outreach.fixture.ts'
import { createVersions } from '../../src/outreach/versions.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base?.stop())

const hold = { since: '2030-01-01T00:00:00.000Z', words: 'restored from a backup', backupAt: null }

test('no timer fires while an installation is held; they fire when it is let go', async () => {
  const services = outreachServices(base)
  const fired: string[] = []
  const reactor = {
    name: 'listening',
    timerKind: 'probe',
    run: async ({ timers }: { timers: { key: string }[] }) => {
      fired.push(...timers.map(timer => timer.key))
      return []
    },
  }
  await putHold(base.db, hold)
  const worker = await startWorker({ services, reactors: [reactor], log: { load, append } })
  try {
    const { id } = await addContact(base.db)
    const dueAt = new Date(services.clock.now().getTime() - 60_000)
    await setTimers(base.db, [{ contactId: id, kind: 'probe', key: '7', dueAt }])
    await worker.idle()
    assert.deepEqual(fired, [])
    await liftHold(base.db)
    await worker.idle()
    await until(() => fired.length === 1, { words: 'the timer' })
  } finally {
    await worker.stop()
  }
})

test('nothing is claimed while held; arming lets it go, or cancels what was in the queue', async () => {
  const services = outreachServices(base)
  const leases = createLeases(base.db, { id: 'holder', leaseMs: 60_000 })
  await leases.beat()
  const holder = { id: 'holder', held: () => leases.held() }
  const claim = () =>
    claimMessages(services, holder, { versions: createVersions(), limit: 10, routeDownUntil: null })
  const queue = async () => {
    const { id } = await addContact(base.db)
    const now = services.clock.now()
    const alert = {
      contactId: id,
      channel: 'email' as const,
      class: 'alert' as const,
      reason: `held ${newId()}`,
      recipient: 'olga@tend.example',
      payload: { subject: 'Look', text: 'Somebody looks' },
      causeId: null,
      why: [],
      notBefore: now,
    }
    await queueMessages(base.db, [alert], now)
  }
  await putHold(base.db, hold)
  await queue()
  assert.equal((await claim()).looked, 0)
  assert.deepEqual(await arm(services, systemActor, true), { cancelled: 1 })
  assert.deepEqual(await many(base.db, sql`select state from outreach.message`), [{ state: 'cancelled' }])
  await assert.rejects(arm(services, systemActor, false), /armed already/)
  await putHold(base.db, hold)
  await queue()
  assert.equal((await claim()).looked, 0)
  assert.deepEqual(await arm(services, systemActor, false), { cancelled: 0 })
  assert.equal((await claim()).messages.length, 1)
  await leases.release()
})
