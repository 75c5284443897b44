import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inTransaction, many, run, sql } from '#platform/db/db.ts'
import { compare } from './compare.ts'
import type { Value, Values } from './connector.ts'
import { openTown, type Town } from './crm.fixture.ts'
import { getIssue, retryIssue, selectIssues } from './issues.sql.ts'

let town: Town
before(async () => {
  town = await openTown()
})
after(() => town?.stop())

/** A small generator with a seed: a failure can be repeated. */
function chance(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const fields = [
  { local: 'first_name', remote: 'FirstName', rule: 'two_way' },
  { local: 'last_name', remote: 'LastName', rule: 'crm' },
  { local: 'phone', remote: 'Phone', rule: 'crm_unless_blank' },
  { local: 'job_title', remote: 'Title', rule: 'tend' },
  { local: 'attrs.plan', remote: 'Plan', rule: 'keep' },
] as const

/** What both sides must say afterwards, said a second time and by hand. */
function oracle(rule: string, base: Value, ours: Value, theirs: Value): { ours: Value; theirs: Value } {
  const both = (value: Value) => ({ ours: value, theirs: value })
  if (ours === theirs) return both(ours)
  if (rule === 'crm') return both(theirs)
  if (rule === 'tend') return both(ours)
  if (rule === 'crm_unless_blank') return both(theirs === null && base === null ? ours : theirs)
  const wins = theirs === base ? ours : theirs
  if (rule === 'keep' && wins === null) return { ours, theirs }
  return both(wins)
}

class Killed extends Error {}

/** Tries until it works: calls that fail before or after their effect, and programs that die at any call. */
async function syncThroughFaults(random: (below: number) => number): Promise<void> {
  for (let attempt = 0; attempt < 4; attempt++) {
    town.crm.fault = what => {
      if (random(9) > 0) return null
      if (random(3) === 0) throw new Killed(what)
      return {
        when: random(2) === 0 ? 'before' : 'after',
        failure: { kind: 'transient', words: 'Gone for a moment.' },
      }
    }
    await town.sync().catch(() => undefined)
  }
  town.crm.fault = () => null
  for (let i = 0; i < 2; i++) {
    await run(
      town.base.db,
      sql`update crm.outbox set not_before = to_timestamp(0), attempts = 0, state = 'waiting'`,
    )
    await town.sync()
  }
}

type Person = { id: string; type: 'Contact' | 'Lead'; remoteId: string }

async function linksNow(): Promise<Person[]> {
  return many(
    town.base.db,
    sql`
    select local_id as id, remote_type as type, remote_id as "remoteId" from crm.link
    where state = 'active' and is_primary order by remote_id`,
  )
}

const theirs = (person: Person): Values => town.crm.table(person.type).get(person.remoteId)?.values ?? {}

test('random edits on both sides, through faults and kills, end as the rules say, and then nothing moves', async () => {
  const random = chance(20261123)
  const { crm } = town
  for (let i = 0; i < 6; i++)
    crm.add(i % 2 ? 'Lead' : 'Contact', { Email: `p${i}@example.org`, FirstName: `F${i}`, LastName: `L${i}` })
  for (let i = 6; i < 10; i++)
    await town.person({ email: `p${i}@example.org`, first_name: `F${i}`, last_name: `L${i}` })
  await syncThroughFaults(random)
  assert.equal((await linksNow()).length, 10)
  for (let round = 0; round < 5; round++) {
    // Rounds are days apart to people, not seconds: nobody fights here.
    await run(town.base.db, sql`update crm.link set flips = '{}'`)
    const expected = new Map<string, { ours: Value; theirs: Value }>()
    for (const person of await linksNow()) {
      const before = await town.read(person.id)
      const [mine, other]: [Record<string, Value>, Values] = [{}, {}]
      for (const { local, remote, rule } of fields) {
        const base = before[local] ?? null
        const said = (side: string) => (random(5) === 0 ? null : `${side}${round}${random(1000)}`)
        if (random(4) === 0 && local !== 'last_name') mine[local] = said('t')
        if (random(4) === 0) other[remote] = local === 'last_name' ? `c${round}` : said('c')
        const now = {
          ours: local in mine ? (mine[local] ?? null) : base,
          theirs: theirs(person)[remote] ?? null,
        }
        const after = { ...now, theirs: remote in other ? (other[remote] ?? null) : now.theirs }
        const changed = local in mine || remote in other
        if (changed)
          expected.set(
            `${person.id} ${local}`,
            oracle(rule, now.theirs === base ? base : now.theirs, after.ours, after.theirs),
          )
      }
      if (Object.keys(mine).length > 0) await town.change(person.id, mine)
      if (Object.keys(other).length > 0) crm.edit(person.type, person.remoteId, other)
    }
    await syncThroughFaults(random)
    for (const person of await linksNow()) {
      const now = await town.read(person.id)
      for (const { local, remote } of fields) {
        const want = expected.get(`${person.id} ${local}`)
        if (!want) continue
        const is = { ours: now[local] ?? null, theirs: theirs(person)[remote] ?? null }
        assert.deepEqual(is, want, `round ${round}, ${local} of ${person.id}`)
      }
    }
  }
  for (let i = 0; i < 10; i++) {
    const same = [...crm.living('Contact'), ...crm.living('Lead')].filter(
      row => row.values.Email === `p${i}@example.org`,
    )
    assert.equal(same.length, 1, `p${i} is there ${same.length} times`)
  }
  const writes = crm.writes
  for (let i = 0; i < 3; i++) await town.sync()
  assert.equal(crm.writes, writes, 'three more cycles write nothing')
})

test('what is deleted, merged or converted there is followed, and nothing is made again', async () => {
  const { crm } = town
  const people = await linksNow()
  const contacts = people.filter(person => person.type === 'Contact')
  const leads = people.filter(person => person.type === 'Lead')
  const [gone, vanished] = contacts
  const [converted] = leads
  assert.ok(gone && vanished && converted)
  crm.remove('Contact', gone.remoteId)
  const heir = crm.convert(converted.remoteId)
  await town.change(gone.id, { first_name: 'Still here' })
  await town.sync()
  await town.sync()
  const states = await many<{ remoteId: string; state: string; localId: string; isPrimary: boolean }>(
    town.base.db,
    sql`select remote_id as "remoteId", state, local_id as "localId", is_primary as "isPrimary" from crm.link`,
  )
  const stateOf = (id: string) => states.find(each => each.remoteId === id)
  assert.equal(stateOf(gone.remoteId)?.state, 'deleted_remote')
  assert.equal(stateOf(converted.remoteId)?.state, 'converted')
  assert.deepEqual(
    [stateOf(heir)?.localId, stateOf(heir)?.state, stateOf(heir)?.isPrimary],
    [converted.id, 'active', true],
  )
  assert.equal((await town.read(gone.id)).first_name, 'Still here')
  const counted = crm.living('Contact').length
  await town.change(converted.id, { first_name: 'After' })
  await town.sync()
  assert.equal(crm.table('Contact').get(heir)?.values.FirstName, 'After')
  assert.equal(crm.living('Contact').length, counted)
  const events = await many<{ type: string }>(
    town.base.db,
    sql`select type from activity.event where contact_id = ${converted.id}::bigint and type = 'lead.converted'`,
  )
  assert.equal(events.length, 1)
})

test('two records merged there are one person here, and two contacts of one record are a question', async () => {
  const { crm } = town
  const loser = crm.add('Contact', { Email: 'merge-a@example.org', LastName: 'A' })
  const winner = crm.add('Contact', { Email: 'merge-b@example.org', LastName: 'B' })
  await town.sync()
  crm.merge('Contact', loser, winner)
  await town.sync()
  const [link] = await many<{ state: string; became: { id: string } }>(
    town.base.db,
    sql`select state, became from crm.link where remote_id = ${loser}`,
  )
  assert.deepEqual([link?.state, link?.became.id], ['merged', winner])
  const issues = await many<{ kind: string }>(
    town.base.db,
    sql`select kind from crm.issue where kind = 'merge'`,
  )
  assert.equal(issues.length, 1)
})

test('a field that goes back and forth all the time rests, and a retry frees it', async () => {
  const { crm } = town
  const remote = crm.add('Contact', { Email: 'fight@example.org', Title: 'Chief' })
  await town.sync()
  for (let i = 0; i < 7; i++) {
    crm.edit('Contact', remote, { Title: `Automation ${i}` })
    await town.sync()
  }
  const [issue] = await many<{ id: string; fields: string[] }>(
    town.base.db,
    sql`select id, fields from crm.issue where kind = 'ping_pong' and state = 'open'`,
  )
  assert.deepEqual(issue?.fields, ['job_title'])
  assert.equal(crm.table('Contact').get(remote)?.values.Title, 'Automation 6')
  await inTransaction(town.base.db, async trx => {
    await retryIssue(trx, await getIssue(trx, issue?.id ?? ''), new Date())
  })
  await town.sync()
  assert.equal(crm.table('Contact').get(remote)?.values.Title, 'Chief')
})

test('a value that the CRM refuses is parked under its cause, and goes through when it is well', async () => {
  const { crm } = town
  const bad = (type: string, values: Values) =>
    type === 'Contact' && String(values.FirstName).startsWith('Bad')
      ? {
          kind: 'invalid' as const,
          words: 'FirstName: "Bad" is not allowed',
          code: 'INVALID',
          fields: ['FirstName'],
        }
      : null
  crm.refuse = bad
  for (const name of ['x', 'y'])
    await town.person({ email: `bad-${name}@example.org`, first_name: `Bad ${name}` })
  await town.person({ email: 'good@example.org', first_name: 'Good' })
  await town.sync()
  const issues = await selectIssues(town.base.db, {
    connectionId: town.connectionId,
    state: 'open',
    before: null,
    limit: 50,
  })
  const [issue] = issues.filter(each => each.kind === 'invalid')
  assert.equal(issue?.count, 2)
  assert.ok(crm.living('Contact').some(row => row.values.Email === 'good@example.org'))
  crm.refuse = () => null
  await inTransaction(town.base.db, trx => (issue ? retryIssue(trx, issue, new Date()) : Promise.resolve(0)))
  await town.sync()
  assert.equal(crm.living('Contact').filter(row => String(row.values.Email).startsWith('bad-')).length, 2)
  assert.equal((await getIssue(town.base.db, issue?.id ?? '')).state, 'resolved')
})

test('what vanished there without a trace is found by the comparison', async () => {
  const { crm } = town
  const remote = crm.add('Contact', { Email: 'vanish@example.org' })
  await town.sync()
  crm.vanish('Contact', remote)
  const opened = await town.run()
  for (const object of opened.mapping.objects) await compare(opened, object)
  await town.sync()
  const [link] = await many<{ state: string }>(
    town.base.db,
    sql`select state from crm.link where remote_id = ${remote}`,
  )
  assert.equal(link?.state, 'deleted_remote')
})

test('an opt-out said on either side holds on both, whatever the rule', async () => {
  const { crm } = town
  const a = crm.add('Contact', { Email: 'out-a@example.org', OptOut: false })
  await town.sync()
  const [ann] = await many<{ id: string }>(
    town.base.db,
    sql`select local_id as id from crm.link where remote_id = ${a}`,
  )
  assert.ok(ann)
  crm.edit('Contact', a, { OptOut: true })
  await town.sync()
  assert.equal((await town.read(ann.id)).opt_out, true)
  crm.edit('Contact', a, { OptOut: false })
  await town.sync()
  assert.equal(crm.table('Contact').get(a)?.values.OptOut, true)
})

test('who was erased here is not brought back by the CRM, and a deletion that the mapping passes on is made there', async () => {
  const { crm, services, base } = town
  const kept = crm.add('Lead', { Email: 'kept@example.org' })
  await town.sync()
  const [link] = await many<{ id: string }>(
    base.db,
    sql`select local_id as id from crm.link where remote_id = ${kept}`,
  )
  await inTransaction(base.db, trx => services.forget(trx, [link?.id ?? '']))
  crm.edit('Lead', kept, { FirstName: 'Again' })
  await town.sync()
  assert.equal((await many(base.db, sql`select from crm.link where remote_id = ${kept}`)).length, 0)
  assert.equal(
    (await many(base.db, sql`select from audience.contact where email = 'kept@example.org'`)).length,
    0,
  )
  assert.ok(crm.living('Lead').some(row => row.id === kept))
  await run(
    base.db,
    sql`update crm.mapping set mapping = jsonb_set(mapping, '{objects,0,deletedHere}', '"delete"')`,
  )
  const passed = crm.add('Contact', { Email: 'passed@example.org' })
  await town.sync()
  const [other] = await many<{ id: string }>(
    base.db,
    sql`select local_id as id from crm.link where remote_id = ${passed}`,
  )
  await inTransaction(base.db, trx => services.forget(trx, [other?.id ?? '']))
  await town.sync()
  assert.ok(!crm.living('Contact').some(row => row.id === passed))
})
