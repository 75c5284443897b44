import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../harness/pipedrive-fields.ts'
import { connected, everything, update } from './pipedrive-bench.ts'

test('a new primary address leaves the other addresses of a person where they are', async t => {
  const { server, crm } = await connected(t)
  const entry = (value: string, primary: boolean, label: string) => ({ value, primary, label })
  const id = server.add('persons', {
    name: 'Ada Lovelace',
    emails: [entry('ada@home.example', false, 'home'), entry('ada@work.example', true, 'work')],
  })
  const [read] = await crm.get('persons', [id], ['email', 'emails'])
  assert.deepEqual(read?.values, {
    email: 'ada@work.example',
    emails: ['ada@work.example', 'ada@home.example'],
  })
  await crm.write('persons', [update(id, { email: 'ada@new.example' })])
  const kept = () => server.read('persons', id)?.emails
  assert.deepEqual(kept(), [entry('ada@new.example', true, 'work'), entry('ada@home.example', false, 'home')])
  await crm.write('persons', [update(id, { email: 'ADA@home.example' })])
  assert.deepEqual(kept(), [entry('ADA@home.example', true, 'home'), entry('ada@new.example', false, 'work')])
  await crm.write('persons', [update(id, { email: null })])
  assert.deepEqual(kept(), [entry('ada@new.example', true, 'work')])
})

test('somebody is found by each of their addresses, so that nobody is made twice', async t => {
  const { server, crm } = await connected(t)
  const emails = ['first@example.com', 'second@example.com'].map((value, at) => ({
    value,
    primary: at === 0,
  }))
  const id = server.add('persons', { name: 'Ada Lovelace', emails })
  const found = await crm.find('persons', { field: 'email', values: ['Second@example.com'] }, [
    'email',
    'name',
  ])
  assert.deepEqual(
    found.map(each => [each.id, each.values]),
    [[id, { email: 'second@example.com', name: 'Ada Lovelace' }]],
  )
})

test('a change of one part of a name leaves the other part', async t => {
  const { server, crm } = await connected(t)
  const id = server.add('persons', { name: 'Ada Lovelace' })
  await crm.write('persons', [update(id, { last_name: 'King' })])
  const [read] = await crm.get('persons', [id], ['name', 'first_name', 'last_name'])
  assert.deepEqual(read?.values, { name: 'Ada King', first_name: 'Ada', last_name: 'King' })
})

test('a deal tells its stage by name, who takes part, and that it is archived or gone', async t => {
  const { server, crm } = await connected(t)
  const [ada, charles] = ['Ada', 'Charles'].map(name => server.add('persons', { name })) as [string, string]
  const deal = server.add('deals', { title: 'Engines', value: 1200.5, stage_id: 2, person_id: Number(ada) })
  for (const person of [ada, charles]) server.join(deal, person)
  const alone = server.add('deals', { title: 'Cards' })
  const old = server.add('deals', { title: 'Looms', is_archived: true, status: 'lost' })
  const gone = server.add('deals', { title: 'Mills' })
  server.remove('deals', gone)
  const fields = ['title', 'value', 'stage', 'pipeline', 'status']
  const { records } = await crm.changes('deals', { ...everything, fields })
  assert.deepEqual(
    records.map(each => [each.id, each.deleted ?? false]),
    [
      [deal, false],
      [alone, false],
      [old, false],
      [gone, true],
    ],
  )
  const [first] = await crm.get('deals', [deal], fields)
  assert.deepEqual(first?.values, {
    title: 'Engines',
    value: 1200.5,
    stage: 'Demo',
    pipeline: 'Sales',
    status: 'open',
  })
  assert.deepEqual((await crm.ids('deals', { after: null, limit: 10 })).ids, [deal, alone, old])
  const before = server.calls.length
  assert.deepEqual(await crm.roles?.([deal, alone, old]), [
    { dealId: deal, person: { type: 'persons', id: ada }, role: null, primary: true },
    { dealId: deal, person: { type: 'persons', id: charles }, role: 'Participant', primary: false },
  ])
  const asked = server.calls.slice(before).filter(call => call.path.endsWith('/participants'))
  assert.equal(asked.length, 1, 'nobody is asked for where nobody else takes part')
})

test('a task is made for a person, and comes back done', async t => {
  const { server, crm } = await connected(t)
  const person = server.add('persons', { name: 'Ada' })
  const values = {
    subject: 'Call',
    note: 'Soon',
    due_date: '2026-12-01',
    person_id: person,
    owner_id: '1001',
  }
  const [made] = await crm.write('activities', [{ op: 'create', key: 'k', externalId: null, values }])
  assert.ok(made?.ok)
  assert.equal(server.read('activities', made.id)?.type, 'task')
  server.edit('activities', made.id, { done: true })
  const [read] = await crm.get('activities', [made.id], ['subject', 'person_id', 'done'])
  assert.deepEqual(read?.values, { subject: 'Call', person_id: person, done: true })
})

test('an option that Pipedrive does not have is refused by name, without a call', async t => {
  const { server, crm } = await connected(t)
  const id = server.add('persons', { name: 'Ada' })
  await crm.describe()
  const before = server.calls.length
  const [outcome] = await crm.write('persons', [update(id, { [keyOf('Size')]: 'Enormous' })])
  assert.ok(outcome?.ok === false)
  assert.deepEqual([outcome.failure.kind, outcome.failure.fields], ['invalid', [keyOf('Size')]])
  assert.equal(server.calls.length, before)
})

test('whether somebody may be mailed is read where the company has Campaigns', async t => {
  const { server, crm } = await connected(t)
  const id = server.add('persons', { name: 'Ada', marketing_status: 'unsubscribed' })
  const [read] = await crm.get('persons', [id], ['marketing_status'])
  assert.deepEqual(read?.values, { marketing_status: 'unsubscribed' })
})

test('a company is found by what the search does not know, too', async t => {
  const { server, crm } = await connected(t)
  const id = server.add('organizations', { name: 'Analytical', website: 'https://engines.example' })
  const found = await crm.find('organizations', { field: 'website', values: ['HTTPS://engines.example'] }, [])
  assert.deepEqual(
    found.map(each => each.id),
    [id],
  )
})

test('what is no number is refused by name and empties nothing; a number in a text is a text', async t => {
  const { server, crm } = await connected(t)
  const [staff, nickname] = [keyOf('Staff'), keyOf('Nickname')]
  const id = server.add('persons', { name: 'Ada', [staff]: 3 })
  const outcomes = await crm.write('persons', [
    update(id, { [staff]: 'many' }),
    update(id, { [nickname]: 1815, [keyOf('Born')]: '1815-12-10T00:00:00.000Z' }),
  ])
  assert.deepEqual(
    outcomes.map(each => (each.ok ? 'ok' : each.failure.fields)),
    [[staff], 'ok'],
  )
  const [read] = await crm.get('persons', [id], [staff, nickname, keyOf('Born')])
  assert.deepEqual(read?.values, { [staff]: 3, [nickname]: '1815', [keyOf('Born')]: '1815-12-10' })
})

test('a Pipedrive without an archive of deals is read all the same', async t => {
  const { server, crm } = await connected(t)
  const deal = server.add('deals', { title: 'Engines' })
  server.without('/api/v2/deals/archived')
  assert.deepEqual((await crm.ids('deals', { after: null, limit: 10 })).ids, [deal])
  const { records } = await crm.changes('deals', { ...everything, fields: ['title'] })
  assert.deepEqual(
    records.map(each => each.id),
    [deal],
  )
})
