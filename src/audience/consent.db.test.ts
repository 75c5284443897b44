import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { readConfig } from '#platform/config.ts'
import { inTransaction } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { createSecrets } from '#platform/secrets.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { normalizeAddress } from './address.ts'
import { consentOf, grantIfNone, recordConsent } from './consent.ts'
import { repointAudience } from './repoint.ts'
import { liftOptOut, suppress, suppressedAmong, suppressionReasons } from './suppression.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())
const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000)
const entry = (contactId: string, n: number) => ({
  contactId,
  purpose: 'marketing',
  basis: 'opt-in',
  source: 'test',
  proof: { n },
  at: at(n),
})

type Act = { who: 'sdk' | 'person'; grants: boolean; topic: boolean; at: number }
const act = fc.record<Act>({
  who: fc.constantFrom('sdk', 'person'),
  grants: fc.boolean(),
  topic: fc.boolean(),
  // Times come as they like: clocks differ, and messages are late.
  at: fc.integer({ min: 0, max: 20 }),
})

/** The naive reading of the rules, word by word. */
function judge(acts: Act[]): { purpose: string | undefined; topic: string | undefined } {
  const holds: Record<'purpose' | 'topic', { state: string; since: number } | undefined> = {
    purpose: undefined,
    topic: undefined,
  }
  for (const { who, grants, topic, at: when } of acts) {
    const about = topic && who === 'person' ? 'topic' : 'purpose'
    const current = holds[about]
    if (who === 'sdk' && grants) {
      if (!holds.purpose && !holds.topic) holds.purpose = { state: 'granted', since: when }
    } else if (!grants) holds[about] = { state: 'withdrawn', since: Math.max(when, current?.since ?? 0) }
    else if (!current || when >= current.since) holds[about] = { state: 'granted', since: when }
  }
  return { purpose: holds.purpose?.state, topic: holds.topic?.state }
}

async function perform({ who, grants, topic, at: when }: Act, contactId: string): Promise<void> {
  const said = entry(contactId, when)
  if (who === 'sdk' && grants) await grantIfNone(base.db, [said, said])
  else if (who === 'sdk') await recordConsent(base.db, [{ ...said, state: 'withdrawn' }])
  else
    await recordConsent(base.db, [
      { ...said, ...(topic && { topicId: '7' }), state: grants ? 'granted' : 'withdrawn' },
    ])
}

test('whatever is said in whatever order, a source never loosens, and every word is kept with its proof', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async acts => {
      const contactId = newId()
      for (const one of acts) await perform(one, contactId)
      const { current, ledger } = await consentOf(base.db, contactId)
      const stateOf = (topicId: string | null) => current.find(word => word.topicId === topicId)?.state
      assert.deepEqual({ purpose: stateOf(null), topic: stateOf('7') }, judge(acts))
      assert.ok(ledger.every(word => word.proof.n !== undefined))
      // After an opt-out only a later word of the person grants again.
      const out = acts.findLastIndex(one => !one.grants && !(one.topic && one.who === 'person'))
      const own = acts.slice(out + 1).some(one => one.who === 'person' && one.grants && !one.topic)
      if (out >= 0 && !own) assert.equal(stateOf(null), 'withdrawn')
    }),
    { numRuns: 80 },
  )
})

test('words of one batch are weighed as if they had come one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async acts => {
      const [apart, together] = [newId(), newId()]
      const spoken = acts.map(one => ({ ...one, who: 'person' as const }))
      for (const one of spoken) await perform(one, apart)
      const words = spoken.map(one => ({
        ...entry(together, one.at),
        ...(one.topic && { topicId: '7' }),
        state: one.grants ? ('granted' as const) : ('withdrawn' as const),
      }))
      await recordConsent(base.db, words)
      const statesOf = async (id: string) =>
        (await consentOf(base.db, id)).current.map(({ topicId, state }) => [topicId, state])
      assert.deepEqual(await statesOf(together), await statesOf(apart))
    }),
    { numRuns: 40 },
  )
})

test('of an opt-out and a source’s grant in the same moment, the opt-out holds', async () => {
  for (let round = 0; round < 25; round++) {
    const contactId = newId()
    const grant = () => inTransaction(base.db, trx => grantIfNone(trx, [entry(contactId, round)]))
    const optOut = inTransaction(base.db, trx =>
      recordConsent(trx, [{ ...entry(contactId, round), state: 'withdrawn' }]),
    )
    const granted = await Promise.all([grant(), grant(), optOut, grant()])
    const { current, ledger } = await consentOf(base.db, contactId)
    assert.equal(current[0]?.state, 'withdrawn')
    // The events tell exactly what stands in the ledger.
    assert.equal(granted.flat().length, ledger.length)
  }
})

test('what both had said is kept when one is joined into the other, and the stricter word holds', async () => {
  const [from, to] = [newId(), newId()]
  await recordConsent(base.db, [
    { ...entry(from, 1), state: 'withdrawn' },
    { ...entry(to, 2), state: 'granted' },
    { ...entry(from, 3), topicId: '7', state: 'granted' },
  ])
  await repointAudience(base.db, from, to)
  const { current, ledger } = await consentOf(base.db, to)
  assert.deepEqual(
    current.map(word => [word.topicId, word.state]),
    [
      [null, 'withdrawn'],
      ['7', 'granted'],
    ],
  )
  assert.equal(ledger.length, 3)
  assert.deepEqual((await consentOf(base.db, from)).ledger, [])
})

test('a suppressed mailbox stays so in every spelling its provider treats as the same', async () => {
  const secrets = createSecrets(readConfig({ TEND_DATA_DIR: mkdtempSync(join(tmpdir(), 'tend-suppress-')) }))
  await suppress(base.db, secrets, [
    { address: 'A.nn+news@Gmail.com', reason: 'complaint', source: 'test', at: at(0) },
  ])
  const found = await suppressedAmong(base.db, secrets, [
    'ann@gmail.com',
    'ann@googlemail.com',
    'ANN+x@gmail.com',
    'ann@example.org',
  ])
  assert.deepEqual([...found.keys()].sort(), ['ANN+x@gmail.com', 'ann@gmail.com', 'ann@googlemail.com'])
})

test('a new opt-in lifts an earlier opt-out, and never a bounce, a complaint or a word of the house', async () => {
  const secrets = createSecrets(readConfig({ TEND_DATA_DIR: mkdtempSync(join(tmpdir(), 'tend-suppress-')) }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...suppressionReasons), { minLength: 1, maxLength: 5 }),
      async reasons => {
        const address = `${newId()}@example.org`
        const told = reasons.map((reason, n) => ({ address, reason, source: 'test', at: at(n) }))
        // Some in one statement, some after each other.
        await suppress(base.db, secrets, told.slice(0, 2))
        for (const one of told.slice(2)) await suppress(base.db, secrets, [one])
        await liftOptOut(base.db, secrets, address.toUpperCase())
        const hard = reasons.find(reason => !['unsubscribed', 'erased'].includes(reason))
        assert.equal((await suppressedAmong(base.db, secrets, [address])).get(address), hard)
      },
    ),
    { numRuns: 40 },
  )
})

test('an address is one plain addr-spec or nothing, and normalizing twice changes nothing', () => {
  for (const bad of [
    'a@b',
    'a b@c.de',
    'a@c.de, b@d.de',
    'a@c.de\r\nBcc: x@y.z',
    '"a b"@c.de',
    '<a@c.de>',
    'a@c..de',
    '.a@c.de',
    'a@-c.de',
    'a@127.0.0.1',
    'a(comment)@c.de',
    '@c.de',
    'a@',
    'a\u0000@c.de',
  ]) {
    assert.equal(normalizeAddress(bad), null, bad)
  }
  assert.equal(normalizeAddress(' Ann@MÜNCHEN.example '), 'ann@xn--mnchen-3ya.example')
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string()), text => {
      const once = normalizeAddress(text)
      if (once !== null) assert.equal(normalizeAddress(once), once)
    }),
  )
})
