import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { createSource } from '#capture/sources.ts'
import { scoresOf } from '#decisions/scoring.ts'
import { listMailbox, readLetter } from '#outreach/mailbox.ts'
import { readConfig } from '#platform/config.ts'
import { many, maybeOne, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { createStreet, modules, startWork } from '../app.ts'
import { openRuntime, type Runtime } from '../runtime.ts'
import { sandboxRoutes } from '../sandbox.routes.ts'
import { seedDemo } from './seed.ts'

// The whole story on the real thing: intake, engine, scores, workflows, mail, clicks, alerts.

let base: TestDatabase
let runtime: Runtime
let services: Services
let home: string
let writeKey: string
const closers: (() => Promise<unknown>)[] = []

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

before(async () => {
  base = await testDatabase()
  home = mkdtempSync(join(tmpdir(), 'tend-story-'))
  const port = await freePort()
  const config = readConfig({
    DATABASE_URL: base.url,
    TEND_DATA_DIR: home,
    TEND_STREET_PORT: String(port),
    TEND_LOG_LEVEL: 'error',
  })
  runtime = await openRuntime(config)
  services = runtime.services
  await seedDemo(services, () => undefined)
  closers.push((await startWork(services)).stop)
  const street = await createStreet(services)
  await street.listen({ host: '127.0.0.1', port })
  closers.push(() => street.close())
  const now = services.clock.now()
  writeKey = (await createSource(services.db, { name: 'Story', type: 'server', now })).writeKey
})

after(async () => {
  for (const close of closers.reverse()) await close()
  await runtime?.close()
  await base?.stop()
  if (home) rmSync(home, { recursive: true, force: true })
})

async function send(call: string, body: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${services.config.streetUrl}/v1/${call}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
    },
    body: JSON.stringify({ userId: 'ann-1', ...body }),
  })
  assert.ok(answer.ok, `${call} answered ${answer.status}: ${await answer.text()}`)
}

/** Moves the clock as the API does, and waits as long as the API does. */
async function advance(length: string): Promise<void> {
  const move = sandboxRoutes(modules).find(route => route.method === 'POST')
  const given = { params: {}, query: {}, body: { advance: length }, actor: systemActor }
  await move?.handle(given as Parameters<NonNullable<typeof move>['handle']>[0], services)
}

const mailbox = (to: string) => listMailbox(services.db, { to, before: null, limit: 20 })

async function standing(contactId: string): Promise<string[]> {
  const rows = await many<{ place: string }>(
    services.db,
    sql`
    select w.name || ': ' || e.node || ' ' || e.status as place from workflows.enrolment e
    join workflows.workflow w on w.id = e.workflow_id where e.contact_id = ${contactId}::bigint order by e.id`,
  )
  return rows.map(row => row.place)
}

test('a stranger downloads a paper, gets the follow-up, clicks, looks at prices, and sales hears of it', async () => {
  const email = 'ann.arbor@story.example'
  await send('identify', { traits: { email, firstName: 'Ann', lastName: 'Arbor', marketing_consent: true } })
  await send('track', { event: 'Whitepaper Downloaded', properties: { paper: 'Lead scoring in practice' } })
  const contact = await until(
    () => maybeOne<{ id: string }>(services.db, sql`select id from audience.contact where email = ${email}`),
    { words: 'the contact' },
  )
  await advance('P3D')
  const [letter, ...more] = await mailbox(email)
  assert.ok(letter, 'the follow-up is in the mailbox')
  assert.equal(more.length, 0)
  assert.match(letter.subject, /^Ann, /)
  const link = (await readLetter(services.db, letter.id))?.links.find(each => each.url.includes('/c/'))
  assert.ok(link, 'the letter has a tracked link')
  const agent =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'
  const clicked = await fetch(link.url, { redirect: 'manual', headers: { 'user-agent': agent } })
  assert.ok(clicked.status >= 300 && clicked.status < 400, `the click was answered with ${clicked.status}`)
  await advance('PT5M')
  const scores = (await scoresOf(services.db, [contact.id], services.clock.now())).get(contact.id)
  assert.ok(
    [...(scores?.values() ?? [])].some(score => score >= 50),
    `scores are ${[...(scores?.values() ?? [])]}`,
  )
  assert.deepEqual(await standing(contact.id), [
    'White paper follow-up: ready done',
    'Evaluation track: prices active',
  ])
  await send('page', {
    name: 'Pricing',
    properties: { url: 'https://www.tend.example/pricing', path: '/pricing' },
  })
  await advance('PT5M')
  assert.equal((await standing(contact.id))[1], 'Evaluation track: done done')
  const alert = (await mailbox('sara.bell@tend.example')).find(mail => mail.contactId === contact.id)
  assert.match(alert?.subject ?? '', /Ann Arbor/)
  const hooks = await mailbox('https://hooks.tend.example/sales')
  assert.ok(
    hooks.some(hook => hook.contactId === contact.id),
    'the webhook was told',
  )
})

test('a second download changes nothing: once per contact', async () => {
  const before = await many(services.db, sql`select id from workflows.enrolment`)
  await send('track', { event: 'Whitepaper Downloaded', properties: {} })
  await advance('PT1M')
  assert.equal((await many(services.db, sql`select id from workflows.enrolment`)).length, before.length)
})

test('the demo is made once', async () => {
  const count = () => many(services.db, sql`select id from workflows.workflow`)
  const before = await count()
  await seedDemo(services, () => assert.fail('nothing is to be said'))
  assert.equal((await count()).length, before.length)
})
