import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, sql } from '#platform/db/db.ts'
import { openTown, type Town } from './crm.fixture.ts'

let town: Town
before(async () => {
  town = await openTown()
})
after(() => town?.stop())

test('a person of the CRM becomes a contact, and what either side changes reaches the other', async () => {
  const { crm } = town
  const remote = crm.add('Contact', {
    Email: 'Ann@Example.org',
    FirstName: 'Ann',
    LastName: 'Lee',
    Title: 'CEO',
  })
  await town.sync()
  const [link] = await many<{ id: string }>(
    town.base.db,
    sql`select local_id as id from crm.link where remote_id = ${remote}`,
  )
  assert.ok(link)
  assert.equal((await town.read(link.id)).email, 'ann@example.org')
  assert.equal((await town.read(link.id)).last_name, 'Lee')
  await town.change(link.id, { first_name: 'Anna', job_title: 'CTO' })
  crm.edit('Contact', remote, { LastName: 'Leeds' })
  await town.sync()
  assert.equal((await town.read(link.id)).last_name, 'Leeds')
  assert.equal(crm.table('Contact').get(remote)?.values.FirstName, 'Anna')
  assert.equal(crm.table('Contact').get(remote)?.values.Title, 'CTO')
  assert.equal(crm.table('Contact').get(remote)?.values.TendId, link.id)
})

test('a new contact is made in the CRM once, and found instead where it is there already', async () => {
  const { crm } = town
  const known = crm.add('Lead', { Email: 'ben@example.org', FirstName: 'Benjamin' })
  const ben = await town.person({ email: 'ben@example.org', first_name: 'Ben' })
  await town.person({ email: 'cara@example.org', first_name: 'Cara' })
  await town.sync()
  assert.equal(crm.living('Contact').filter(row => row.values.Email === 'cara@example.org').length, 1)
  assert.equal(crm.living('Contact').filter(row => row.values.Email === 'ben@example.org').length, 0)
  assert.equal(crm.table('Lead').get(known)?.values.TendId, ben)
})

test('nothing is written any more once both sides agree', async () => {
  await town.sync()
  const before = town.crm.writes
  for (let i = 0; i < 3; i++) await town.sync()
  assert.equal(town.crm.writes, before)
})

test('what was changed in one go is not read again every minute', async () => {
  const { crm } = town
  const start = Date.now()
  crm.clock = () => start
  for (let n = 0; n < 300; n++) crm.add('Contact', { Email: `many${n}@example.org` })
  crm.clock = () => start + 120_000
  await town.sync()
  crm.clock = () => start + 240_000
  await town.sync()
  const pages = crm.calls.length
  crm.clock = () => start + 300_000
  await town.sync()
  const read = crm.calls.slice(pages).filter(call => call.what === 'changes' && call.type === 'Contact')
  assert.equal(read.length, 1)
  crm.clock = Date.now
})
