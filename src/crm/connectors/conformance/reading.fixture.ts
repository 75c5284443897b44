import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cursor, RemoteRecord } from '../../connector.ts'
import type { Bench, Subject } from '../conformance.fixture.ts'

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')
const later = new Date('2099-01-01T00:00:00Z')

/** Reads to the end in pages; fails where that takes for ever. */
export async function readAll(bench: Bench, after: Cursor | null, limit: number, upTo = later) {
  const { crm, person } = bench
  const records: RemoteRecord[] = []
  let cursor = after
  for (let pages = 0; pages < 200; pages++) {
    const page = await crm.changes(person.type, { after: cursor, upTo, fields: [person.name], limit })
    assert.ok(page.records.length <= limit, 'a page is no longer than was asked for')
    records.push(...page.records)
    cursor = page.next
    if (!page.more) return { records, cursor }
  }
  throw new Error('reading comes to no end')
}

const isSorted = (records: RemoteRecord[]) =>
  records.every((one, i) => {
    const before = records[i - 1]
    if (!before) return true
    const ahead = one.modified.getTime() - before.modified.getTime()
    return (
      ahead > 0 ||
      (ahead === 0 && (/^\d+$/.test(one.id) ? Number(one.id) > Number(before.id) : one.id > before.id))
    )
  })

export function reading(bench: Bench, subject: Subject): void {
  test('it signs in, says as whom, and knows the time there', async () => {
    const { words, user } = await bench.crm.test()
    assert.ok(words.length > 5)
    assert.ok(user?.id && user.name)
    assert.ok(Math.abs((await bench.crm.serverTime()).getTime() - Date.now()) < 5 * minute)
  })

  test('it describes objects with a role and fields with a type, and its presets fit them', async () => {
    const { connector, person } = bench
    const { objects } = await bench.crm.describe()
    const people = objects.find(each => each.type === person.type)
    const field = (name: string) => people?.fields.find(each => each.name === name)
    assert.ok(people && ['contact', 'lead'].includes(people.role))
    assert.equal(field(person.email)?.type, 'email')
    assert.equal(field(person.name)?.required, !person.isOptional)
    assert.equal(field(person.name)?.readOnly, false)
    if (person.externalId) assert.equal(field(person.externalId)?.externalId, true)
    for (const { field: name } of person.spellings) assert.ok(field(name), `${name} is described`)
    for (const { remote, fields } of connector.presets) {
      const described = objects.find(each => each.type === remote)
      assert.ok(described, `${remote} of a preset is described`)
      for (const each of fields)
        assert.ok(
          described.fields.some(known => known.name === each.remote),
          `${remote}.${each.remote} of a preset is described`,
        )
    }
  })

  test('it describes anew each time: an open connection sees what was changed in the CRM', async () => {
    const { simulator, connector, settings, wire } = bench
    const open = connector.connect(connector.settings.parse(settings(simulator)), wire)
    const callsOf = async () => {
      const before = simulator.calls.length
      await open.describe()
      return simulator.calls.length - before
    }
    await open.test()
    const first = await callsOf()
    assert.equal(await callsOf(), first)
  })

  test('changes come by time and id, whatever the length of a page, none lost and none twice', async () => {
    const { simulator, someone, person } = bench
    const made: string[] = []
    for (const [group, size] of [1, 7, 12, 3, 9].entries())
      for (let i = 0; i < size; i++) {
        simulator.at(new Date(start + group * minute))
        made.push(simulator.add(person.type, someone()))
      }
    for (const limit of [1, 4, 5, 12, 100]) {
      const { records, cursor } = await readAll(bench, null, limit)
      assert.deepEqual(records.map(one => one.id).sort(), [...made].sort(), `pages of ${limit}`)
      assert.ok(isSorted(records), `pages of ${limit} are in order`)
      assert.deepEqual((await readAll(bench, cursor, limit)).records, [], 'nothing more after the end')
    }
    const half = new Date(start + 2 * minute)
    assert.equal((await readAll(bench, null, 6, half)).records.length, 20, 'up to a time, with that time')
    const back = { at: new Date(start + 2 * minute).toISOString(), id: '' }
    const behind = (await readAll(bench, back, 3)).records.map(one => one.id)
    for (const id of made.slice(20)) assert.ok(behind.includes(id), 'looking back finds all behind that time')
  })

  test('only what was changed comes after the cursor, with the fields that were asked for', async () => {
    const { simulator, person, crm, someone } = bench
    simulator.at(new Date(start + 60 * minute))
    const id = simulator.add(person.type, someone())
    const { cursor } = await readAll(bench, null, 100)
    simulator.at(new Date(start + 90 * minute))
    simulator.edit(person.type, id, { [person.name]: 'Byron' })
    const page = await crm.changes(person.type, {
      after: cursor,
      upTo: later,
      fields: [person.name],
      limit: 50,
    })
    assert.deepEqual(
      page.records.map(({ id, values }) => ({ id, values })),
      [{ id, values: { [person.name]: 'Byron' } }],
    )
    assert.equal(page.records[0]?.modified.getTime(), start + 90 * minute)
    assert.equal(page.more, false)
    simulator.at(null)
  })

  test('a cursor without anything behind it stays where it is', async () => {
    const after = { at: '2098-01-01T00:00:00.000Z', id: 'zzz' }
    const { crm, person } = bench
    const page = await crm.changes(person.type, { after, upTo: later, fields: [], limit: 10 })
    assert.deepEqual([page.records, page.more], [[], false])
    assert.equal(page.next?.at, after.at)
  })

  test('records are got by id: one that never was is left out, one in the bin says so or is left out', async () => {
    const { simulator, person, crm, someone } = bench
    const [kept, binned] = [simulator.add(person.type, someone()), simulator.add(person.type, someone())]
    simulator.remove(person.type, binned)
    const never = `${kept.slice(0, -3)}zz9`
    const got = await crm.get(person.type, [kept, binned, never], [person.name])
    assert.deepEqual(
      got.filter(one => !one.deleted).map(one => [one.id, one.values]),
      [[kept, { [person.name]: 'Lovelace' }]],
    )
    for (const one of got) assert.ok(one.id === kept || (one.id === binned && one.deleted === true))
  })

  test('records are found by a value without case, with all that match, however it is spelled', async () => {
    const { simulator, person, crm, someone } = bench
    const odd = ['O\'Brien \\ "quoted" %_*', 'Zoë Ångström 東京 🦊', "x' OR Name != '", 'a&b=c;d#e+f']
    const ids = odd.map(text => simulator.add(person.type, someone({ [person.text]: text })))
    for (const [i, text] of odd.entries()) {
      const found = await crm.find(person.type, { field: person.text, values: [text] }, [person.text])
      assert.deepEqual(
        found.map(one => [one.id, one.values[person.text]]),
        [[ids[i], text]],
      )
    }
    const field = person.isEmailUnique ? person.text : person.email
    const twins = [1, 2].map(() => simulator.add(person.type, someone({ [field]: 'Ann.Twin@example.com' })))
    const bin = simulator.add(person.type, someone({ [field]: 'ann.twin@example.com' }))
    simulator.remove(person.type, bin)
    const many = [
      'nobody@example.com',
      'ANN.TWIN@example.com',
      ...Array.from({ length: 90 }, (_, i) => `n${i}@example.com`),
    ]
    const found = await crm.find(person.type, { field, values: many }, [field])
    assert.deepEqual(found.map(one => one.id).sort(), twins.sort())
  })

  test('ids of all that live come in order, in pages', async () => {
    const { simulator, person, crm, someone } = bench
    const gone = simulator.add(person.type, someone())
    const whole = await crm.ids(person.type, { after: null, limit: 200 })
    simulator.remove(person.type, gone)
    const paged: string[] = []
    let after: string | null = null
    for (let more = true; more; ) {
      const page: { ids: string[]; more: boolean } = await crm.ids(person.type, { after, limit: 7 })
      assert.ok(page.ids.length <= 7)
      paged.push(...page.ids)
      after = page.ids.at(-1) ?? after
      more = page.more
    }
    assert.deepEqual(
      paged,
      whole.ids.filter(id => id !== gone),
    )
    assert.ok(paged.length > 30)
  })

  test('values are the same whatever the wire says: empty is null, dates, moments and references have one form', async () => {
    const { simulator, person, crm, someone } = bench
    const there = Object.fromEntries(person.spellings.map(each => [each.field, each.there]))
    const here = Object.fromEntries(person.spellings.map(each => [each.field, each.here]))
    const fields = person.spellings.map(each => each.field)
    const id = simulator.add(person.type, someone(there))
    const blank = simulator.add(person.type, someone())
    const got = await crm.get(person.type, [id, blank], fields)
    assert.deepEqual(got.find(one => one.id === id)?.values, here)
    const empty = got.find(one => one.id === blank)?.values ?? {}
    for (const [name, value] of Object.entries(empty))
      assert.ok(value === null || value === false, `${name} is empty`)
  })

  removed(bench, subject)
}

function removed(bench: Bench, { can }: Subject): void {
  test('deleted records are told', {
    skip: can.tellsDeletes === 'never' && 'found by comparing ids',
  }, async () => {
    const { simulator, person, someone } = bench
    const id = simulator.add(person.type, someone())
    const before = await fromNow(bench)
    simulator.remove(person.type, id)
    assert.equal((await toldGone(bench, before)).get(id), null)
  })

  test('a merge says which record lives on', { skip: !can.merges && 'not told by this CRM' }, async () => {
    const { simulator, person, someone, crm } = bench
    const [loser, winner] = [simulator.add(person.type, someone()), simulator.add(person.type, someone())]
    const before = await fromNow(bench)
    simulator.merge?.(person.type, loser, winner)
    assert.equal((await toldGone(bench, before)).get(loser), winner)
    const got = await crm.get(person.type, [loser, winner], [])
    assert.equal(got.find(one => one.id === loser)?.mergedInto, winner)
    assert.notEqual(got.find(one => one.id === winner)?.deleted, true)
  })

  test('a converted lead says what it became', { skip: !can.converts && 'no leads' }, async () => {
    const { simulator, someone, crm } = bench
    const type = can.converts ?? ''
    const id = simulator.add(type, someone())
    const became = simulator.convert?.(id) ?? []
    assert.ok(became.length > 0)
    const [got] = await crm.get(type, [id], [bench.person.name])
    assert.deepEqual(got?.convertedTo, became)
  })
}

/** Where one stands who has seen all until now; some CRMs only go on from a token of their own. */
async function fromNow({ crm, person }: Bench): Promise<Cursor> {
  const start = { at: new Date(Date.now() - 5 * minute).toISOString(), id: '' }
  const seen = await crm.removals?.(person.type, { after: null, limit: 200 })
  return { ...start, token: seen?.next?.token ?? null }
}

/** Who went since then, and into whom. */
async function toldGone({ crm, person, can }: Bench, after: Cursor): Promise<Map<string, string | null>> {
  const ask = { after, limit: 200 }
  const told = can.tellsDeletes === 'removals' ? await crm.removals?.(person.type, ask) : undefined
  const page = await crm.changes(person.type, {
    after: { at: after.at, id: '' },
    limit: 200,
    upTo: later,
    fields: [],
  })
  const gone = [...(told?.removals ?? []), ...page.records.filter(one => one.deleted)]
  return new Map(gone.map(one => [one.id, one.mergedInto ?? null]))
}
