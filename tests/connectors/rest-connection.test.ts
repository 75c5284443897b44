import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Product, startProduct } from '../harness/product.ts'
import { type RestCrm, restDefinition, startRestCrm } from '../harness/rest-crm.ts'
import { until } from '../harness/until.ts'

// A CRM that nobody wrote a connector for, from its description to its first changes, through the API alone.

const key = 'a-secret-key'
let crm: RestCrm
let product: Product
let id = ''

/** Only what this story asks for. */
const whole = restDefinition('cursor', 2)
const definition = {
  ...whole,
  objects: whole.objects.map(each => ({ ...each, fields: each.fields.slice(0, 4) })),
}

type Connection = {
  id: string
  version: number
  status: string
  describedAt: string | null
  loadState: string
}
type Person = { id: string; firstName: string; lastName: string; jobTitle: string | null; version: number }
const api = <T>(method: string, path: string, body?: unknown) =>
  product.api<T>(method, `/crm/connections${path}`, body)
const look = () => api<Connection>('GET', `/${id}`)
const person = async (email: string) =>
  (await product.api<{ items: Person[] }>('GET', `/contacts?q=${email}`)).items[0]
const load = () =>
  api<{
    state: string
    report: { at: string; objects: { matched: number; createHere: number; createThere: number }[] } | null
  }>('GET', `/${id}/first-load`)

before(async () => {
  crm = await startRestCrm('cursor', key)
  for (const [name, email] of [
    ['Ada Maria Berg', 'ada@house.example'],
    ['Bo Lund', 'bo@house.example'],
    ['Cy Ray', 'cy@house.example'],
  ])
    crm.add('people', { name, email, title: 'KEEPER', tend_id: null })
  product = await startProduct({ TEND_EGRESS_ALLOW: new URL(crm.url).host })
  await product.api('POST', '/contacts', { email: 'ada@house.example', firstName: 'Ada' })
})
after(async () => {
  await product?.stop()
  await crm?.stop()
})

test('a description that says nonsense is refused where it is wrong, and a right one connects', async () => {
  const settings = { url: crm.url, secret: key }
  const connect = (given: unknown) =>
    api<Connection>('POST', '', {
      name: 'House',
      connector: 'rest',
      settings: { ...settings, definition: JSON.stringify(given) },
    })
  await assert.rejects(connect({ ...definition, objects: [] }), /422/)
  const made = await connect(definition)
  assert.ok(!JSON.stringify(made).includes(key))
  id = made.id
  const tested = await api<{ user: { name: string } }>('POST', `/${id}/test`)
  assert.equal(tested.user.name, 'Tend sync')
  const { schema } = await api<{
    schema: { objects: { type: string; fields: { name: string }[] }[] }
  }>('GET', `/${id}/schema`)
  assert.deepEqual(
    schema.objects.map(({ type, fields }) => [type, fields.map(field => field.name)]),
    [['people', ['email', 'name', 'title', 'tend_id']]],
  )
})

test('it is mapped with a name in two, published, and the dry run counts without writing', async () => {
  const field = (local: string, remote: string, rule: string, more: object = {}) => ({
    local,
    remote,
    rule,
    ...more,
  })
  const draft = {
    objects: [
      {
        kind: 'person',
        remote: 'people',
        fields: [
          field('email', 'email', 'two_way'),
          field('first_name', 'name', 'crm', { transform: 'first_name' }),
          field('last_name', 'name', 'crm', { transform: 'last_name' }),
          field('job_title', 'title', 'two_way', { transform: 'capitalize' }),
          field('id', 'tend_id', 'tend'),
        ],
      },
    ],
  }
  await api('PATCH', `/${id}`, { version: (await look()).version, draft })
  const { items: users } = await product.api<{ items: { id: string }[] }>('GET', '/users')
  const { now } = await product.api<{ now: string }>('GET', '/sandbox/clock')
  const reviewOn = new Date(Date.parse(now) + 60 * 86_400_000).toISOString().slice(0, 10)
  const { version } = await look()
  const live = await api<Connection>('POST', `/${id}/publish`, { version, ownerId: users[0]?.id, reviewOn })
  assert.equal(live.status, 'live')
  await api('POST', `/${id}/first-load/check`)
  const { report } = await until(async () => {
    const seen = await load()
    return seen.state === 'report' && seen
  })
  const [counts] = report?.objects ?? []
  assert.deepEqual([counts?.matched, counts?.createHere, counts?.createThere], [1, 2, 0])
  assert.equal(await person('bo@house.example'), undefined)
  assert.ok(crm.rows.every(row => !row.tend_id))
})

test('accepted, it is loaded: names come in two, and each record learns our id', async () => {
  const { report } = await load()
  await api('POST', `/${id}/first-load/accept`, { reportAt: report?.at })
  await until(async () => (await load()).state === 'done')
  const ada = await person('ada@house.example')
  assert.deepEqual([ada?.firstName, ada?.lastName, ada?.jobTitle], ['Ada Maria', 'Berg', 'Keeper'])
  await until(() => crm.rows.every(row => row.tend_id))
  assert.equal(crm.rows[0]?.tend_id, ada?.id)
  assert.equal(crm.rows[0]?.title, 'KEEPER')
})

test('then changes pass both ways, and a deletion there is heard', async () => {
  const bo = await person('bo@house.example')
  await product.api('PATCH', `/contacts/${bo?.id}`, { jobTitle: 'Captain', version: bo?.version })
  await until(() => crm.rows[1]?.title === 'Captain', { words: 'Bo is captain there' })
  // A look goes only so far that nothing can still appear before it: what happened a moment ago is for the next one.
  crm.at(new Date(Date.now() - 15_000))
  crm.edit('people', '3', { name: 'Ray, Cyril' })
  crm.remove('people', '1')
  await product.api('POST', '/sandbox/clock', { advance: 'PT2M' })
  await until(
    async () => {
      const cy = await person('cy@house.example')
      return cy?.firstName === 'Cyril' && cy.lastName === 'Ray'
    },
    { words: 'Cy has his whole name here' },
  )
  const ada = await person('ada@house.example')
  type Record = { connections: { records: { state: string }[] }[] }
  await until(
    async () => {
      const seen = await product.api<Record>('GET', `/contacts/${ada?.id}/crm`)
      return seen.connections[0]?.records[0]?.state === 'deleted_remote'
    },
    { words: 'Ada is known to be deleted there' },
  )
  assert.equal(crm.rows.length, 3)
})
