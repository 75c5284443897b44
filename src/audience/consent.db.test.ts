import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { readConfig } from '#platform/config.ts'
import { newId } from '#platform/ids.ts'
import { createSecrets } from '#platform/secrets.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { normalizeAddress } from './address.ts'
import { consentOf, grantIfNone, recordConsent } from './consent.ts'
import { suppress, suppressedAmong } from './suppression.ts'

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

test('whatever sources say, only the person’s own word loosens consent', async () => {
  type Act = 'sdk grant' | 'opt out' | 'own opt in'
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom<Act>('sdk grant', 'opt out', 'own opt in'), { minLength: 1, maxLength: 8 }),
      async acts => {
        const contactId = newId()
        let model: string | undefined
        for (const [n, act] of acts.entries()) {
          if (act === 'sdk grant') {
            await grantIfNone(base.db, [entry(contactId, n), entry(contactId, n)])
            model ??= 'granted'
          } else {
            const state = act === 'opt out' ? 'withdrawn' : 'granted'
            await recordConsent(base.db, [{ ...entry(contactId, n), state }])
            model = state
          }
        }
        const { current, ledger } = await consentOf(base.db, contactId)
        assert.equal(current[0]?.state, model)
        assert.equal(ledger[0]?.state, model)
        assert.ok(ledger.every(word => word.proof.n !== undefined))
      },
    ),
    { numRuns: 40 },
  )
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
