import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { officeRoutes } from '../../src/app.ts'
import { type Office, openOffice } from '../privacy/office.ts'

let office: Office
before(async () => {
  office = await openOffice()
})
after(() => office?.stop())

/** What must stand in a query for the question to be one. */
const queries: Record<string, string> = {
  '/api/v1/contacts/:id/export/csv': '?kind=audience.contact',
}

test('whatever is asked about something that does not exist is 404, not an empty answer', async () => {
  const below = officeRoutes().filter(route => route.method === 'GET' && route.url.includes(':'))
  assert.ok(below.length > 30)
  const wrong: string[] = []
  for (const route of below) {
    const url = route.url.replace(/:key\b/, 'no_such_key').replaceAll(/:\w+/g, '4242')
    const answer = await office.call('GET', `${url.replace('/api/v1', '')}${queries[route.url] ?? ''}`)
    // A place in an address that takes some words only refuses others as no address of ours.
    const isNoWord = answer.statusCode === 400 && !/:id\b/.test(route.url)
    if (answer.statusCode !== 404 && !isNoWord)
      wrong.push(`${route.url} answered ${answer.statusCode}: ${answer.body.slice(0, 120)}`)
  }
  assert.deepEqual(wrong, [])
})
