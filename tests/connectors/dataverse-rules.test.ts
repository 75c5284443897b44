import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type Connection, CrmError, type Value, type Wire } from '../../src/crm/connector.ts'
import { dataverse } from '../../src/crm/connectors/dataverse/index.ts'
import { type DataverseServer, settingsOf, startDataverse } from '../harness/dataverse.ts'
import { testWire } from './wire.ts'

describe('with Dataverse', () => {
  let server: DataverseServer
  let wire: Wire
  let crm: Connection
  const settings = () => dataverse.settings.parse(settingsOf(server.url))
  beforeEach(async () => {
    server = await startDataverse()
    wire = testWire(server.url)
    crm = dataverse.connect(settings(), wire)
  })
  afterEach(() => server.stop())
  const write = async (type: string, values: Record<string, Value>) => {
    const [made] = await crm.write(type, [{ op: 'create', key: 'k', externalId: null, values }])
    assert.ok(made?.ok)
    return made.id
  }

  test('two workers whose token has run out fetch one, and a wrong secret is said in the words of Microsoft', async () => {
    await wire.vault.change(async () => ({ access_token: 'old' }))
    const other = dataverse.connect(settings(), wire)
    assert.equal((await crm.test()).words, 'Signed in to Dataverse as # Tend Sync.')
    await other.test()
    assert.equal(server.calls.filter(call => call.path.endsWith('/token')).length, 1)
    const wrong = { ...settings(), client_secret: 'wrong-secret' }
    const { failure } = await failing(dataverse.connect(wrong, testWire(server.url)).test())
    assert.deepEqual(
      [failure.kind, failure.words],
      ['auth', 'AADSTS7000215: Invalid client secret provided.'],
    )
    assert.ok(!JSON.stringify(failure).includes('wrong-secret'))
  })

  test('deletes come by delta links; one that is too old begins anew without an error', async () => {
    const ids = ['Ann', 'Bea', 'Cid'].map(lastname => server.add('contact', { lastname }))
    const begun = await crm.removals?.('contact', { after: null, limit: 10 })
    server.edit('contact', ids[0] ?? '', { lastname: 'Anne' })
    server.remove('contact', ids[1] ?? '')
    server.add('account', { name: 'Other table' })
    const told = await crm.removals?.('contact', { after: begun?.next ?? null, limit: 10 })
    assert.deepEqual(
      told?.removals.map(each => each.id),
      [ids[1]],
    )
    const nothing = await crm.removals?.('contact', { after: told?.next ?? null, limit: 10 })
    assert.deepEqual(nothing?.removals, [])
    server.forget()
    server.remove('contact', ids[2] ?? '')
    const anew = await crm.removals?.('contact', { after: nothing?.next ?? null, limit: 10 })
    assert.deepEqual(anew?.removals, [])
    server.remove('contact', ids[0] ?? '')
    const last = await crm.removals?.('contact', { after: anew?.next ?? null, limit: 10 })
    assert.deepEqual(
      last?.removals.map(each => each.id),
      [ids[0]],
    )
    assert.deepEqual((await crm.removals?.('systemuser', { after: null, limit: 10 }))?.removals, [])
  })

  test('what may point to several kinds of record is written as what it points to, and emptied', async () => {
    const [user] = (await crm.ids('systemuser', { after: null, limit: 1 })).ids
    const account = server.add('account', { name: 'Analytical' })
    const contact = await write('contact', {
      lastname: 'Lovelace',
      parentcustomerid: account,
      ownerid: user ?? '',
    })
    const lead = server.add('lead', { lastname: 'Byron', subject: 'Engines' })
    for (const regarding of [contact, lead, account]) {
      const task = await write('task', { subject: 'Call', regardingobjectid: regarding })
      const [read] = await crm.get('task', [task], ['regardingobjectid'])
      assert.equal(read?.values.regardingobjectid, regarding)
      const sent = server.calls.findLast(call => call.text.includes('"subject":"Call"'))?.text ?? ''
      const kind = regarding === contact ? 'contact' : regarding === lead ? 'lead' : 'account'
      assert.match(sent, new RegExp(`"regardingobjectid_${kind}_task@odata.bind":"/${kind}s\\(`))
    }
    const fields = ['parentcustomerid', 'ownerid']
    const [read] = await crm.get('contact', [contact], fields)
    assert.deepEqual(read?.values, { parentcustomerid: account, ownerid: user })
    const empty = { op: 'update' as const, id: contact, version: null, values: { parentcustomerid: null } }
    assert.equal((await crm.write('contact', [empty]))[0]?.ok, true)
    assert.equal(server.read('contact', contact)?._parentcustomerid_value, null)
  })

  test('who allows no mail at all is opted out, though mail in bulk is not refused', async () => {
    const people = [
      { donotemail: true, donotbulkemail: false },
      { donotemail: false, donotbulkemail: true },
      { donotemail: false, donotbulkemail: false },
    ].map(values => server.add('contact', { lastname: 'Lovelace', ...values }))
    const read = await crm.get('contact', people, ['donotbulkemail', 'donotemail'])
    const of = (id: string | undefined, field: string) => read.find(one => one.id === id)?.values[field]
    assert.deepEqual(
      people.map(id => of(id, 'donotbulkemail')),
      [true, true, false],
    )
    assert.equal(of(people[1], 'donotemail'), false)
  })

  test('a deal comes with the code of its currency, and with people and the parts they play', async () => {
    const euro = server.add('transactioncurrency', { isocurrencycode: 'EUR' })
    const [ada, bea] = ['Lovelace', 'Boss'].map(lastname => server.add('contact', { lastname })) as [
      string,
      string,
    ]
    const deal = server.add('opportunity', {
      name: 'Engines',
      estimatedvalue: 1200.5,
      transactioncurrencyid: euro,
      parentcontactid: ada,
    })
    const other = server.add('opportunity', { name: 'Lamps', parentcontactid: bea })
    const role = server.add('connectionrole', { name: 'Decision Maker' })
    const joined = { record1id: deal, record2objecttypecode: 2, record2roleid: role, statecode: 0 }
    server.add('connection', { ...joined, record2id: bea })
    server.add('connection', { ...joined, record2id: ada, statecode: 1 })
    const [read, bare] = await crm.get('opportunity', [deal, other], ['estimatedvalue', 'isocurrencycode'])
    assert.deepEqual(
      [read, bare]
        .map(one => one?.values)
        .sort((a, b) => Number(b?.estimatedvalue) - Number(a?.estimatedvalue)),
      [
        { estimatedvalue: 1200.5, isocurrencycode: 'EUR' },
        { estimatedvalue: null, isocurrencycode: null },
      ],
    )
    const roles = (await crm.roles?.([deal, other]))?.map(one => [
      one.dealId,
      one.person.id,
      one.role,
      one.primary,
    ])
    assert.deepEqual(
      new Set(roles?.map(each => each.join(' '))),
      new Set([
        [deal, ada, '', true].join(' '),
        [deal, bea, 'Decision Maker', false].join(' '),
        [other, bea, '', true].join(' '),
      ]),
    )
  })

  test('the day on which a task is due is the same day there, at noon', async () => {
    const task = await write('task', { subject: 'Call', scheduledend: '2026-03-04', statecode: '1' })
    assert.equal(server.read('task', task)?.scheduledend, '2026-03-04T12:00:00Z')
    const [read] = await crm.get('task', [task], ['scheduledend', 'statecode'])
    assert.deepEqual(read?.values, { scheduledend: '2026-03-04', statecode: '1' })
  })

  test('a choice is written by its number or by what people read; what is none is refused and empties nothing', async () => {
    const id = await write('contact', {
      lastname: 'Lovelace',
      gendercode: 'female',
      new_topics: ['Tea', '200'],
    })
    const fields = ['gendercode', 'new_topics']
    const read = async () => (await crm.get('contact', [id], fields))[0]?.values
    assert.deepEqual(await read(), { gendercode: '2', new_topics: ['100', '200'] })
    for (const values of [{ gendercode: 'None of these' }, { new_score: 'much' }] as Record<
      string,
      Value
    >[]) {
      const [outcome] = await crm.write('contact', [{ op: 'update', id, version: null, values }])
      assert.equal(outcome?.ok === false && outcome.failure.kind, 'invalid')
    }
    assert.deepEqual(await read(), { gendercode: '2', new_topics: ['100', '200'] })
  })

  test('what is kept of a refusal is the one record that it is about, and no secret', async () => {
    const create = (jobtitle: string) =>
      ({ op: 'create', key: jobtitle, externalId: null, values: { lastname: 'Lovelace', jobtitle } }) as const
    server.refuse({ kind: 'invalid', field: 'jobtitle', when: value => value === 'Odd' })
    const [, odd] = await crm.write('contact', [create('Even'), create('Odd')])
    assert.ok(odd?.ok === false)
    const { sample, words } = odd.failure
    assert.equal(sample?.request, '{"lastname":"Lovelace","jobtitle":"Odd"}')
    assert.equal(sample.status, 400)
    assert.match(sample.url, /contacts\?/)
    const [token = 'none'] = server.tokens
    assert.match(words, /\[hidden\]/)
    assert.ok(!JSON.stringify(odd).includes(token))
  })

  test('a change never makes a record anew, and a rule of duplicates holds only for creates', async () => {
    const gone = '00000000-0000-4000-8000-00000000dead'
    const change = { op: 'update' as const, id: gone, version: null, values: { lastname: 'Ghost' } }
    const [outcome, none] = await crm.write('contact', [change, { ...change, id: "1)/x' or" }])
    assert.deepEqual(
      [outcome, none].map(each => each?.ok === false && each.failure.kind),
      ['gone', 'gone'],
    )
    assert.equal(server.read('contact', gone), null)
    const batches = server.calls.filter(call => call.path.endsWith('/$batch')).map(call => call.text)
    assert.ok(!batches.some(text => text.includes('1)/x')), 'what is no id is not sent')
    await write('contact', { lastname: 'Real' })
    assert.match(server.calls.at(-1)?.text ?? '', /suppressduplicatedetection: false/i)
    assert.ok(!batches.some(text => /suppressduplicatedetection/i.test(text)))
  })

  test('ids go on where they stood, also in a connection that does not remember', async () => {
    const made = Array.from({ length: 11 }, () => server.add('contact', { lastname: 'Lovelace' }))
    const merged = server.add('contact', { lastname: 'Twin' })
    server.merge?.('contact', merged, made[0] ?? '')
    const first = await crm.ids('contact', { after: null, limit: 4 })
    const after = first.ids.at(-1) ?? null
    const fresh = dataverse.connect(settings(), wire)
    const [here, there] = [
      await crm.ids('contact', { after, limit: 4 }),
      await fresh.ids('contact', { after, limit: 4 }),
    ]
    assert.deepEqual(there, here)
    const last = await fresh.ids('contact', { after: there.ids.at(-1) ?? null, limit: 100 })
    assert.deepEqual([...first.ids, ...here.ids, ...last.ids].sort(), made.sort())
    assert.equal(last.more, false)
  })

  test('a next page that is somewhere else is not asked for', async () => {
    for (let i = 0; i < 3; i++) server.add('contact', { lastname: 'Lovelace' })
    const asked: string[] = []
    const bent: Wire = {
      ...wire,
      async fetch(url, request) {
        asked.push(url)
        const answer = await wire.fetch(url, request)
        const text = answer.body
          .toString()
          .replace(/"@odata.nextLink":"[^?]*/, '"@odata.nextLink":"https://other.example/x')
        return { ...answer, body: Buffer.from(text) }
      },
    }
    const ask = dataverse.connect(settings(), bent).ids('contact', { after: null, limit: 2 })
    assert.equal((await failing(ask)).failure.code, 'strange_link')
    assert.ok(asked.every(url => url.startsWith(server.url)))
  })
})

async function failing(work: Promise<unknown>): Promise<CrmError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CrmError)
  return error
}
