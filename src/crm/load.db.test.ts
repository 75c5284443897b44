import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemActor } from '#access/users.ts'
import { many, one, sql } from '#platform/db/db.ts'
import { type Jobs, openJobs } from '#platform/jobs.ts'
import { until } from '../../tests/harness/until.ts'
import { getConnection } from './connections.sql.ts'
import { openTown, personMap, type Town } from './crm.fixture.ts'
import { checkJob, loadJob } from './load.jobs.ts'
import { acceptReport, startCheck } from './load.ts'
import { objectMapSchema } from './mapping.ts'

let town: Town
let jobs: Jobs
const fieldsOf = (pairs: [string, string][]) =>
  pairs.map(([local, remote]) => ({ local, remote, rule: 'crm' as const }))
const objects = [
  objectMapSchema.parse({
    kind: 'company',
    remote: 'Account',
    matchKeys: ['domain', 'name'],
    fields: fieldsOf([
      ['name', 'Name'],
      ['domain', 'Website'],
      ['attrs.industry', 'Industry'],
    ]),
  }),
  personMap('Contact', { createThere: true }),
  personMap('Lead'),
  objectMapSchema.parse({
    kind: 'deal',
    remote: 'Deal',
    fields: fieldsOf([
      ['name', 'Name'],
      ['stage', 'Stage'],
      ['status', 'Status'],
      ['amount', 'Amount'],
      ['company_id', 'Account'],
    ]),
  }),
  objectMapSchema.parse({
    kind: 'task',
    remote: 'Task',
    createThere: true,
    fields: fieldsOf([['subject', 'Subject']]),
  }),
]
const people = 900

before(async () => {
  town = await openTown(objects, { loaded: false, limits: { page: 100 } })
  jobs = await openJobs(town.services.databaseUrl, () => undefined)
  Object.assign(town.services, { jobs })
  await jobs.work([checkJob, loadJob], town.services)
})
after(async () => {
  await jobs?.close()
  await town?.stop()
})

const row = () => getConnection(town.base.db, town.connectionId)
const count = (query: ReturnType<typeof sql<{ n: number }>>) => one<{ n: number }>(town.base.db, query)

test('a dry run reads everything, writes nothing and says what loading would do', async () => {
  const { crm } = town
  const account = crm.add('Account', {
    Name: 'Acme',
    Website: 'https://www.acme.example/',
    Industry: 'Anvils',
  })
  for (let i = 0; i < people; i++)
    crm.add('Contact', { Email: `person${i}@example.org`, FirstName: `F${i}`, LastName: 'CRM' })
  crm.add('Contact', { LastName: 'Without an address' })
  const deal = crm.add('Deal', {
    Name: 'Big',
    Stage: 'Offer',
    Status: 'open',
    Amount: 1200,
    Account: account,
  })
  crm.roleRows.push({
    dealId: deal,
    person: { type: 'Contact', id: [...crm.table('Contact').keys()][0] ?? '' },
    role: 'Decision maker',
    primary: true,
  })
  for (let i = 0; i < 20; i++)
    await town.person({ email: `person${i}@example.org`, first_name: `Other ${i}` })
  for (let i = 0; i < 5; i++) await town.person({ email: `only-here${i}@example.org` })
  await startCheck(town.services, systemActor, town.connectionId)
  await until(async () => (await row()).loadState === 'report', { timeoutMs: 60_000 })
  const { loadReport } = await row()
  const contacts = loadReport?.objects.find(each => each.remote === 'Contact')
  assert.deepEqual(
    [
      contacts?.records,
      contacts?.matched,
      contacts?.createHere,
      contacts?.leftOut,
      contacts?.conflicts,
      contacts?.createThere,
    ],
    [people + 1, 20, people - 20, 1, 20, 5],
  )
  assert.equal(loadReport?.objects.find(each => each.remote === 'Task')?.createThere, 0, 'no task is made')
  assert.ok(loadReport?.examples.some(example => example.what === 'conflict'))
  assert.deepEqual(await count(sql`select count(*)::int as n from crm.link`), { n: 0 })
  assert.deepEqual(await count(sql`select count(*)::int as n from audience.contact`), { n: 25 })
  assert.equal(crm.writes, 0)
})

test('the accepted load goes on after it was cut off, mutes what it brings, and makes nobody twice', async () => {
  const { crm } = town
  let calls = 0
  crm.fault = what => {
    if (what === 'changes' && ++calls === 5) throw new Error('the program died')
    return null
  }
  const report = (await row()).loadReport?.at ?? ''
  await assert.rejects(acceptReport(town.services, systemActor, { id: town.connectionId, reportAt: 'older' }))
  const { jobId } = await acceptReport(town.services, systemActor, {
    id: town.connectionId,
    reportAt: report,
  })
  const stateOf = async () =>
    (
      await many<{ state: string }>(
        town.base.db,
        sql`select state from platform.job where id = ${jobId}::bigint`,
      )
    )[0]?.state
  await until(async () => (await stateOf()) === 'failed', { timeoutMs: 60_000 })
  await jobs.resume(town.base.db, jobId)
  await until(async () => (await row()).loadState === 'done', { timeoutMs: 60_000 })
  await town.sync()
  assert.deepEqual(await count(sql`select count(*)::int as n from audience.contact`), { n: people + 5 })
  assert.equal(crm.living('Contact').length, people + 1 + 5)
  const events = await many<{ muted: boolean; n: number }>(
    town.base.db,
    sql`
    select coalesce((data ->> 'muted')::boolean, false) as muted, count(*)::int as n from activity.event
    where type = 'contact.created' and data ->> 'source' like 'CRM%' group by 1`,
  )
  assert.deepEqual(events, [{ muted: true, n: people - 20 }])
  assert.equal(crm.calls.filter(call => call.what === 'find').length > 0, true)
})

test('deals come with company, amount, history and parts, and tell the people who have one', async () => {
  const { crm } = town
  const [dealId] = [...crm.table('Deal').keys()]
  crm.edit('Deal', dealId ?? '', { Stage: 'Closed', Status: 'won', Amount: 1500 })
  await town.sync()
  const [deal] = await many<{
    stage: string
    status: string
    amount: string
    company: string
    steps: number
  }>(
    town.base.db,
    sql`
    select d.stage, d.status, d.amount::text as amount, c.domain as company,
      (select count(*)::int from crm.deal_step s where s.deal_id = d.id) as steps
    from crm.deal d join audience.company c on c.id = d.company_id`,
  )
  assert.deepEqual(deal, {
    stage: 'Closed',
    status: 'won',
    amount: '1500',
    company: 'acme.example',
    steps: 2,
  })
  const events = await many<{ type: string; muted: boolean }>(
    town.base.db,
    sql`select type, data ? 'muted' as muted from activity.event where type like 'deal.%' order by at, id`,
  )
  assert.deepEqual(events, [
    { type: 'deal.stage_changed', muted: true },
    { type: 'deal.stage_changed', muted: false },
    { type: 'deal.won', muted: false },
  ])
})
