import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { readConfig } from '#platform/config.ts'
import { createSecrets } from '#platform/secrets.ts'
import {
  isSignedLink,
  makeMailToken,
  makeToken,
  type Purpose,
  readDocument,
  readMailToken,
  readToken,
  signDocument,
  signLink,
} from './tokens.ts'

const make = () => createSecrets(readConfig({ TEND_SECRET_KEY: randomBytes(32).toString('base64') }))
const secrets = make()
const ids = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)
const subjects = fc.record({ contactId: ids, messageId: ids }, { noNullPrototype: true })
const purposes: Purpose[] = ['click', 'open', 'unsubscribe', 'bounce']

test('a token names its message again, for its own purpose and with its own key only (property)', () => {
  const others = make()
  fc.assert(
    fc.property(
      subjects,
      fc.constantFrom(...purposes),
      fc.constantFrom(...purposes),
      (subject, purpose, other) => {
        const token = makeToken(secrets, purpose, subject)
        assert.match(token, /^[\w-]{39}$/)
        assert.deepEqual(readToken(secrets, purpose, token), subject)
        if (other !== purpose) assert.equal(readToken(secrets, other, token), null)
        assert.equal(readToken(others, purpose, token), null)
      },
    ),
  )
})

test('a token with any change is nobody’s (property)', () => {
  const token = makeToken(secrets, 'unsubscribe', { contactId: '12345', messageId: '67890' })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  fc.assert(
    fc.property(fc.nat(38), fc.constantFrom(...alphabet), (place, char) => {
      const forged = token.slice(0, place) + char + token.slice(place + 1)
      if (forged !== token) assert.equal(readToken(secrets, 'unsubscribe', forged), null)
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), text => assert.equal(readToken(secrets, 'click', text), null)),
  )
})

test('a return path survives hosts that fold its case, and fits into 64 characters', () => {
  fc.assert(
    fc.property(subjects, subject => {
      const token = makeMailToken(secrets, 'bounce', subject)
      assert.match(token, /^[a-z2-7]{47}$/)
      assert.ok(`b+${token}`.length <= 64)
      assert.deepEqual(readMailToken(secrets, 'bounce', token.toUpperCase()), subject)
      assert.equal(readMailToken(secrets, 'message', token), null)
    }),
  )
})

test('a link is signed with its token, its place and its address', () => {
  const link = { token: 't', index: 3, url: 'https://example.com/' }
  const mac = signLink(secrets, link.token, link.index, link.url)
  assert.equal(isSignedLink(secrets, { ...link, mac }), true)
  for (const change of [
    { token: 'u' },
    { index: 4 },
    { url: 'https://evil.example/' },
    { mac: '' },
    { mac: `${mac}AA` },
  ]) {
    assert.equal(isSignedLink(secrets, { ...link, mac, ...change }), false)
  }
})

test('a document is shown until its time is over', () => {
  const until = new Date('2026-05-01T12:00:00Z')
  const signed = signDocument(secrets, 'mailbox', '42', until)
  assert.deepEqual(readDocument(secrets, signed, until), { kind: 'mailbox', id: '42' })
  assert.equal(readDocument(secrets, signed, new Date(until.getTime() + 1)), null)
  assert.equal(
    readDocument(secrets, makeToken(secrets, 'click', { contactId: '1', messageId: '2' }), new Date(0)),
    null,
  )
})
