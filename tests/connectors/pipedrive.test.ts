import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v1 from 'pipedrive/v1'
import * as v2 from 'pipedrive/v2'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { pipedrive } from '../../src/crm/connectors/pipedrive/index.ts'
import { startPipedrive } from '../harness/pipedrive.ts'
import { keyOf } from '../harness/pipedrive-fields.ts'

const settingsOf = (url: string) => ({ url, api_token: 'right-token', webhook_password: 'hook-secret' })
const basic = (password: string) => `Basic ${Buffer.from(`tend:${password}`).toString('base64')}`

conforms({
  connector: pipedrive as unknown as Connector,
  start: startPipedrive,
  settings: ({ url }) => settingsOf(url),
  secrets: ['right-token', 'hook-secret'],
  person: {
    type: 'persons',
    name: 'name',
    email: 'email',
    text: keyOf('Nickname'),
    externalId: keyOf('Tend id'),
    spellings: [
      { field: keyOf('Born'), there: '1815-12-10', here: '1815-12-10' },
      { field: keyOf('Staff'), there: 3.5, here: 3.5 },
      { field: keyOf('Size'), there: 32, here: 'Large' },
      { field: keyOf('Interests'), there: [31, 32], here: ['Tea', 'Books'] },
      { field: keyOf('Budget'), there: { value: 12.5, currency: 'EUR' }, here: 12.5 },
      { field: keyOf('Town'), there: { value: 'Horsham', country: 'UK' }, here: 'Horsham' },
      { field: keyOf('Mentor'), there: 1001, here: '1001' },
      { field: 'email', there: 'ada@example.com', here: 'ada@example.com' },
      { field: 'phone', there: '+44 20 7946 0000', here: '+44 20 7946 0000' },
      { field: 'owner_id', there: 1001, here: '1001' },
    ],
  },
  can: {
    tellsDeletes: 'never',
    merges: false,
    converts: null,
    upserts: false,
    versions: false,
    renews: false,
    quota: true,
    calls: ['auth', 'throttle', 'transient', 'denied', 'cut', 'lost'],
    rows: ['invalid', 'denied'],
  },
  hook(_simulator, { id }, how) {
    const meta = { version: '2.0', action: 'change', entity: 'person', entity_id: id }
    return {
      url: 'https://tend.example/crm/hooks/1/key',
      body: JSON.stringify({ meta, data: { id, name: 'Lovelace' }, previous: {} }),
      headers: {
        authorization: basic(how === 'forged' ? 'other' : 'hook-secret'),
        ...(how === 'stale' ? { 'x-signed-without-time': 'yes' } : {}),
      },
    }
  },
})

test('the simulator answers Pipedrive’s own client as Pipedrive does', async t => {
  const server = await startPipedrive()
  t.after(() => server.stop())
  const how = new v2.Configuration({ apiKey: 'right-token', basePath: `${server.url}/api/v2` })
  const persons = new v2.PersonsApi(how)
  const nickname = keyOf('Nickname')
  const ada = await persons.addPerson({
    AddPersonRequest: {
      name: 'Ada Lovelace',
      emails: [{ value: 'ada@example.org', primary: true, label: 'work' }],
      custom_fields: { [nickname]: 'Countess' },
    },
  })
  const id = ada.data?.id ?? 0
  assert.deepEqual([ada.success, ada.data?.first_name, ada.data?.last_name], [true, 'Ada', 'Lovelace'])
  for (const name of ['Byron', 'King']) await persons.addPerson({ AddPersonRequest: { name } })
  const changed = await persons.updatePerson({ id, UpdatePersonRequest: { name: 'Ada King' } })
  assert.equal(changed.data?.custom_fields?.[nickname], 'Countess')
  const first = await persons.getPersons({
    limit: 2,
    sort_by: 'update_time',
    updated_since: '2026-01-01T00:00:00Z',
  })
  const cursor = first.additional_data?.next_cursor ?? ''
  const second = await persons.getPersons({ limit: 2, sort_by: 'update_time', cursor })
  assert.deepEqual(
    [first.data?.length, second.data?.length, second.additional_data?.next_cursor],
    [2, 1, null],
  )
  await assert.rejects(persons.getPersons({ limit: 501 }), { success: false })
  await assert.rejects(persons.getPersons({ updated_since: '2026-01-01T00:00:00.000Z' }), { success: false })
  const found = await persons.searchPersons({ term: 'ADA@example.org', fields: 'email', exact_match: true })
  assert.deepEqual(
    found.data?.items?.map(each => each.item?.id),
    [id],
  )
  await assert.rejects(
    persons.updatePerson({ id, UpdatePersonRequest: { custom_fields: { abc: 'nothing like it' } } }),
    { success: false, code: 'ERR_SCHEMA_VALIDATION_FAILED' },
  )
  assert.equal((await persons.deletePerson({ id })).data?.id, id)
  await assert.rejects(persons.getPerson({ id }), { success: false, code: 'ERR_NOT_FOUND' })
  const described = await new v2.PersonFieldsApi(how).getPersonFields({})
  const size = described.data?.find(each => each.field_code === keyOf('Size'))
  assert.deepEqual(
    [size?.is_custom_field, size?.options?.map(each => each.label)],
    [true, ['Small', 'Large']],
  )
  const deals = new v2.DealsApi(how)
  const deal = await deals.addDeal({ AddDealRequest: { title: 'Engines', value: 1200.5 } })
  assert.deepEqual([deal.data?.stage_id, deal.data?.status], [1, 'open'])
  await deals.deleteDeal({ id: deal.data?.id ?? 0 })
  assert.deepEqual((await deals.getDeals({})).data, [])
  assert.equal((await deals.getDeals({ status: 'deleted' })).data?.[0]?.is_deleted, true)

  const old = new v1.Configuration({ apiKey: 'right-token', basePath: `${server.url}/api/v1` })
  assert.equal((await new v1.UsersApi(old).getCurrentUser()).data?.email, 'olga@pipe.example')
  assert.equal((await new v1.UsersApi(old).getUsers()).data?.length, 1)
  const wrong = new v1.Configuration({ apiKey: 'other', basePath: `${server.url}/api/v1` })
  await assert.rejects(new v1.UsersApi(wrong).getUsers(), { success: false, error: 'unauthorized access' })
})
