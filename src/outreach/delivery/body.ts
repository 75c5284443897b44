import { encode, wrap } from 'nodemailer/lib/qp'
import { splitFixed } from '../render/markers.ts'
import type { Fixed, Parts } from '../render/protocol.ts'

/** Fixed stretches as they stand in a mail: quoted-printable, each ending at the beginning of a line. */
export type FixedBytes = { html: Buffer[]; text: Buffer[] }

/** What a mail is made of: its parts, with marks under `nonce` where fixed stretches belong. */
export type Marked = Parts & { nonce: string; fixed: FixedBytes }

const nothing: FixedBytes = { html: [], text: [] }

/** Parts without marks. */
export function unmarked(parts: Parts): Marked {
  return { ...parts, nonce: '', fixed: nothing }
}

export function encodeFixed({ html, text }: Fixed): FixedBytes {
  return { html: html.map(encodeStretch), text: text.map(encodeStretch) }
}

/**
 * A line of quoted-printable has at most 76 characters (RFC 2045, section 6.7): this, a soft break's `=`, and two more
 * for a dot at its beginning, which is written as `=2E` so that SMTP need not double it.
 */
const lineLength = 73
const softBreak = '=\r\n'

/** A stretch by itself: a soft break at its end makes it independent of what stands before and behind it. */
function encodeStretch(text: string): Buffer {
  const written = wrap(encode(text.replace(/\r\n?|\n/g, '\r\n')), lineLength).replace(/^\./gm, '=2E')
  const isClosed = written === '' || written.endsWith('\r\n')
  return Buffer.from(isClosed ? written : written + softBreak, 'latin1')
}

function stretchOf(fixed: Buffer[], index: number): Buffer {
  const found = fixed[index]
  if (!found) throw new Error(`the mail has no fixed stretch ${index}`)
  return found
}

function encodePart(marked: string, { nonce, fixed }: { nonce: string; fixed: Buffer[] }): Buffer {
  const pieces = fixed.length > 0 ? splitFixed(marked, nonce) : [marked]
  const bytes = Buffer.concat(
    pieces.map((piece, i) => (i % 2 === 1 ? stretchOf(fixed, Number(piece)) : encodeStretch(piece))),
  )
  // The line break before a boundary belongs to the boundary: what is open here stays open.
  return bytes.subarray(-softBreak.length).toString('latin1') === softBreak
    ? bytes.subarray(0, -softBreak.length)
    : bytes
}

/** The body of a mail with two alternatives, plain text first (RFC 2046, section 5.1.4). */
export function encodeBody({ html, text, nonce, fixed }: Marked, boundary: string): Buffer {
  const part = (type: string) =>
    `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`
  return Buffer.concat([
    Buffer.from(part('text/plain')),
    encodePart(text, { nonce, fixed: fixed.text }),
    Buffer.from(`\r\n${part('text/html')}`),
    encodePart(html, { nonce, fixed: fixed.html }),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
}
