// A company's whole CRM within the calls of one day: 280,000 people of whom the 60,000 that are known here are to be in
// step, the program killed once on the way, 5,000 calls. Nobody may be doubled or left out, and nothing may be set off.
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { type Db, inTransaction, one, sql } from '#platform/db/db.ts'
import { changeConnection } from '../src/crm/connections.sql.ts'
import { openTown, personMap } from '../src/crm/crm.fixture.ts'
import { pullDue, pushAll } from '../src/crm/cycle.ts'
import { loadJob } from '../src/crm/load.jobs.ts'
import { print } from './measure.ts'

const people = Number(process.env.BENCH_ROWS ?? 280_000)
const known = Math.round((people * 60) / 280)
const callsPerDay = Math.round((people * 5) / 280)
const atOnce = 5_000

class Killed extends Error {}

const town = await openTown([personMap('Contact', { createHere: false })], {
  loaded: false,
  limits: { page: 200 },
  callsPerDay,
})
const { base, services, crm, connectionId } = town
const address = (n: number) => `person${n}@company${n % 5000}.example`

async function knowSome(db: Db): Promise<void> {
  const now = services.clock.now()
  for (let first = 0; first < known; first += atOnce) {
    const emails = Array.from({ length: Math.min(atOnce, known - first) }, (_, n) => address(first + n))
    await inTransaction(db, async trx => {
      const calls = emails.map(email => ({ email, trust: 'server' as const }))
      const found = await resolve(trx, calls, { now })
      const patches = found.map(({ contactId }, n) => ({ contactId, email: emails[n] ?? '', traits: {} }))
      await upsertContacts(trx, patches, { now, source: 'bench' })
    })
  }
}

/** Half way through the program dies in the middle of a call, and another takes its place. */
async function load(): Promise<number> {
  const began = performance.now()
  const dieAt = people / 200 / 2
  let calls = 0
  crm.fault = what => {
    if (what === 'changes' && ++calls === dieAt) throw new Killed('killed')
    return null
  }
  const job = { id: '1', input: { connectionId, name: 'bench' }, cursor: null, save: async () => undefined }
  await loadJob.run(job, services).then(
    () => {
      throw new Error('it should have died')
    },
    (error: unknown) => {
      if (!(error instanceof Killed)) throw error
    },
  )
  crm.fault = () => null
  await loadJob.run(job, services)
  const run = await town.run()
  await pushAll(run, ['interactive', 'delta', 'backfill'], new Set())
  await pullDue(run, 0)
  await run.budget.flush()
  return (performance.now() - began) / 1000
}

try {
  crm.clock = () => Date.now() - 600_000
  for (let n = 0; n < people; n++)
    crm.add('Contact', { Email: address(n), FirstName: `F${n % 900}`, LastName: `L${n % 7000}` })
  crm.clock = Date.now
  await knowSome(base.db)
  await changeConnection(base.db, connectionId, { loadState: 'loading' })
  const seconds = await load()
  const found = await one<{ links: number; contacts: number; loud: number; calls: number; mails: number }>(
    base.db,
    sql`select (select count(*)::int from crm.link where state = 'active') as links,
      (select count(*)::int from audience.contact) as contacts,
      (select count(*)::int from activity.event where type in ('contact.created', 'contact.updated')
        and data->>'muted' is distinct from 'true') as loud,
      (select coalesce(sum(calls), 0)::int from crm.call) as calls,
      (select count(*)::int from outreach.message) as mails`,
  )
  const there = crm.living('Contact').length
  const named = crm.living('Contact').filter(row => row.values.TendId !== undefined).length
  print([
    { figure: 'records, known before', value: `${people}, ${known}`, goal: '' },
    { figure: 'loaded with one kill in, s', value: seconds.toFixed(0), goal: '' },
    { figure: 'linked / contacts here', value: `${found.links} / ${found.contacts}`, goal: `${known} each` },
    { figure: 'records there / with our id', value: `${there} / ${named}`, goal: `${people} / ${known}` },
    { figure: 'calls', value: found.calls, goal: `<= ${callsPerDay}` },
    {
      figure: 'mails / events that set something off',
      value: `${found.mails} / ${found.loud}`,
      goal: '0 / 0',
    },
  ])
  const isRight =
    [found.links, found.contacts, named].every(each => each === known) &&
    there === people &&
    found.calls <= callsPerDay &&
    found.mails === 0 &&
    found.loud === 0
  process.exitCode = isRight ? 0 : 1
} finally {
  await town.stop()
}
process.exit()
