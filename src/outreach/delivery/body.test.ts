import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { fixedMark } from '../render/markers.ts'
import { encodeBody, encodeFixed, unmarked } from './body.ts'

const nonce = 't0123456789abcdef01'
const boundary = 'b-7f3a'
const head = `MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n`
const read = async (body: Buffer) => {
  const { html, text } = await simpleParser(Buffer.concat([Buffer.from(head), body]))
  return { html: html || '', text: text ?? '' }
}
/** What a reader makes of line breaks, and of the end of a text. */
const plain = (text: string) => text.replace(/\r\n?/g, '\n').trimEnd()

const stretch = fc
  .array(
    fc.constantFrom('.', '=', ' ', '\n', '\r\n', '\t', 'word ', 'ä€', '🎈', '.\n.', 'x'.repeat(120), '<p>'),
    { maxLength: 40 },
  )
  .map(parts => parts.join(''))

test('whatever stands in fixed and in personal stretches arrives as it was, in lines of at most 76', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stretch, { maxLength: 4 }),
      fc.array(stretch, { minLength: 5 }),
      async (fixed, own) => {
        const join = (mark: (index: number) => string) =>
          own.map((text, i) => text + (i < fixed.length ? mark(i) : '')).join('')
        const bytes = encodeFixed({ html: fixed, text: fixed })
        const marked = join(index => fixedMark(nonce, index))
        const body = encodeBody({ subject: '', html: marked, text: marked, nonce, fixed: bytes }, boundary)
        const whole = plain(join(index => fixed[index] ?? ''))
        const got = await read(body)
        assert.equal(plain(got.text), whole)
        assert.equal(plain(got.html), whole)
        for (const line of body.toString('latin1').split('\r\n')) {
          assert.ok(line.length <= 76, line)
          assert.doesNotMatch(line, /[\r\n]|^\./)
        }
      },
    ),
    { numRuns: 150 },
  )
})

test('a mail without marks arrives as it was, and a mark that leads nowhere is an error', async () => {
  const parts = { subject: 'Hi', html: '<p>Grüße</p>', text: 'Grüße.\n.\n' }
  assert.equal(plain((await read(encodeBody(unmarked(parts), boundary))).html), '<p>Grüße</p>')
  const lost = { ...parts, html: fixedMark(nonce, 7), nonce, fixed: encodeFixed({ html: ['x'], text: [] }) }
  assert.throws(() => encodeBody(lost, boundary), /no fixed stretch 7/)
})
