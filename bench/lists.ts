// The list of contacts at a million: any filter, any order, any page. Server time of the whole route, from the
// request to the answer, on a warm database.
import { randomBytes } from 'node:crypto'
import { createKey } from '#access/api-keys.ts'
import { systemActor } from '#access/users.ts'
import { one, run, sql } from '#platform/db/db.ts'
import { openDatabase, patientMs } from '#platform/db/pool.ts'
import { createOffice } from '../src/app.ts'
import { openPlace } from './engine/place.ts'
import { percentile, print } from './measure.ts'
import { fillCrowd } from './segments/crowd.ts'

const size = Number(process.env.BENCH_CONTACTS ?? 1_000_000)
const asks = Number(process.env.BENCH_ROUNDS ?? 12)
const goalMs = 150
process.env.TEND_SECRET_KEY ??= randomBytes(32).toString('base64')
const place = await openPlace()
const { db, clock } = place.services
const office = await createOffice(place.services)

const field = (name: string, op: string, value?: unknown) => ({ type: 'field', field: name, op, value })
const filters: Record<string, unknown> = {
  'no filter': null,
  'country is DE': field('country', 'is', 'de'),
  'title contains sales, 20 seats': {
    all: [field('job_title', 'contains', 'sales'), field('attrs.seats', 'at_least', 20)],
  },
  'city is one of 500': field('attrs.city', 'is', 'City 7'),
  'one person': field('email', 'is', `person${Math.floor(size / 2)}@example.com`),
  nobody: field('attrs.note', 'is', 'there is no such note'),
  'on a list of 1 in 1,000': { type: 'list', listId: '77', in: true },
}
const sorts = ['created', 'updated', 'email', 'name']

type Page = { items: unknown[]; next: string | null }
async function read(key: string, query: Record<string, string>): Promise<{ ms: number; page: Page }> {
  const start = performance.now()
  const answer = await office.inject({
    url: `/api/v1/contacts?${new URLSearchParams(query)}`,
    headers: { authorization: `Bearer ${key}` },
  })
  const ms = performance.now() - start
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body}`)
  return { ms, page: answer.json() }
}

async function rowOf(key: string, name: string, filter: unknown) {
  const times: number[] = []
  const about: Record<string, string> = filter === null ? {} : { filter: JSON.stringify(filter) }
  for (const sort of sorts) {
    let cursor: string | null = null
    for (let i = 0; i < asks; i++) {
      const { ms, page } = await read(key, { ...about, sort, ...(cursor ? { cursor } : {}) })
      times.push(ms)
      cursor = page.next
    }
  }
  return { name, times }
}

try {
  const patient = openDatabase(place.url, { max: 2, silenceMs: patientMs })
  await fillCrowd(patient.db, size, clock.now())
  await run(
    patient.db,
    sql`insert into audience.list_member (contact_id, list_id, added_at)
      select id, 77, ${clock.now()} from audience.contact where (id / 4096) % 1000 = 0`,
  )
  await run(patient.db, sql`vacuum analyze audience.list_member`)
  await patient.close()
  const { key } = await createKey(db, systemActor, { name: 'bench', role: 'admin' })
  const { n } = await one<{ n: number }>(db, sql`select count(*)::int as n from audience.contact`)
  const rows = []
  const all: number[] = []
  for (const [name, filter] of Object.entries(filters)) {
    const { times } = await rowOf(key, name, filter)
    all.push(...times)
    rows.push({
      'contact list': name,
      pages: times.length,
      'p50 ms': percentile(times, 0.5).toFixed(1),
      'p95 ms': percentile(times, 0.95).toFixed(1),
    })
  }
  const p95 = percentile(all, 0.95)
  print([
    ...rows,
    {
      'contact list': `all, ${n} contacts`,
      pages: all.length,
      'p50 ms': percentile(all, 0.5).toFixed(1),
      'p95 ms': p95.toFixed(1),
    },
  ])
  console.log(`goal: p95 <= ${goalMs} ms: ${p95 <= goalMs ? 'met' : 'NOT met'}`)
  if (p95 > goalMs) process.exitCode = 1
} finally {
  await office.close()
  await place.stop()
}
