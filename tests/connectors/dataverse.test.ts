import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DynamicsWebApi } from 'dynamics-web-api'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { dataverse } from '../../src/crm/connectors/dataverse/index.ts'
import { type DataverseServer, settingsOf, startDataverse } from '../harness/dataverse.ts'

type Values = Record<string, unknown>

conforms({
  connector: dataverse as unknown as Connector,
  start: startDataverse,
  settings: ({ url }) => settingsOf(url),
  secrets: ['app-secret', 'first-access-token'],
  person: {
    type: 'contact',
    name: 'lastname',
    email: 'emailaddress1',
    text: 'jobtitle',
    externalId: 'tend_id',
    spellings: [
      { field: 'new_lastvisit', there: '2026-03-04T05:06:07Z', here: '2026-03-04T05:06:07.000Z' },
      { field: 'birthdate', there: '1815-12-10', here: '1815-12-10' },
      { field: 'new_topics', there: '100,200', here: ['100', '200'] },
      { field: 'new_score', there: 3.25, here: 3.25 },
      { field: 'creditlimit', there: 1200.5, here: 1200.5 },
      { field: 'gendercode', there: 2, here: '2' },
      { field: 'donotbulkemail', there: true, here: true },
    ],
  },
  can: {
    tellsDeletes: 'removals',
    merges: true,
    converts: 'lead',
    upserts: true,
    versions: true,
    renews: true,
    quota: false,
    calls: ['auth', 'throttle', 'transient', 'denied', 'gone', 'schema', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied', 'lock'],
  },
})

describe('dynamics-web-api finds the simulator to be Dataverse', () => {
  let server: DataverseServer
  let judge: DynamicsWebApi
  before(async () => {
    server = await startDataverse()
    judge = new DynamicsWebApi({
      serverUrl: server.url,
      dataApi: { version: '9.2' },
      onTokenRefresh: async () => 'first-access-token',
    })
  })
  after(() => server.stop())
  const refusal = (code: string) => (error: unknown) => (error as { code?: string }).code === code

  test('it creates, reads, changes and deletes, and is told where somebody was faster', async () => {
    const contact = await judge.create<Values>({
      collection: 'contacts',
      data: { lastname: 'Lovelace', emailaddress1: 'ada@example.org' },
      returnRepresentation: true,
    })
    const key = String(contact.contactid)
    assert.equal(contact.lastname, 'Lovelace')
    server.edit('contact', key, { jobtitle: 'Countess' })
    const late = { collection: 'contacts', key, data: { jobtitle: 'Late' } }
    // This client says no by `false`.
    assert.equal(await judge.update({ ...late, ifmatch: String(contact['@odata.etag']) }), false)
    const read = await judge.retrieve<Values>({ collection: 'contacts', key, select: ['jobtitle'] })
    assert.equal(read.jobtitle, 'Countess')
    await judge.update({ ...late, ifmatch: String(read['@odata.etag']) })
    assert.equal(server.read('contact', key)?.jobtitle, 'Late')
    await judge.deleteRecord({ collection: 'contacts', key })
    await assert.rejects(judge.retrieve({ collection: 'contacts', key }), refusal('0x80040217'))
    await assert.rejects(
      judge.create({ collection: 'contacts', data: { nothing: 1 } }),
      refusal('0x80048d19'),
    )
  })

  test('it makes and finds by an alternate key, and binds a lookup', async () => {
    const account = server.add('account', { name: 'Analytical' })
    const upsert = (data: object) => judge.upsert({ collection: 'contacts', key: "tend_id='u1'", data })
    await upsert({ lastname: 'Hopper', 'parentcustomerid_account@odata.bind': `accounts(${account})` })
    await upsert({ jobtitle: 'Admiral' })
    const { value } = await judge.retrieveMultiple<Values>({
      collection: 'contacts',
      select: ['jobtitle', '_parentcustomerid_value'],
      filter: "tend_id eq 'u1'",
    })
    assert.deepEqual(
      value.map(row => [row.jobtitle, row._parentcustomerid_value]),
      [['Admiral', account]],
    )
  })

  test('it reads pages, and what was changed and deleted since a delta link', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => server.add('account', { name: `Company ${i}` }))
    const ask = { collection: 'accounts', select: ['name'] }
    const first = await judge.retrieveMultiple<Values>({ ...ask, maxPageSize: 5 })
    assert.equal(first.value.length, 5)
    const second = await judge.retrieveMultiple<Values>({ ...ask, maxPageSize: 5 }, first.oDataNextLink)
    assert.equal(second.value.length, 5)
    assert.ok(!first.value.some(row => second.value.some(each => each.accountid === row.accountid)))
    const sorted = await judge.retrieveMultiple<Values>({ ...ask, orderBy: ['name desc'], top: 1 })
    assert.equal(sorted.value[0]?.name, 'Company 9')
    const tracked = await judge.retrieveMultiple<Values>({ ...ask, trackChanges: true })
    server.edit('account', ids[3] ?? '', { name: 'Renamed' })
    server.remove('account', ids[4] ?? '')
    const { value } = await judge.retrieveMultiple<Values>(ask, tracked.oDataDeltaLink)
    assert.deepEqual(
      value.map(row => [row.accountid ?? row.id, row.reason ?? row.name]),
      [
        [ids[3], 'Renamed'],
        [ids[4], 'deleted'],
      ],
    )
  })

  test('it sends batches: each for itself, and change sets together or not at all', async () => {
    judge.startBatch()
    const make = (lastname: string, more: object = {}) =>
      judge.create({ collection: 'contacts', data: { lastname, ...more }, inChangeSet: false })
    void make('One')
    void make('Odd', { nothing: 1 }).catch(() => undefined)
    void make('Two')
    const before = server.calls.length
    const told = await judge.executeBatch({ continueOnError: true })
    assert.equal(server.calls.length - before, 1)
    assert.match(String(told[0]), /^[\da-f-]{36}$/)
    assert.ok(told[1] instanceof Error)
    assert.equal(server.read('contact', String(told[2]))?.lastname, 'Two')
    judge.startBatch()
    void judge.create({ collection: 'contacts', data: { lastname: 'Whole' } })
    void judge.create({ collection: 'contacts', data: { lastname: 'Whole', nothing: 1 } })
    await judge.executeBatch().catch(() => undefined)
    const { value } = await judge.retrieveMultiple<Values>({
      collection: 'contacts',
      filter: "lastname eq 'Whole'",
    })
    assert.deepEqual(value, [])
  })

  test('it reads the description, says who it is, qualifies leads and merges', async () => {
    const described = await judge.retrieveEntity<Values>({ key: "LogicalName='contact'" })
    assert.equal(described.EntitySetName, 'contacts')
    const choices = await judge.retrieveAttributes<Values>({
      entityKey: "LogicalName='contact'",
      castType: 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata',
      select: ['LogicalName'],
    })
    assert.deepEqual(
      choices.value.map(each => each.LogicalName),
      ['gendercode'],
    )
    const { UserId } = await judge.callFunction<Values>('WhoAmI')
    assert.equal(server.read('systemuser', String(UserId))?.fullname, '# Tend Sync')
    const key = server.add('lead', { lastname: 'Byron', subject: 'Engines', companyname: 'Analytical' })
    const action = { CreateAccount: true, CreateContact: true, CreateOpportunity: true, Status: 3 }
    const made = await judge.callAction<{ value: Values[] }>({
      collection: 'leads',
      key,
      actionName: 'Microsoft.Dynamics.CRM.QualifyLead',
      action,
    })
    assert.equal(made.value.length, 3)
    const [winner, loser] = ['Ann', 'Anne'].map(name => server.add('account', { name })) as [string, string]
    const type = '@odata.type'
    const kind = 'Microsoft.Dynamics.CRM.account'
    await judge.callAction({
      actionName: 'Merge',
      action: {
        Target: { accountid: winner, [type]: kind },
        Subordinate: { accountid: loser, [type]: kind },
        PerformParentingChecks: false,
      },
    })
    assert.equal(server.read('account', loser)?._masterid_value, winner)
  })
})
