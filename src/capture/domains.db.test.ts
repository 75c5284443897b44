import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { get as getSecurely } from 'node:https'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { type Authority, startAuthority } from './acme.fixture.ts'
import { turn } from './domains.loop.ts'
import { verifyDomain } from './domains.ts'
import { portOf, readyDocument, reviewOn, startTown, type Town } from './pages.fixture.ts'
import { listenSecurely } from './tls.ts'

let base: TestDatabase
let town: Town
let authority: Authority
let secure: { port: number; close(): Promise<void> }

before(async () => {
  base = await testDatabase()
  town = await startTown(base, {
    TEND_STREET_TLS_PORT: '1',
    TEND_ACME_DIRECTORY: 'http://127.0.0.1:1/directory',
    TEND_ACME_EMAIL: 'ops@tend.example',
  })
  authority = await startAuthority(portOf(town.street))
  town.services = {
    ...town.services,
    config: { ...town.services.config, acmeDirectory: authority.directory },
  }
  secure = await listenSecurely(town.street, town.services, { host: '127.0.0.1', port: 0 })
})

after(async () => {
  await secure.close()
  await authority.close()
  await town.stop()
  await base.stop()
})

type Domain = {
  id: string
  host: string
  proof: string
  status: string
  words: string | null
  certificateUntil: string | null
  tls: string
}
type Answer = { status: number; headers: IncomingMessage['headers']; body: string }

function read(response: IncomingMessage): Promise<Answer> {
  return new Promise(resolve => {
    let body = ''
    response.on('data', chunk => {
      body += chunk
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
  })
}

/** As a browser that was led here by the name. */
const visit = (host: string, path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { host, accept: 'text/html', 'user-agent': 'Firefox' }
    get({ host: '127.0.0.1', port: portOf(town.street), path, headers }, response =>
      resolve(read(response)),
    ).on('error', reject)
  })
const visitSecurely = (host: string, path: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { host, accept: 'text/html', 'user-agent': 'Firefox' }
    const to = {
      host: '127.0.0.1',
      port: secure.port,
      path,
      headers,
      servername: host,
      rejectUnauthorized: false,
    }
    getSecurely(to, response => resolve(read(response))).on('error', reject)
  })

test('a domain serves pages once it has shown to be ours, by https with a certificate of its own', async () => {
  const host = 'pages.example.com'
  const added = await town.api<Domain>('POST', '/domains', { host, tls: 'acme' })
  assert.equal(added.status, 201)
  const { id, proof } = added.body
  assert.equal((await town.api('POST', '/domains', { host: host.toUpperCase() })).status, 409)
  const made = await town.api<{ id: string; version: number }>('POST', '/pages', {
    name: 'Own',
    slug: 'own',
    document: readyDocument('Own'),
  })
  const page = made.body
  const moved = await town.api<{ version: number }>('PATCH', `/pages/${page.id}`, {
    version: page.version,
    domainId: id,
  })
  const steward = { version: moved.body.version, ownerId: town.ownerId, reviewOn: reviewOn(town.services) }
  const early = await town.api<{ fields: { path: string }[] }>('POST', `/pages/${page.id}/publish`, steward)
  assert.equal(early.status, 422)
  assert.equal(early.body.fields[0]?.path, 'domainId')

  const stranger = {
    txt: async () => [['tend-domain-of-somebody-else']],
    cname: async () => ['elsewhere.example.com'],
  }
  assert.equal((await verifyDomain(town.services, systemActor, id, stranger)).status, 'failed')
  assert.equal((await visit(host, '/.well-known/tend-domain')).body, proof)
  const asked: string[] = []
  const look = {
    cname: async () => [],
    txt: async (name: string) => {
      asked.push(name)
      return [[proof.slice(0, 20), proof.slice(20)]]
    },
  }
  assert.equal((await verifyDomain(town.services, systemActor, id, look)).status, 'verified')
  assert.deepEqual(asked, [`_tend.${host}`])
  assert.equal((await town.api('POST', `/pages/${page.id}/publish`, steward)).status, 200)
  await until(async () => (await visit(host, '/own')).status === 200)
  assert.equal((await visit('other.example.com', '/own')).status, 404)

  await assert.rejects(visitSecurely('unknown.example.com', '/own'))
  authority.refuse = true
  await turn(town.services)
  const refused = (await town.api<{ items: Domain[] }>('GET', '/domains')).body.items[0]
  assert.match(refused?.words ?? '', /not this name/)
  // It is not asked again at once.
  await turn(town.services)
  assert.equal(authority.orders, 1)
  authority.refuse = false
  const later = (hours: number) => ({
    ...town.services,
    clock: {
      ...town.services.clock,
      now: () => new Date(town.services.clock.now().getTime() + hours * 3_600_000),
    },
  })
  await turn(later(1))
  assert.equal(authority.orders, 2)
  const { body } = await town.api<{ items: Domain[] }>('GET', '/domains')
  assert.equal(body.items[0]?.words, null)
  assert.ok(body.items[0]?.certificateUntil)
  await until(async () => (await visitSecurely(host, '/own')).status === 200)
  assert.match(
    (await visitSecurely(host, '/own')).body,
    /<link rel="canonical" href="https:\/\/pages\.example\.com\/own">/,
  )
  const plain = await visit(host, '/own?a=1')
  assert.equal(plain.status, 301)
  assert.equal(plain.headers.location, `https://${host}/own?a=1`)

  await turn(later(59 * 24))
  assert.equal(authority.orders, 2)
  await turn(later(61 * 24))
  assert.equal(authority.orders, 3)
  const used = await town.api<{ code: string; detail: { pages: number } }>('DELETE', `/domains/${id}`)
  assert.equal(used.body.code, 'in_use')
  assert.equal(used.body.detail.pages, 1)
})

test('a domain that is another name of the street is ours; new pages stand on the primary one', async () => {
  const services = {
    ...town.services,
    config: { ...town.services.config, streetUrl: 'https://Street.example.net' },
  }
  const host = 'offers.example.com'
  const { body } = await town.api<Domain>('POST', '/domains', { host })
  const early = await town.api<{ code: string }>('PATCH', `/domains/${body.id}`, { isPrimary: true })
  assert.equal(early.body.code, 'wrong_status')
  const look = (name: string) => ({ txt: async () => [], cname: async () => [name] })
  const stranger = look('street.example.org')
  assert.equal((await verifyDomain(services, systemActor, body.id, stranger)).status, 'failed')
  const ours = look('STREET.example.net.')
  assert.equal((await verifyDomain(services, systemActor, body.id, ours)).status, 'verified')
  const primary = await town.api<{ isPrimary: boolean }>('PATCH', `/domains/${body.id}`, { isPrimary: true })
  assert.equal(primary.body.isPrimary, true)
  const page = await town.publish('Offer', readyDocument('Offer'), 'offer')
  assert.equal(page.url, `https://${host}/offer`)
})

test('an address on another domain leads to where the page went, and a domain goes with what is told before', async () => {
  const { items } = (
    await town.api<{ items: (Domain & { pages: number; redirects: number; drafts: number })[] }>(
      'GET',
      '/domains',
    )
  ).body
  const offers = items.find(each => each.host === 'offers.example.com')
  assert.equal(offers?.pages, 1)
  const list = await town.api<{ items: { id: string; name: string; version: number }[] }>('GET', '/pages')
  const page = list.body.items.find(each => each.name === 'Offer')
  await town.api('PATCH', `/domains/${offers?.id}`, { homePageId: page?.id })
  const refused = await town.api<{ code: string }>('POST', `/pages/${page?.id}/archive`)
  assert.equal(refused.body.code, 'in_use')
  const moved = await town.api<{ version: number; url: string }>('PATCH', `/pages/${page?.id}`, {
    version: page?.version,
    domainId: '0',
  })
  // Until it is published there, it stands where it stood.
  assert.equal(moved.body.url, 'https://offers.example.com/offer')
  const steward = { version: moved.body.version, ownerId: town.ownerId, reviewOn: reviewOn(town.services) }
  assert.equal((await town.api('POST', `/pages/${page?.id}/publish`, steward)).status, 200)
  await until(async () => (await visit('offers.example.com', '/offer?utm_source=x')).status === 301)
  const answer = await visit('offers.example.com', '/offer?utm_source=x')
  assert.equal(answer.headers.location, `${town.streetUrl}/offer?utm_source=x`)
  const before = (await town.api<{ items: { id: string; redirects: number }[] }>('GET', '/domains')).body
    .items
  assert.equal(before.find(each => each.id === offers?.id)?.redirects, 1)
  assert.equal((await town.api('DELETE', `/domains/${offers?.id}`)).status, 200)
  const archived = await town.api<{ status: string }>('POST', `/pages/${page?.id}/archive`)
  assert.equal(archived.status, 200)
})
