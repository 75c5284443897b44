// CRM sync against a CRM in memory whose every call takes 50 ms: the first load of BENCH_ROWS people (100,000 where
// nothing is said) against the time that its pages alone take; a cycle that brings and takes 1,000 changes; and how long
// somebody waits whose form is to be in the CRM while it is loading.
import { setTimeout as pause } from 'node:timers/promises'
import { changeConnection } from '../src/crm/connections.sql.ts'
import { openTown, personMap } from '../src/crm/crm.fixture.ts'
import { crmLoop } from '../src/crm/crm.loop.ts'
import { loadJob } from '../src/crm/load.jobs.ts'
import { many, sql } from '../src/platform/db/db.ts'
import { print } from './measure.ts'

const rows = Number(process.env.BENCH_ROWS ?? 100_000)
const latencyMs = 50
const page = 200
const changes = 1_000
const visits = 20

const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const town = await openTown([personMap('Contact', { createThere: true })], {
  loaded: false,
  latencyMs,
  limits: { page },
})
const { base, services, crm, connectionId } = town
crm.clock = () => Date.now() - 600_000
for (let n = 0; n < rows; n++)
  crm.add('Contact', {
    Email: `person${n}@company${n % 5000}.example`,
    FirstName: `F${n % 900}`,
    LastName: `L${n % 7000}`,
  })
crm.clock = Date.now

await changeConnection(base.db, connectionId, { loadState: 'loading' })
const stopping = new AbortController()
const holder = { id: 'bench', held: () => new Map(Array.from({ length: 64 }, (_, lane) => [lane, '1'])) }
const jobs = { start: async () => 'bench' }
const loop = crmLoop.run({ ...services, jobs } as never, stopping.signal, holder)

/** From the form to the record in the CRM. */
async function visit(n: number): Promise<number> {
  const began = performance.now()
  const email = `visitor${n}@form.example`
  await town.person({ email, first_name: 'Visitor' })
  while (!crm.living('Contact').some(row => row.values.Email === email)) await pause(50)
  return (performance.now() - began) / 1000
}

const handle = { id: '1', input: { connectionId, name: 'bench' }, cursor: null, save: async () => undefined }
const waits: number[] = []
const before = process.memoryUsage().rss
let loading = true
const visiting = (async () => {
  for (let n = 0; n < visits && loading; n++) {
    waits.push(await visit(n))
    await pause(500)
  }
})()
const load = await seconds(() => loadJob.run(handle, services))
loading = false
await visiting
stopping.abort()
await loop
const ideal = (Math.ceil(rows / page) * latencyMs) / 1000
const [linked] = await many<{ n: number }>(base.db, sql`select count(*)::int as n from crm.link`)
waits.sort((a, b) => a - b)
const p95 = waits[Math.min(Math.ceil(waits.length * 0.95), waits.length) - 1] ?? 0
const grown = (process.memoryUsage().rss - before) / 2 ** 20

await town.sync()
const people = await many<{ id: string; remoteId: string }>(
  base.db,
  sql`select local_id as id, remote_id as "remoteId" from crm.link order by remote_id limit ${changes}`,
)
for (const [i, { remoteId }] of people.slice(0, changes / 2).entries())
  crm.edit('Contact', remoteId, { LastName: `New ${i}` })
for (const [i, { id }] of people.slice(changes / 2).entries())
  await town.change(id, { job_title: `Title ${i}` })
const delta = await seconds(() => town.sync())

print([
  { figure: 'first load, people/s', value: (rows / load).toFixed(0), goal: `linked ${linked?.n}` },
  { figure: 'first load, share of what pages allow', value: (ideal / load).toFixed(2), goal: '>= 0.8' },
  {
    figure: 'interactive push while loading, p95 s',
    value: p95.toFixed(2),
    goal: `<= 5 (of ${waits.length})`,
  },
  { figure: `cycle of ${changes} changes, s`, value: delta.toFixed(2), goal: '<= 10' },
  { figure: 'memory grown while loading, MB', value: grown.toFixed(0), goal: 'flat' },
])
await town.stop()
process.exit(0)
