import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { many, sql } from '#platform/db/db.ts'
import { openTown, personMap, type Town } from './crm.fixture.ts'

// Plan is a choice with other names there; what nobody listed must not get lost.

let town: Town
before(async () => {
  const map = personMap('Contact')
  const fields = map.fields.map(field =>
    field.local === 'attrs.plan'
      ? { ...field, valueMap: { Gold: 'premium', Silver: 'basic' }, unknown: 'issue' as const }
      : field.local === 'first_name'
        ? { ...field, transform: 'upper' as const, applies: 'there' as const }
        : field,
  )
  town = await openTown([{ ...map, fields }])
})
after(() => town?.stop())

const open = () =>
  many<{ words: string; fields: string[]; n: number }>(
    town.base.db,
    sql`
    select words, fields, (select count(*)::int from crm.issue_item t where t.issue_id = i.id) as n from crm.issue i
    where kind = 'unknown_value' and state = 'open'`,
  )
const localOf = async (remote: string) =>
  (
    await many<{ id: string }>(
      town.base.db,
      sql`select local_id as id from crm.link where remote_id = ${remote}`,
    )
  )[0]?.id ?? ''

test('a value that means nothing here stays there, is said to people, and is forgotten once it is put right', async () => {
  const { crm } = town
  const remote = crm.add('Contact', { Email: 'una@example.org', Plan: 'Gold' })
  await town.sync()
  const id = await localOf(remote)
  assert.equal((await town.read(id))['attrs.plan'], 'premium')
  crm.edit('Contact', remote, { Plan: 'Platinum' })
  await town.sync()
  assert.equal((await town.read(id))['attrs.plan'], 'premium')
  const [issue] = await open()
  assert.match(issue?.words ?? '', /“Platinum” means nothing here/)
  assert.deepEqual([issue?.fields, issue?.n], [['attrs.plan'], 1])
  crm.edit('Contact', remote, { Plan: 'Silver' })
  await town.sync()
  assert.equal((await town.read(id))['attrs.plan'], 'basic')
  assert.deepEqual(await open(), [])
})

test('a value that means nothing there is not written there, and its neighbours are', async () => {
  const { crm } = town
  const remote = crm.add('Contact', { Email: 'vic@example.org', FirstName: 'VIC', Plan: 'Silver' })
  await town.sync()
  const id = await localOf(remote)
  await town.change(id, { 'attrs.plan': 'free', first_name: 'Victor' })
  await town.sync()
  const row = crm.table('Contact').get(remote)?.values
  assert.deepEqual([row?.Plan, row?.FirstName], ['Silver', 'VICTOR'])
  assert.match((await open())[0]?.words ?? '', /“free” means nothing in the CRM/)
})

test('what a transform takes away on the way there is written once and never fought over', async () => {
  const { crm } = town
  const remote = crm.add('Contact', { Email: 'wim@example.org', FirstName: 'WIM', Plan: 'Gold' })
  await town.sync()
  const id = await localOf(remote)
  await town.change(id, { first_name: 'Willem' })
  await town.sync()
  assert.equal(crm.table('Contact').get(remote)?.values.FirstName, 'WILLEM')
  const writes = crm.writes
  await town.change(id, { first_name: 'WILLEM' })
  for (let i = 0; i < 3; i++) await town.sync()
  assert.equal(crm.writes, writes)
  assert.equal((await town.read(id)).first_name, 'WILLEM')
})
