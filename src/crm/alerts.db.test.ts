import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fastify from 'fastify'
import { createUser, systemActor } from '#access/users.ts'
import { append, load } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { engineModule } from '#engine/module.ts'
import { startWorker, type Worker } from '#engine/worker.ts'
import { createClock, moveClock } from '#platform/clock.ts'
import { readConfig } from '#platform/config.ts'
import { inTransaction, many, one, sql } from '#platform/db/db.ts'
import { createEgress } from '#platform/egress.ts'
import { newId } from '#platform/ids.ts'
import { createLog } from '#platform/log.ts'
import { createMetrics } from '#platform/metrics.ts'
import { createSecrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { until } from '../../tests/harness/until.ts'
import { createRule, publishRule, setRuleStatus } from './alert-rules.ts'
import { type AlertDefinition, definitionSchema } from './alerts/definition.ts'
import { pastOf } from './alerts/preview.ts'
import { sendDigests } from './alerts.loop.ts'
import { alertsReactor } from './alerts.reactor.ts'
import { alertsStreet } from './alerts.street.ts'
import { listHandoffs } from './feed.sql.ts'
import { acceptLead, returnLead } from './feed.ts'

const clock = createClock()
const advance = (ms: number) => moveClock(base.db, clock, new Date(clock.now().getTime() + ms))

let base: TestDatabase
let services: Services
let worker: Worker
const users: Record<string, string> = {}

before(async () => {
  base = await testDatabase()
  const config = readConfig({
    TEND_DATA_DIR: mkdtempSync(join(tmpdir(), 'tend-alerts-')),
    TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    TEND_LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  })
  const parts = {
    config,
    db: base.db,
    databaseUrl: base.url,
    clock,
    log: createLog(config.logLevel),
    secrets: createSecrets(config),
    egress: createEgress(config.egressAllow),
    metrics: createMetrics(),
  }
  // Alerts start no jobs; a test that does is told by a crash.
  services = parts as unknown as Services
  worker = await startWorker({
    services,
    reactors: [alertsReactor],
    log: { load, append },
    options: { idleMs: 50, backOffMs: [20, 40, 60] },
  })
  for (const name of ['Olga', 'Sara', 'Marek', 'Lena']) {
    const user = { name, email: `${name.toLowerCase()}@tend.example`, role: 'sales' as const }
    users[name] = (await createUser(base.db, systemActor, user)).id
  }
})
after(async () => {
  await worker?.stop()
  await base?.stop()
})

const day = 86_400_000
const user = (name: string) => users[name] ?? ''
const past = () => new Date(Date.now() + 90 * day).toISOString().slice(0, 10)

async function contact(traits: Record<string, unknown>): Promise<string> {
  const email = `c${newId()}@example.com`
  const now = services.clock.now()
  return inTransaction(base.db, async trx => {
    const [found] = await resolve(trx, [{ email, trust: 'server' as const }], { now })
    const contactId = found?.contactId ?? ''
    await record(trx, await upsertContacts(trx, [{ contactId, email, traits }], { now, source: 'a test' }))
    return contactId
  })
}

async function settle(): Promise<void> {
  await until(async () => (await engineModule.pending?.(base.db, services.clock.now())) === 0, {
    timeoutMs: 60_000,
    words: 'the worker',
  })
}

async function look(
  contactId: string,
  path: string,
  more: Record<string, unknown> = {},
  at?: Date,
): Promise<void> {
  const event = {
    contactId,
    type: 'page.viewed',
    at: at ?? services.clock.now(),
    data: { path, title: path, ...more },
  }
  await inTransaction(base.db, trx => record(trx, [event]))
  await settle()
}

async function live(draft: Partial<AlertDefinition>): Promise<{ id: string; stop(): Promise<void> }> {
  const definition = definitionSchema.parse({
    message: 'looks at the prices',
    to: { fallbackUserId: user('Olga') },
    ...draft,
  })
  const { id, version } = await createRule(services, systemActor, { name: 'Hot page', draft: definition })
  const steward = { ownerId: user('Olga'), reviewOn: past() }
  const rule = await publishRule(services, systemActor, id, { version, ...steward })
  return {
    id,
    async stop() {
      await setRuleStatus(services, systemActor, id, { version: rule.version, status: 'archived' })
    },
  }
}

type Message = {
  recipient: string
  channel: string
  notBefore: Date
  payload: { subject: string; text: string; body?: object }
}
function messages(contactId: string): Promise<Message[]> {
  return many(
    base.db,
    sql`select recipient, channel, not_before as "notBefore", payload from outreach.message
      where contact_id = ${contactId}::bigint and class = 'alert' order by id`,
  )
}
const prices = { on: 'page' as const, path: '/pricing', match: 'starts_with' as const }

test('a look at the prices tells the owner once, with what the person did, and nothing tells of a bot', async () => {
  const rule = await live({ trigger: prices })
  const ann = await contact({
    first_name: 'Ann',
    last_name: '<Lee>',
    company: 'Acme',
    owner_id: user('Sara'),
  })
  await look(ann, '/pricing', { bot: true })
  assert.deepEqual(await messages(ann), [])
  await look(ann, '/docs')
  await look(ann, '/pricing/teams')
  await look(ann, '/pricing/teams')
  const told = await messages(ann)
  assert.equal(told.length, 1)
  const [mail] = told
  assert.equal(mail?.recipient, 'sara@tend.example')
  assert.match(mail?.payload.subject ?? '', /Ann <Lee>: looks at the prices/)
  assert.match(mail?.payload.text ?? '', /looked at the page “\/docs”/)
  assert.match(mail?.payload.text ?? '', /\/alert\//)
  await rule.stop()
})

test('without an owner the team takes turns, by rules where they say so, and only then the fallback is told', async () => {
  const turns = await live({
    trigger: prices,
    to: { owner: true, team: { by: 'turns', userIds: [user('Marek'), user('Lena')] }, fallbackUserId: null },
  })
  const people = [await contact({}), await contact({}), await contact({})]
  for (const id of people) await look(id, '/pricing')
  const told = await Promise.all(people.map(async id => (await messages(id))[0]?.recipient))
  assert.deepEqual(told, ['marek@tend.example', 'lena@tend.example', 'marek@tend.example'])
  await turns.stop()
  const german = { type: 'field' as const, field: 'country', op: 'is' as const, value: 'DE' }
  const rules = await live({
    trigger: prices,
    to: {
      owner: true,
      team: { by: 'rules', rules: [{ filter: german, userId: user('Lena') }] },
      fallbackUserId: user('Olga'),
    },
  })
  const [there, elsewhere] = [await contact({ country: 'DE' }), await contact({ country: 'FR' })]
  await look(there, '/pricing')
  await look(elsewhere, '/pricing')
  assert.equal((await messages(there))[0]?.recipient, 'lena@tend.example')
  assert.equal((await messages(elsewhere))[0]?.recipient, 'olga@tend.example')
  await rules.stop()
})

test('Slack and Teams are told in their own form, and names cannot speak for us', async () => {
  const url = 'https://hooks.example.com'
  const rule = await live({
    trigger: prices,
    channels: { email: false, slackUrl: `${url}/slack`, teamsUrl: `${url}/teams`, crmTask: true },
  })
  const eve = await contact({ first_name: '<!channel>', last_name: '[x](http://evil.example)' })
  await look(eve, '/pricing')
  const [slack, teams] = await messages(eve)
  assert.equal(slack?.recipient, `${url}/slack`)
  assert.doesNotMatch(JSON.stringify(slack?.payload.body), /<!channel>/)
  const card = JSON.stringify(teams?.payload.body)
  assert.match(card, /"type":"message"/)
  assert.match(card, /AdaptiveCard/)
  assert.doesNotMatch(card, /[^\\]\]\(http/)
  await rule.stop()
})

test('a sleeper wakes the rule, somebody who was here yesterday does not', async () => {
  const rule = await live({ trigger: { on: 'sleeper', days: 60 } })
  const now = services.clock.now().getTime()
  const [sleeper, regular, stranger] = [await contact({}), await contact({}), await contact({})]
  await look(sleeper, '/', {}, new Date(now - 90 * day))
  await look(regular, '/', {}, new Date(now - 90 * day))
  await look(regular, '/', {}, new Date(now - 40 * day))
  for (const id of [sleeper, regular, stranger]) await look(id, '/')
  assert.equal((await messages(sleeper)).length, 1)
  assert.equal((await messages(regular)).length, 0)
  assert.equal((await messages(stranger)).length, 0)
  const preview = await pastOf(services, definitionSchema.parse({ trigger: { on: 'sleeper', days: 60 } }))
  assert.equal(preview.times, 1)
  await rule.stop()
})

test('while nobody answers the next one is told and gets the lead; the signed link ends it', async () => {
  const rule = await live({
    trigger: prices,
    escalation: { afterMinutes: 30, userIds: [user('Marek'), user('Lena')] },
  })
  const ann = await contact({ first_name: 'Ann', owner_id: user('Sara') })
  await look(ann, '/pricing')
  await advance(31 * 60_000)
  await settle()
  const [, second] = await messages(ann)
  assert.equal(second?.recipient, 'marek@tend.example')
  assert.match(second?.payload.text ?? '', /Sara has not answered for 30 minutes/)
  const mine = await listHandoffs(base.db, { userId: user('Marek'), state: 'open', before: null, limit: 200 })
  assert.ok(mine.some(lead => lead.contactId === ann))
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const street = fastify({ routerOptions: { maxParamLength: 500 } })
  await street.register(async scope => alertsStreet(scope, services))
  const path = /\/alert\/[\w-]+/.exec(second?.payload.text ?? '')?.[0] ?? ''
  assert.match((await street.inject({ url: path })).body, /Nobody has said yet/)
  assert.match((await street.inject({ url: path })).body, /Nobody has said yet/)
  assert.match(
    (await street.inject({ method: 'POST', url: path, payload: '', headers: form })).body,
    /Marek looks after this/,
  )
  assert.equal((await street.inject({ url: `${path}x` })).statusCode, 404)
  await street.close()
  await advance(40 * 60_000)
  await settle()
  assert.equal((await messages(ann)).length, 2)
  await rule.stop()
})

test('a digest gathers what came in the night, and leaves out what was answered', async () => {
  const rule = await live({ trigger: prices, digest: 'daily', digestAt: '08:00' })
  const [ann, ben, cy] = [
    await contact({ first_name: 'Ann', owner_id: user('Lena') }),
    await contact({ first_name: 'Ben', owner_id: user('Lena') }),
    await contact({ first_name: 'Cy', owner_id: user('Lena') }),
  ]
  for (const id of [ann, ben, cy]) await look(id, '/pricing')
  assert.equal(await sendDigests(services), 0)
  const lead = await one<{ id: string }>(
    base.db,
    sql`select id from crm.handoff where contact_id = ${cy}::bigint`,
  )
  const actor = { ...systemActor, kind: 'user' as const, id: user('Lena'), name: 'Lena' }
  await acceptLead(base.db, actor, { contactId: cy, id: lead.id }, services.clock.now())
  await advance(day)
  assert.equal(await sendDigests(services), 1)
  const told = (await Promise.all([ann, ben, cy].map(messages))).flat()
  assert.equal(told.length, 1)
  assert.equal(told[0]?.payload.subject, '2 leads are waiting for you')
  assert.equal(await sendDigests(services), 0)
  await rule.stop()
})

test('sales accepts or returns a lead, and the story of the contact tells it', async () => {
  const rule = await live({ trigger: prices, coolDownHours: 0 })
  const [ann, ben] = [await contact({ first_name: 'Ann' }), await contact({ first_name: 'Ben' })]
  const actor = { ...systemActor, kind: 'user' as const, id: user('Sara'), name: 'Sara' }
  for (const id of [ann, ben]) await look(id, '/pricing')
  const leadOf = (id: string) =>
    many<{ id: string; state: string }>(
      base.db,
      sql`select id, state from crm.handoff where contact_id = ${id}::bigint order by id`,
    )
  const [first] = await leadOf(ann)
  const [second] = await leadOf(ben)
  const now = services.clock.now()
  await acceptLead(base.db, actor, { contactId: ann, id: first?.id ?? '' }, now)
  const returned = { reason: 'bad_timing' as const, note: 'next year' }
  await returnLead(base.db, actor, { contactId: ben, id: second?.id ?? '' }, returned, now)
  await settle()
  for (const id of [ann, ben]) await look(id, '/pricing')
  // Who was accepted is not asked for again; who was returned comes back with the next sign of life.
  assert.deepEqual(
    (await leadOf(ann)).map(lead => lead.state),
    ['accepted'],
  )
  assert.deepEqual(
    (await leadOf(ben)).map(lead => lead.state),
    ['returned', 'open'],
  )
  const { ownerId } = await one<{ ownerId: string }>(
    base.db,
    sql`select owner_id as "ownerId" from audience.contact where id = ${ann}::bigint`,
  )
  assert.equal(ownerId, user('Sara'))
  const events = await many<{ type: string }>(
    base.db,
    sql`select type from activity.event where contact_id in (${ann}::bigint, ${ben}::bigint) and type like 'handoff.%' order by at, id`,
  )
  const types = events.map(event => event.type).sort()
  assert.deepEqual(types, [
    'handoff.accepted',
    'handoff.requested',
    'handoff.requested',
    'handoff.requested',
    'handoff.returned',
  ])
  await rule.stop()
})
