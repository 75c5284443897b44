import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallFault } from '../../../../tests/harness/peer.ts'
import { CrmError, type Failure, type FailureKind, type RemoteRef } from '../../connector.ts'
import type { Bench, RowFault, Subject } from '../conformance.fixture.ts'
import { creating } from './writing.fixture.ts'

const kindOf: Record<CallFault, FailureKind> = {
  auth: 'auth',
  expired: 'auth',
  throttle: 'throttle',
  transient: 'transient',
  denied: 'denied',
  gone: 'gone',
  schema: 'schema',
  cut: 'transient',
  lost: 'transient',
}

export function failures(bench: Bench, { can, person, secrets }: Subject): void {
  const shown = (failure: Failure) => {
    const text = JSON.stringify(failure)
    // A vault also remembers what is no secret: addresses, the names of events.
    const kept = Object.entries(bench.kept).flatMap(([name, value]) =>
      /token|^hook:/.test(name) ? [value] : [],
    )
    for (const secret of [...secrets, ...kept])
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
        assert.ok(!text.includes(form), 'no secret can be seen in what is kept of a failure')
  }
  let id: string | null = null
  const read = () => {
    id ??= bench.simulator.add(person.type, bench.someone())
    return bench.crm.get(person.type, [id], [person.name])
  }

  for (const fault of can.calls)
    test(`a call that fails (${fault}) is of the kind ${kindOf[fault]}, and no secret is in its sample`, async () => {
      await bench.crm.describe()
      // A sign-in that can be renewed is tried twice.
      bench.simulator.fail(fault)
      if (fault === 'auth' && can.renews) bench.simulator.fail(fault)
      const error = await read().then(
        () => null,
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof CrmError, `${fault} is told`)
      const { failure } = error
      assert.equal(failure.kind, kindOf[fault])
      assert.ok(failure.words.length > 5)
      if (fault === 'throttle') assert.equal(failure.retryAfterMs, can.saysNoWait ? 60_000 : 7_000)
      if (fault !== 'lost') assert.ok(failure.sample && failure.sample.status > 0)
      shown(failure)
      assert.ok(await read(), 'the next call is good again')
    })

  for (const kind of can.rows)
    test(`an element that fails (${kind}) says so of itself alone`, async () => {
      const { simulator, crm, someone } = bench
      const there = simulator.add(person.type, someone())
      simulator.refuse({ kind, field: person.text, when: value => value === 'Odd' })
      const own = { [person.name]: 'Lovelace', ...person.must }
      const [good, odd] = await crm.write(person.type, [
        creating({ ...own, [person.text]: 'Even' }),
        creating({ ...own, [person.text]: 'Odd' }),
      ])
      simulator.refuse(null)
      assert.equal(good?.ok, true)
      assert.ok(odd?.ok === false)
      assert.equal(odd.failure.kind, kind)
      hasDetails(kind, odd.failure, person.text, { type: person.type, id: there })
      shown(odd.failure)
    })

  test('a session that has run out is renewed once and nobody notices', {
    skip: !can.renews && 'signs in with each call',
  }, async () => {
    bench.simulator.fail('expired')
    assert.ok(Array.isArray(await read()))
  })

  test('the calls that are used are told', { skip: !can.quota && 'not told by this CRM' }, async () => {
    await read()
    const told = bench.quotas.at(-1)
    assert.ok(told && told.allowed > 0 && told.used >= 0 && told.used <= told.allowed)
  })
}

function hasDetails(kind: RowFault, failure: Failure, field: string, there: RemoteRef): void {
  assert.ok(failure.words.length > 5)
  if (kind === 'invalid') assert.deepEqual(failure.fields, [field])
  if (kind === 'duplicate')
    assert.ok(
      failure.existing?.some(ref => ref.type === there.type && ref.id === there.id),
      'says which is there',
    )
}
