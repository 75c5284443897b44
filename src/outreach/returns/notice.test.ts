import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answers, bounces, complaints } from './corpus.fixture.ts'
import { bounds, readMail } from './mime.ts'
import { readNotice } from './notice.ts'
import { away, providers } from './providers.fixture.ts'

const about = {
  returnPath: `b+${'a'.repeat(47)}@bounce.localhost`,
  messageId: `<${'b'.repeat(47)}@bounce.localhost>`,
  recipient: 'ann@people.example',
}

const corpus = [...bounces, ...providers, ...answers, ...away, ...complaints]
for (const sample of corpus) {
  test(`${sample.name}: ${sample.kind}`, () => {
    const notice = readNotice(Buffer.from(sample.raw(about), 'utf8'))
    assert.equal(notice.kind, sample.kind, notice.words)
    if (sample.status !== undefined) assert.equal(notice.status, sample.status)
    assert.ok(!/[\r\n]/.test(notice.words) && notice.words.length <= 300)
  })
}

test('a mail that is given back, whole, as headers or in a text, names its Message-ID', () => {
  for (const sample of [...bounces, ...providers, ...complaints]) {
    const raw = sample.raw(about)
    if (raw.includes(about.messageId))
      assert.ok(readNotice(Buffer.from(raw)).messageIds.includes(about.messageId), sample.name)
  }
})

test('words of another language are read in their charset', () => {
  const part = readMail(
    Buffer.from(
      'Subject: =?iso-8859-1?Q?=C9chec?= =?utf-8?B?w6k=?=\r\nContent-Type: text/plain; charset="ISO-8859-1"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nbo=EEte =\r\npleine',
    ),
  )[0]
  assert.deepEqual([part?.headers.get('subject'), part?.text], ['Échecé', 'boîte pleine'])
})

const fast = (raw: Buffer) => {
  const began = performance.now()
  const notice = readNotice(raw)
  const took = performance.now() - began
  assert.ok(took < 1500, `took ${took} ms`)
  return notice
}

const hostile: [string, () => Buffer][] = [
  [
    'a thousand parts within parts',
    () =>
      Buffer.from(
        Array.from(
          { length: 1000 },
          (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`,
        ).join(''),
      ),
  ],
  ['mails within mails', () => Buffer.from('Content-Type: message/rfc822\r\n\r\n'.repeat(9000))],
  [
    'ten thousand parts',
    () =>
      Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(10_000)}`),
  ],
  ['100,000 headers', () => Buffer.from(`${'X-A: b\r\n'.repeat(100_000)}\r\n`)],
  ['one header of ten megabytes', () => Buffer.from(`Subject: ${'a'.repeat(10_000_000)}\r\n\r\n`)],
  ['a header folded without end', () => Buffer.from(`Subject: a\r\n${' b\r\n'.repeat(80_000)}\r\n`)],
  [
    'broken base64',
    () =>
      Buffer.from(
        `Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n${'=%$!\0'.repeat(40_000)}`,
      ),
  ],
  [
    'a charset that is none',
    () => Buffer.from('Content-Type: text/plain; charset=x-klingon\r\n\r\n\xff\xfe550'),
  ],
  [
    'encoded words by the thousand',
    () => Buffer.from(`From: mailer-daemon@x\r\nSubject: ${'=?a?q?=?'.repeat(500)}\r\n\r\n`),
  ],
  [
    'a boundary of nothing',
    () => Buffer.from('Content-Type: multipart/report; boundary=""\r\n\r\n--\r\n----\r\n'),
  ],
  [
    'dashes for the patterns to get lost in',
    () =>
      Buffer.from(
        `From: mailer-daemon@x\r\nSubject: failure notice\r\n\r\n${`${'-'.repeat(60_000)}\n`.repeat(4)}`,
      ),
  ],
  [
    'brackets for the patterns to get lost in',
    () =>
      Buffer.from(
        `From: mailer-daemon@x\r\nSubject: failure notice\r\nContent-Type: text/html\r\n\r\n${'<'.repeat(250_000)}`,
      ),
  ],
  [
    'names of prototypes',
    () => Buffer.from('__proto__: x\r\nContent-Type: text/plain; __proto__=y; constructor=z\r\n\r\n'),
  ],
  ['a report cut off in the middle', () => Buffer.from(bounces[0]?.raw(about).slice(0, 900) ?? '')],
  ['nothing', () => Buffer.alloc(0)],
]
for (const [name, make] of hostile) {
  test(`hostile: ${name}: read in time, little kept`, () => {
    const raw = make()
    fast(raw)
    const parts = readMail(raw)
    assert.ok(parts.length <= bounds.parts)
    assert.ok(
      parts.every(part => part.headers.size <= bounds.headerLines && part.text.length <= bounds.mostText),
    )
  })
}

test('whatever the bytes are, reading them throws nothing', () => {
  const pieces = fc.constantFrom(
    'Content-Type: multipart/report; boundary=x\r\n',
    '--x\r\n',
    '--x--',
    'Content-Type: message/delivery-status\r\n',
    '\r\n\r\n',
    'Action: failed\r\n',
    'Status: 5.1.1\r\n',
    'Subject: =?utf-8?q?=C3?=\r\n',
    'Content-Transfer-Encoding: base64\r\n',
    ' folded\r\n',
    ':\r\n',
  )
  const mail = fc.array(fc.oneof(pieces, fc.string(), fc.string({ unit: 'binary' })), { maxLength: 40 })
  fc.assert(
    fc.property(mail, parts => void fast(Buffer.from(parts.join(''), 'latin1'))),
    { numRuns: 500 },
  )
})
