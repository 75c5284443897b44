import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import jsforce from 'jsforce'
import { type Connector, CrmError } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { salesforce } from '../../src/crm/connectors/salesforce/index.ts'
import { type Salesforce, startSalesforce } from '../harness/salesforce.ts'
import { testWire } from './wire.ts'

const client = { client_id: 'app', client_secret: 'app-secret' }

conforms({
  connector: salesforce as unknown as Connector,
  start: startSalesforce,
  settings: ({ url }) => ({ login_url: url, ...client }),
  vault: { refresh_token: 'first-refresh-token' },
  secrets: ['app-secret', 'first-refresh-token', 'first-access-token'],
  person: {
    type: 'Contact',
    name: 'LastName',
    email: 'Email',
    text: 'Title',
    externalId: 'Tend_Id__c',
    spellings: [
      { field: 'Last_Visit__c', there: '2026-03-04T05:06:07.000+0000', here: '2026-03-04T05:06:07.000Z' },
      { field: 'Birthdate', there: '1815-12-10', here: '1815-12-10' },
      { field: 'Topics__c', there: 'Tea;Books', here: ['Tea', 'Books'] },
      { field: 'Score__c', there: 3.25, here: 3.25 },
      { field: 'HasOptedOutOfEmail', there: true, here: true },
      { field: 'AccountId', there: '0015e0000000009AAA', here: '0015e0000000009AAA' },
      { field: 'MailingCountry', there: 'Côte d’Ivoire', here: 'Côte d’Ivoire' },
    ],
  },
  can: {
    tellsDeletes: 'changes',
    merges: true,
    converts: 'Lead',
    upserts: true,
    versions: false,
    renews: true,
    quota: true,
    saysNoWait: true,
    calls: ['auth', 'throttle', 'transient', 'denied', 'gone', 'schema', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied', 'lock'],
  },
})

describe('jsforce finds the simulator to be Salesforce', () => {
  let simulator: Salesforce
  let judge: jsforce.Connection
  before(async () => {
    simulator = await startSalesforce()
    judge = new jsforce.Connection({
      instanceUrl: simulator.url,
      accessToken: 'first-access-token',
      version: '62.0',
    })
  })
  after(() => simulator.stop())

  test('it creates, changes and deletes collections, and each record has its outcome', async () => {
    const made = await judge.sobject('Contact').create([{ LastName: 'Lovelace' }, { Title: 'No name' }])
    assert.deepEqual(
      made.map(each => each.success),
      [true, false],
    )
    const id = made[0]?.id ?? ''
    const [changed] = await judge.sobject('Contact').update([{ Id: id, Title: 'Countess' }])
    assert.equal(changed?.success, true)
    assert.equal(simulator.read('Contact', id)?.Title, 'Countess')
    const [gone] = await judge.sobject('Contact').destroy([id])
    assert.equal(gone?.success, true)
    assert.equal(simulator.read('Contact', id), null)
  })

  test('it upserts by an external id', async () => {
    const records = [{ Tend_Id__c: 'u1', LastName: 'Hopper' }]
    const [first] = await judge.sobject('Contact').upsert(records, 'Tend_Id__c')
    const [again] = await judge.sobject('Contact').upsert(records, 'Tend_Id__c')
    assert.ok(first?.success && again?.success)
    assert.equal(first.id, again.id)
  })

  test('it reads pages, the bin and the description, and is told how many calls are left', async () => {
    for (let i = 0; i < 45; i++) simulator.add('Account', { Name: `Company ${i}` })
    const first = await judge.query('SELECT Id, Name FROM Account ORDER BY Id')
    assert.deepEqual([first.totalSize, first.done], [45, false])
    let rows = first.records.length
    for (let page = first; !page.done; rows += page.records.length)
      page = await judge.queryMore(page.nextRecordsUrl ?? '')
    assert.equal(rows, 45)
    const [bin] = first.records
    simulator.remove('Account', String(bin?.Id))
    const deleted = 'SELECT Id FROM Account WHERE IsDeleted = true'
    assert.equal((await judge.query(deleted)).records.length, 0)
    assert.equal((await judge.query(deleted, { scanAll: true })).records.length, 1)
    const described = await judge.sobject('Contact').describe()
    assert.equal(described.fields.find(field => field.name === 'Email')?.type, 'email')
    assert.ok((judge.limitInfo.apiUsage?.used ?? 0) > 0)
    await assert.rejects(async () => judge.query('SELECT Nothing__c FROM Account'), {
      errorCode: 'INVALID_FIELD',
    })
    await assert.rejects(async () => judge.query('SELEKT Id'), { errorCode: 'MALFORMED_QUERY' })
  })

  test('it fetches a fresh token once its session has run out', async () => {
    const worker = new jsforce.Connection({
      oauth2: {
        loginUrl: simulator.url,
        clientId: 'app',
        clientSecret: 'app-secret',
        redirectUri: 'http://here',
      },
      instanceUrl: simulator.url,
      accessToken: 'old',
      refreshToken: simulator.refreshToken,
      version: '62.0',
    })
    assert.ok((await worker.query('SELECT Id FROM Account LIMIT 1')).done)
    assert.deepEqual(simulator.tokens, [worker.accessToken])
  })
})

describe('signing in to Salesforce', () => {
  let simulator: Salesforce
  beforeEach(async () => {
    simulator = await startSalesforce()
  })
  afterEach(() => simulator.stop())

  test('in the browser by a code that only we can redeem', async () => {
    const settings = salesforce.settings.parse({ login_url: simulator.url, ...client })
    const verifier = 'v'.repeat(60)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const ask = { redirectUri: 'https://tend.example/back', state: 'a&b', challenge }
    const url = new URL(salesforce.oauth?.authorizeUrl(settings, ask) ?? '')
    assert.equal(url.searchParams.get('state'), 'a&b')
    simulator.challenges.set('code-1', url.searchParams.get('code_challenge') ?? '')
    const wire = testWire(simulator.url)
    const redeem = (by: string) =>
      salesforce.oauth?.exchange(
        settings,
        { code: 'code-1', verifier: by, redirectUri: ask.redirectUri },
        wire,
      )
    await assert.rejects(
      async () => redeem('other'),
      (error: unknown) => {
        assert.ok(error instanceof CrmError)
        assert.equal(error.failure.kind, 'auth')
        assert.ok(!JSON.stringify(error.failure).includes('app-secret'))
        return true
      },
    )
    const kept = (await redeem(verifier)) ?? {}
    await wire.vault.change(async () => kept)
    const { user } = await salesforce.connect(settings, wire).test()
    assert.equal(user?.name, 'Tend Sync')
  })

  test('by the key of the app, also where its line breaks were lost', async () => {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    simulator.publicKey = pair.publicKey
    const settings = (private_key: string) =>
      salesforce.settings.parse({
        login_url: simulator.url,
        ...client,
        sign_in: 'jwt',
        username: 'sync@example.com',
        private_key,
      })
    for (const key of [pair.privateKey, pair.privateKey.replaceAll('\n', ' ')]) {
      const { words } = await salesforce.connect(settings(key), testWire(simulator.url)).test()
      assert.equal(words, 'Signed in to Salesforce as Tend Sync.')
    }
    await assert.rejects(
      salesforce.connect(settings('no key'), testWire(simulator.url)).test(),
      /private key/,
    )
  })

  test('a sign-in that was taken back says so, and is not asked for again and again', async () => {
    const wire = testWire(simulator.url)
    await wire.vault.change(async () => ({ refresh_token: 'taken back' }))
    const crm = salesforce.connect(salesforce.settings.parse({ login_url: simulator.url, ...client }), wire)
    await assert.rejects(
      crm.test(),
      (error: unknown) => error instanceof CrmError && error.failure.kind === 'auth',
    )
    assert.equal(simulator.calls.length, 1)
  })

  test('two workers whose session has run out renew it once', async () => {
    const wire = testWire(simulator.url)
    const old = { access_token: 'old', instance_url: simulator.url, refresh_token: simulator.refreshToken }
    await wire.vault.change(async () => old)
    const settings = salesforce.settings.parse({ login_url: simulator.url, ...client })
    const [one, two] = [salesforce.connect(settings, wire), salesforce.connect(settings, wire)]
    await one.ids('Contact', { after: null, limit: 1 })
    await two.ids('Contact', { after: null, limit: 1 })
    assert.equal(simulator.calls.filter(call => call.path === '/services/oauth2/token').length, 1)
  })
})

test('who plays which part in a deal is read by the deal', async t => {
  const simulator = await startSalesforce()
  t.after(() => simulator.stop())
  const wire = testWire(simulator.url)
  await wire.vault.change(async () => ({ refresh_token: simulator.refreshToken }))
  const crm = salesforce.connect(salesforce.settings.parse({ login_url: simulator.url, ...client }), wire)
  const deal = simulator.add('Opportunity', { Name: 'Lamps', CloseDate: '2026-12-01' })
  const ContactId = simulator.add('Contact', { LastName: 'Lovelace' })
  simulator.add('OpportunityContactRole', {
    OpportunityId: deal,
    ContactId,
    Role: 'Decision Maker',
    IsPrimary: true,
  })
  assert.deepEqual(await crm.roles?.([deal]), [
    { dealId: deal, person: { type: 'Contact', id: ContactId }, role: 'Decision Maker', primary: true },
  ])
})
