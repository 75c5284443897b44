import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { listJobs } from '#platform/jobs.ts'
import { until } from '../../tests/harness/until.ts'
import { type Office, openOffice } from '../../tests/privacy/office.ts'
import { companySorts, countCompanies } from './companies.ts'
import { countQuality } from './quality.ts'

let office: Office
before(async () => {
  office = await openOffice()
  const { services } = office.runtime
  await services.jobs.work([countCompanies, countQuality], services)
})
after(() => office.stop())

const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await office.call(method, path, body)
  assert.ok(answer.statusCode < 300, `${path}: ${answer.statusCode} ${answer.body}`)
  return answer.json()
}
const jobsDone = () =>
  until(async () => (await listJobs(office.base.db)).every(job => job.state === 'done'), {
    timeoutMs: 20_000,
  })
type Company = { id: string; name: string; people: number; engaged: number }

test('companies are counted from their people, and paged in every order', async () => {
  const make = (name: string) => ask<Company>('POST', '/companies', { name })
  const companies = [await make('Acme'), await make('Beta'), await make('Core')]
  for (const [i, company] of companies.entries())
    for (let n = 0; n < i; n++)
      await ask('POST', '/contacts', { email: `p${i}${n}@example.org`, companyId: company.id })
  await office.base.pool.query(
    `insert into activity.event (contact_id, at, id, received_at, depth, type, name, data)
     select id, now() - interval '1 hour', id, now(), 0, 'page.viewed', 'Pricing', '{}' from audience.contact
     where email = 'p20@example.org'`,
  )
  await ask('POST', '/companies/counted')
  await jobsDone()
  const named: Record<string, string> = {}
  for (const sort of companySorts) {
    const seen: string[] = []
    let next: string | null = null
    do {
      const query: string = `sort=${sort}&limit=1${next ? `&cursor=${next}` : ''}`
      const page: { items: Company[]; next: string | null } = await ask('GET', `/companies?${query}`)
      seen.push(...page.items.map(company => company.name))
      next = page.next
    } while (next)
    named[sort] = seen.join()
  }
  assert.deepEqual(
    [named.name, named.people, named.engaged],
    ['Acme,Beta,Core', 'Core,Beta,Acme', 'Core,Beta,Acme'],
  )
  assert.deepEqual(named.activity?.slice(0, 4), 'Core')
  const standing = await ask<Company>('GET', `/companies/${companies[2]?.id}/standing`)
  assert.deepEqual([standing.people, standing.engaged], [2, 1])
})

test('companies are found by who works there, and by how many', async () => {
  const named = async (filter: unknown) => {
    const query = `filter=${encodeURIComponent(JSON.stringify(filter))}`
    const page = await ask<{ items: Company[] }>('GET', `/companies?${query}`)
    return page.items.map(company => company.name).join()
  }
  const somebody = { type: 'field', field: 'email', op: 'starts_with', value: 'p2' }
  assert.equal(await named(somebody), 'Core')
  assert.equal(await named({ type: 'company_people', op: 'at_least', value: 2 }), 'Core')
  assert.equal(await named({ type: 'company_people', op: 'less_than', value: 2 }), 'Beta')
  const few = await ask<{ items: Company[] }>('GET', '/companies?minPeople=1&engagedOnly=true')
  assert.deepEqual(
    few.items.map(company => company.name),
    ['Core'],
  )
  assert.equal((await office.call('GET', '/companies?filter={"type":"magic"}')).statusCode, 422)
})

test('addresses in any text put their people on a list; strangers are named and only then created', async () => {
  const { id } = await ask<{ id: string }>('POST', '/lists', { name: 'Pasted' })
  const text = 'Ann <P10@example.org>; new.one@example.org, nobody@nowhere'
  type Pasted = { added: number; already: number; created: number; unknown: string[]; broken: string[] }
  const first = await ask<Pasted>('POST', `/lists/${id}/paste`, { text })
  assert.deepEqual(
    [first.added, first.unknown, first.broken],
    [1, ['new.one@example.org'], ['nobody@nowhere']],
  )
  const second = await ask<Pasted>('POST', `/lists/${id}/paste`, { text, create: true })
  assert.deepEqual([second.added, second.already, second.created], [1, 1, 1])
})

test('what is missing is counted, and those behind a number are the ones that were counted', async () => {
  await ask('POST', '/contacts', { email: 'gone@mailinator.com', firstName: 'Gone' })
  await ask('POST', '/data-quality/count')
  await jobsDone()
  type Quality = { total: number; findings: { name: string; count: number }[] }
  const quality = await ask<Quality>('GET', '/data-quality')
  for (const { name, count } of quality.findings) {
    const behind = await ask<{ items: unknown[] }>('GET', `/data-quality/${name}/contacts`)
    assert.equal(behind.items.length, count, name)
  }
  assert.equal(quality.findings.find(({ name }) => name === 'disposable_address')?.count, 1)
})

test('a view is its owner’s until it is shared, and only builders share', async () => {
  const view = {
    screen: 'contacts',
    name: 'Mine',
    definition: { filter: null, columns: ['email'], sort: 'name' },
  }
  const mine = await ask<{ id: string; version: number }>('POST', '/views', view)
  const seenBy = async (role: 'sales' | 'viewer') =>
    (await office.as(role, 'GET', '/views')).json().items.map((each: { name: string }) => each.name)
  assert.deepEqual(await seenBy('sales'), [])
  assert.equal(
    (await office.as('sales', 'PATCH', `/views/${mine.id}`, { version: 1, name: 'x' })).statusCode,
    404,
  )
  await ask('PATCH', `/views/${mine.id}`, { version: 1, shared: true })
  assert.deepEqual(await seenBy('sales'), ['Mine'])
  assert.equal((await office.as('sales', 'DELETE', `/views/${mine.id}`)).statusCode, 403)
  assert.equal((await office.as('sales', 'POST', '/views', { ...view, shared: true })).statusCode, 403)
  assert.equal((await office.call('PATCH', `/views/${mine.id}`, { version: 1, name: 'x' })).statusCode, 409)
})
