import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectDelimiter, detectEncoding, detectHeader, isUtf8Piece } from './dialect.ts'
import { guessMapping } from './guess.ts'

const text = 'email;name\r\nj\u00fcrgen@example.org;J\u00fcrgen'
const swapped = (buffer: Buffer) => Buffer.from(buffer).swap16()

test('encodings are told apart with and without their mark', () => {
  const utf16 = Buffer.from(text, 'utf16le')
  const files: [string, Buffer][] = [
    ['utf-8', Buffer.from(text)],
    ['utf-8', Buffer.from(`\uFEFF${text}`)],
    ['utf-16le', utf16],
    ['utf-16le', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['utf-16be', swapped(utf16)],
    ['utf-16be', swapped(Buffer.from(`\uFEFF${text}`, 'utf16le'))],
    ['windows-1252', Buffer.from(text, 'latin1')],
    ['utf-8', Buffer.from('email\nann@example.org')],
  ]
  for (const [encoding, bytes] of files) {
    const found = detectEncoding(bytes, isUtf8Piece(bytes))
    assert.equal(found, encoding)
    assert.equal(new TextDecoder(found).decode(bytes).startsWith('email'), true)
  }
})

test('a piece that is cut within a letter is UTF-8 still, and one with a stray byte is not', () => {
  const bytes = Buffer.from('\u{1F600}\u20AC\u00FC\u{1F600}')
  for (let from = 0; from < 4; from++)
    for (let to = bytes.length - 3; to <= bytes.length; to++)
      assert.equal(isUtf8Piece(bytes.subarray(from, to)), true, `${from} to ${to}`)
  assert.equal(isUtf8Piece(Buffer.from('J\u00fcrgen', 'latin1')), false)
})

test('the delimiter is the one under which rows fall into equal columns', () => {
  assert.equal(detectDelimiter('a,b,c\n1,2,3\n'), ',')
  assert.equal(detectDelimiter('a;b\n"1,5;x";2\n1,2;3,4\n'), ';')
  assert.equal(detectDelimiter('a\tb\n"x\ny"\t2\n'), '\t')
  assert.equal(detectDelimiter('email\nann@example.org\n'), ',')
})

test('a first row with an address in it is no header', () => {
  assert.equal(detectHeader(['E-Mail', 'Name']), true)
  assert.equal(detectHeader(['ann@example.org', 'Ann']), false)
})

test('columns are guessed by their names in several languages, and else by what stands in them', () => {
  const column = (name: string, ...samples: string[]) => ({ name, samples })
  const found = guessMapping(
    [
      column('Pr\u00e9nom', 'Zo\u00e9'),
      column('Nom', 'Petit'),
      column('Contact', 'zoe@example.org', 'ann@example.org'),
      column('PLZ', '01234'),
      column('Kunde', 'yes', 'no'),
      column('Email', 'x'),
      column('Seit', '13.02.2024'),
      column('', 'x'),
      column('Unsubscribed', 'no'),
    ],
    [],
  )
  assert.deepEqual(
    found.map(({ to, create, format }) => [to, create?.type, format].filter(Boolean).join(' ')),
    [
      'first_name',
      'last_name',
      'attrs.contact text',
      'attrs.plz text',
      'attrs.kunde boolean',
      'email',
      'attrs.seit date dmy',
      '',
      'opt_out',
    ],
  )
  assert.equal(guessMapping([column('Wer', 'ann@example.org')], [])[0]?.to, 'email')
})
