import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v1 from 'pipedrive/v1'
import * as v2 from 'pipedrive/v2'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms, type Subject } from '../../src/crm/connectors/conformance.fixture.ts'
import { pipedrive } from '../../src/crm/connectors/pipedrive/index.ts'
import { startPipedrive } from '../harness/pipedrive.ts'
import { keyOf } from '../harness/pipedrive-fields.ts'
import { app, connected, failureOf, settingsOf } from './pipedrive-bench.ts'
import { testWire } from './wire.ts'

const basic = (password: string) => `Basic ${Buffer.from(`tend:${password}`).toString('base64')}`

const subject: Subject = {
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
}

conforms(subject)

conforms({
  ...subject,
  settings: ({ url }) => ({ ...app, url, login_url: url, webhook_password: 'hook-secret' }),
  vault: { refresh_token: 'first-refresh-token' },
  secrets: ['app-secret', 'first-refresh-token', 'access-token-number-1', 'hook-secret'],
  can: { ...subject.can, renews: true, calls: [...subject.can.calls] },
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

test('a burst waits for seconds, the end of the day’s tokens for an hour, and a wall is no refusal', async t => {
  const { server, crm } = await connected(t)
  const read = () => crm.get('persons', ['1'], [])
  await crm.describe()
  const over = (headers: Record<string, string>) =>
    server.answer({ status: 429, body: { success: false }, headers })
  over({ 'x-ratelimit-reset': '2' })
  assert.equal((await failureOf(read())).retryAfterMs, 2_000)
  over({ 'retry-after': '1', 'x-daily-ratelimit-token-remaining': '0' })
  assert.equal((await failureOf(read())).retryAfterMs, 3_600_000)
  server.answer({ status: 403, body: '<html>Sorry, you have been blocked</html>' })
  const { kind, code } = await failureOf(read())
  assert.deepEqual([kind, code], ['throttle', 'blocked'])
  server.answer({ status: 402, body: { success: false, error: 'Company account is not open' } })
  assert.equal((await failureOf(read())).kind, 'auth')
})

test('who signed in by the browser is let in, and the token goes to no stranger', async t => {
  const { server, settings, crm } = await connected(t, { ...app })
  const wire = testWire(server.url)
  const ask = { redirectUri: 'https://tend.example/crm/signed-in', state: 'sealed', challenge: 'none' }
  const to = new URL(pipedrive.oauth?.authorizeUrl({ ...settings, login_url: server.url }, ask) ?? '')
  assert.deepEqual([to.pathname, to.searchParams.get('client_id')], ['/oauth/authorize', 'app'])
  assert.equal((await failureOf(crm.test())).kind, 'auth', 'nobody has signed in yet')
  const exchange = async () =>
    await pipedrive.oauth?.exchange(
      { ...settings, login_url: server.url },
      { code: 'code-of-the-day', verifier: 'none', redirectUri: ask.redirectUri },
      wire,
    )
  assert.equal((await failureOf(exchange())).kind, 'auth', 'a code that was not given')
  server.allow('code-of-the-day')
  const kept = (await exchange()) ?? {}
  assert.equal(kept.api_domain, server.url)
  await wire.vault.change(async () => kept)
  const mine = pipedrive.connect({ ...settings, login_url: server.url }, wire)
  assert.equal((await mine.test()).user?.name, 'Olga Owner')
  server.answer({
    status: 200,
    body: { access_token: 'a', refresh_token: 'b', api_domain: 'http://evil.example' },
  })
  assert.equal((await failureOf(exchange())).code, 'no_token')
})
