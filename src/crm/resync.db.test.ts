import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { changeMembers, createList } from '#audience/lists.ts'
import { inTransaction, many, sql } from '#platform/db/db.ts'
import { openTown, personMap, type Town } from './crm.fixture.ts'
import { getResync } from './resync.sql.ts'
import { continueResync, costOfResync, startResync, switchResync } from './resync.ts'

// What changed in the CRM without a stamp is seen only by who reads it again.

const nobody = { listId: null, segmentId: null }
let town: Town
let listId = ''
const remotes: string[] = []
const locals: string[] = []

before(async () => {
  town = await openTown([personMap('Contact')], { limits: { read: 2 } })
  const { crm, services } = town
  for (let i = 0; i < 5; i++)
    remotes.push(crm.add('Contact', { Email: `r${i}@example.org`, LastName: 'Old' }))
  await town.sync()
  for (const remote of remotes) {
    const rows = await many<{ id: string }>(
      town.base.db,
      sql`select local_id as id from crm.link where remote_id = ${remote}`,
    )
    locals.push(rows[0]?.id ?? '')
  }
  const stranger = await town.person({ email: 'only-here@example.org' })
  const now = services.clock.now()
  const list = await createList(services.db, { name: 'Guests', description: '', createdBy: 'Test' }, now)
  listId = list.id
  const members = [...locals.slice(0, 3), stranger]
  await inTransaction(services.db, trx =>
    changeMembers(
      trx,
      members.map(contactId => ({ contactId, listId, in: true })),
      now,
    ),
  )
})
after(() => town?.stop())

/** An edit that no stamp tells of. */
const silently = (name: string) => {
  for (const remote of remotes) {
    const record = town.crm.table('Contact').get(remote)
    if (record) record.values.LastName = name
  }
}
const names = async () => Promise.all(locals.map(async id => (await town.read(id)).last_name))
const readOn = async () => {
  const run = await town.run()
  let turns = 0
  while ((await continueResync(run)) > 0) turns++
  await run.budget.flush()
  return turns
}

test('what a list would cost is said before anything is read', async () => {
  const calls = town.crm.calls.length
  const cost = await costOfResync(town.services, town.connectionId, { ...nobody, listId })
  assert.deepEqual([cost.people, cost.records, cost.calls], [4, 3, 2])
  assert.ok(cost.callsLeft > 0)
  const all = await costOfResync(town.services, town.connectionId, nobody)
  assert.deepEqual([all.people, all.records, all.calls], [null, 5, 3])
  assert.equal(town.crm.calls.length, calls)
})

test('a list is read again, and nobody else', async () => {
  silently('New')
  const { records } = await startResync(town.services, systemActor, town.connectionId, { ...nobody, listId })
  assert.equal(records, 3)
  assert.equal(await readOn(), 2)
  assert.deepEqual(await names(), ['New', 'New', 'New', 'Old', 'Old'])
  const done = await getResync(town.base.db, town.connectionId)
  assert.deepEqual([done?.state, done?.left, done?.listId], ['done', 0, listId])
})

test('everything is read again; stopped, it rests, and resumed, it goes on where it was', async () => {
  const { services, connectionId } = town
  silently('Newer')
  await startResync(services, systemActor, connectionId, nobody)
  await assert.rejects(startResync(services, systemActor, connectionId, nobody), { status: 409 })
  const run = await town.run()
  assert.equal(await continueResync(run), 2)
  await switchResync(services, systemActor, connectionId, 'stopped')
  assert.equal(await continueResync(run), 0)
  const stopped = await getResync(town.base.db, connectionId)
  assert.deepEqual([stopped?.state, stopped?.left, stopped?.records], ['stopped', 3, 5])
  await assert.rejects(switchResync(services, systemActor, connectionId, 'stopped'), { status: 409 })
  await switchResync(services, systemActor, connectionId, 'running')
  assert.equal(await readOn(), 2)
  assert.deepEqual(new Set(await names()), new Set(['Newer']))
})

test('it takes only calls that are left over, and waits where there are none', async () => {
  await startResync(town.services, systemActor, town.connectionId, nobody)
  const run = await town.run()
  const poor = { ...run, budget: { ...run.budget, left: () => 0 } }
  assert.equal(await continueResync(poor), 0)
  assert.equal((await getResync(town.base.db, town.connectionId))?.left, 5)
  await readOn()
})

test('a list that is not there is refused', async () => {
  const asked = { ...nobody, listId: '12345' }
  await assert.rejects(costOfResync(town.services, town.connectionId, asked), { status: 404 })
  await assert.rejects(startResync(town.services, systemActor, town.connectionId, asked), { status: 404 })
})
