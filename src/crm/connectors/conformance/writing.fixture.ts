import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrmError, type Values, type WriteOp, type WriteOutcome } from '../../connector.ts'
import type { Bench, Subject } from '../conformance.fixture.ts'

let keys = 0
export const creating = (values: Values, externalId: string | null = null): WriteOp => ({
  op: 'create',
  key: `key-${++keys}`,
  externalId,
  values,
})
const updating = (id: string, values: Values, version: string | null = null): WriteOp => ({
  op: 'update',
  id,
  version,
  values,
})

export const idsOf = (outcomes: WriteOutcome[]): string[] => outcomes.map(each => (each.ok ? each.id : ''))

export function writing(bench: Bench, { can, person }: Subject): void {
  const own = (more: Values = {}): Values => ({ [person.name]: 'Lovelace', ...person.must, ...more })

  test('elements of all kinds are written in one go, each with its outcome in its place', async () => {
    const { crm, simulator, someone } = bench
    const [changed, deleted] = [1, 2].map(() => simulator.add(person.type, someone())) as [string, string]
    const outcomes = await crm.write(person.type, [
      creating(own({ [person.email]: 'one@example.com' })),
      { op: 'delete', id: deleted },
      updating(changed, { [person.name]: 'Hopper' }),
      creating(own({ [person.email]: 'two@example.com' })),
    ])
    assert.deepEqual(
      outcomes.map(each => each.ok),
      [true, true, true, true],
    )
    const [one = '', gone, moved, two = ''] = idsOf(outcomes)
    assert.deepEqual([gone, moved], [deleted, changed])
    assert.ok(simulator.read(person.type, one) && simulator.read(person.type, two))
    assert.equal(simulator.read(person.type, deleted), null)
    const [got] = await crm.get(person.type, [two], [person.email])
    assert.equal(got?.values[person.email], 'two@example.com')
    const [also] = await crm.get(person.type, [changed], [person.name])
    assert.equal(also?.values[person.name], 'Hopper')
  })

  test('what the CRM answers to a write is what it holds', async () => {
    const { crm } = bench
    const [outcome] = await crm.write(person.type, [creating(own({ [person.text]: 'Zoë "q" \\ 東京' }))])
    assert.ok(outcome?.ok)
    const [held] = await crm.get(person.type, [outcome.id], [person.text])
    assert.equal(held?.values[person.text], 'Zoë "q" \\ 東京')
    if (outcome.record) assert.equal(outcome.record.values[person.text], held?.values[person.text])
  })

  test('every type of value comes back as it was written, and null empties it', async () => {
    const { crm } = bench
    const values = Object.fromEntries(person.spellings.map(each => [each.field, each.here]))
    const fields = Object.keys(values)
    const [id = ''] = idsOf(await crm.write(person.type, [creating(own(values))]))
    assert.deepEqual((await crm.get(person.type, [id], fields))[0]?.values, values)
    const nothing = Object.fromEntries(fields.map(name => [name, null]))
    const [emptied] = await crm.write(person.type, [updating(id, nothing)])
    assert.equal(emptied?.ok, true)
    const after = (await crm.get(person.type, [id], fields))[0]?.values ?? {}
    assert.deepEqual(Object.keys(after).sort(), [...fields].sort())
    for (const [name, value] of Object.entries(after))
      assert.ok(value === null || value === false, `${name} is empty`)
  })

  test('a change touches only the fields that it names', async () => {
    const { crm, simulator, someone } = bench
    const id = simulator.add(person.type, someone({ [person.text]: 'stays' }))
    await crm.write(person.type, [updating(id, { [person.name]: 'Hopper' })])
    const [got] = await crm.get(person.type, [id], [person.name, person.text])
    assert.deepEqual(got?.values, { [person.name]: 'Hopper', [person.text]: 'stays' })
  })

  test('one element that is refused leaves the others written', async () => {
    const { crm, simulator } = bench
    simulator.refuse({ kind: 'invalid', field: person.text, when: value => value === 'Wrong' })
    const outcomes = await crm.write(
      person.type,
      ['Right', 'Wrong', 'Good', 'Wrong'].map(text => creating(own({ [person.text]: text }))),
    )
    simulator.refuse(null)
    assert.deepEqual(
      outcomes.map(each => each.ok),
      [true, false, true, false],
    )
    for (const each of outcomes) if (each.ok) assert.ok(simulator.read(person.type, each.id))
    const wrong = await crm.find(person.type, { field: person.text, values: ['Wrong'] }, [])
    assert.deepEqual(wrong, [])
  })

  test('a record that is gone is an outcome, not an error of the whole call', async () => {
    const { crm, simulator, someone } = bench
    const [gone, kept] = [1, 2].map(() => simulator.add(person.type, someone())) as [string, string]
    simulator.remove(person.type, gone)
    const [first, second] = await crm.write(person.type, [
      updating(gone, { [person.name]: 'Hopper' }),
      updating(kept, { [person.name]: 'Hopper' }),
    ])
    assert.equal(first?.ok === false && first.failure.kind, 'gone')
    assert.equal(second?.ok, true)
  })

  test('a create whose answer was lost makes one record, also when it is sent again', async () => {
    const { crm, simulator } = bench
    const field = person.externalId
    const mark = field ?? person.email
    const value = field ? `tend-${Date.now()}` : `lost-${Date.now()}@example.com`
    const op = creating(own({ [mark]: value }), field)
    simulator.fail('lost')
    const lost = await crm.write(person.type, [op]).catch((error: unknown) => error)
    const failure = lost instanceof CrmError ? lost.failure : failureIn(lost)
    assert.equal(failure?.kind, 'transient')
    if (can.upserts) assert.equal((await crm.write(person.type, [op]))[0]?.ok, true)
    const found = await crm.find(person.type, { field: mark, values: [value] }, [])
    assert.equal(found.length, 1, 'the engine finds it before it sends again')
  })

  test('more elements than one call takes are all written', async () => {
    const { crm } = bench
    const { create } = crm.limits.write
    const outcomes = await crm.write(
      person.type,
      Array.from({ length: create }, () => creating(own())),
    )
    assert.equal(new Set(idsOf(outcomes)).size, create)
    assert.ok(outcomes.every(each => each.ok))
    assert.ok(crm.limits.page > 0 && crm.limits.read > 0 && crm.limits.concurrency > 0)
  })

  test('a change of what somebody was faster with is a conflict', {
    skip: !can.versions && 'no versions in this CRM',
  }, async () => {
    const { crm, simulator, someone } = bench
    const id = simulator.add(person.type, someone())
    const [read] = await crm.get(person.type, [id], [person.name])
    simulator.edit(person.type, id, { [person.name]: 'Faster' })
    const [outcome] = await crm.write(person.type, [
      updating(id, { [person.name]: 'Slower' }, read?.version ?? null),
    ])
    assert.equal(outcome?.ok === false && outcome.failure.kind, 'conflict')
    assert.equal(simulator.read(person.type, id)?.[person.name], 'Faster')
  })
}

function failureIn(outcomes: unknown) {
  const [first] = Array.isArray(outcomes) ? (outcomes as WriteOutcome[]) : []
  return first && !first.ok ? first.failure : undefined
}
