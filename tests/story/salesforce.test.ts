import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Product, startProduct } from '../harness/product.ts'
import { type Salesforce, startSalesforce } from '../harness/salesforce.ts'
import { until } from '../harness/until.ts'

// A company's Salesforce is connected by a key, loaded by the mapping that the connector proposes, and kept in step:
// the whole product on one side, the simulator that jsforce is content with on the other.

type Connection = { id: string; version: number; status: string }
let salesforce: Salesforce
let product: Product
let id = ''
let adaThere = ''

before(async () => {
  salesforce = await startSalesforce()
  const account = salesforce.add('Account', { Name: 'Lantern Works', Website: 'https://lantern.example' })
  const [ada = ''] = ['Ada', 'Ben'].map(name =>
    salesforce.add('Contact', {
      FirstName: name,
      LastName: 'Lantern',
      Email: `${name.toLowerCase()}@lantern.example`,
      AccountId: account,
    }),
  )
  adaThere = ada
  const deal = salesforce.add('Opportunity', {
    Name: 'Lamps',
    StageName: 'Prospecting',
    ForecastCategory: 'Pipeline',
    CloseDate: '2027-01-01',
    AccountId: account,
  })
  salesforce.add('OpportunityContactRole', {
    OpportunityId: deal,
    ContactId: ada,
    Role: 'Buyer',
    IsPrimary: true,
  })
  product = await startProduct({ TEND_EGRESS_ALLOW: new URL(salesforce.url).host })
})
after(async () => {
  await product?.stop()
  await salesforce?.stop()
})

const load = () =>
  product.api<{ state: string; report: { at: string } | null }>('GET', `/crm/connections/${id}/first-load`)

const people = (who: string) =>
  product
    .api<{ items: { id: string; version: number }[] }>('GET', `/contacts?q=${who}@lantern.example`)
    .then(({ items }) => items)

test('it is connected by the key of an app, and proposes a mapping that can be published as it is', async () => {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  salesforce.publicKey = pair.publicKey
  const settings = {
    login_url: salesforce.url,
    sign_in: 'jwt',
    client_id: 'app',
    username: 'sync@example.com',
    private_key: pair.privateKey,
  }
  const made = await product.api<Connection>('POST', '/crm/connections', {
    name: 'Salesforce',
    connector: 'salesforce',
    settings,
  })
  id = made.id
  await product.api('POST', `/crm/connections/${id}/test`)
  const { version } = await product.api<Connection>('GET', `/crm/connections/${id}`)
  const { items } = await product.api<{ items: { id: string }[] }>('GET', '/users')
  const live = await product.api<Connection>('POST', `/crm/connections/${id}/publish`, {
    version,
    ownerId: items[0]?.id,
    reviewOn: new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10),
  })
  assert.equal(live.status, 'live')
})

test('after the dry run and its acceptance the people, companies and deals are here', async () => {
  await product.api('POST', `/crm/connections/${id}/first-load/check`)
  const { at } = await until(async () => (await load()).report, { timeoutMs: 60_000, words: 'the report' })
  assert.deepEqual(await people('ada'), [], 'a dry run writes nothing')
  await product.api('POST', `/crm/connections/${id}/first-load/accept`, { reportAt: at })
  await until(async () => (await people('ben')).length === 1, { timeoutMs: 60_000, words: 'Ben to come' })
  await until(async () => (await people('ada')).length === 1, { timeoutMs: 60_000, words: 'Ada to come' })
})

test('a change that is made here is in Salesforce within seconds', async () => {
  await until(async () => (await load()).state === 'done', { timeoutMs: 60_000, words: 'the load to end' })
  const [ada] = await people('ada')
  await product.api('PATCH', `/contacts/${ada?.id}`, { jobTitle: 'Countess', version: ada?.version })
  await until(() => salesforce.read('Contact', adaThere)?.Title === 'Countess', {
    timeoutMs: 60_000,
    words: 'the title in Salesforce',
  })
  assert.equal(salesforce.read('Contact', adaThere)?.LastName, 'Lantern')
})
