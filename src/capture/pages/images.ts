import { invalid } from '#platform/errors.ts'

/** Larger ones would make a page slow: the screens scale photos down before they send them. */
export const maxImageBytes = 700 * 1024
const maxSide = 10_000

export type Picture = {
  type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  width: number
  height: number
  bytes: Buffer
}

/**
 * Reads an image by its structure, never by its name, and writes it anew from the parts that make the picture:
 * no EXIF (which may say where it was taken), no comments, and nothing after its end, where other files hide.
 * Throws `invalid` for everything that is no complete PNG, JPEG, GIF or WebP up to 700 KB and 10,000 px a side.
 */
export function readPicture(bytes: Buffer): Picture {
  if (bytes.length > maxImageBytes) throw refuse('is larger than 700 KB')
  const picture = readPng(bytes) ?? readJpeg(bytes) ?? readGif(bytes) ?? readWebp(bytes)
  if (!picture) throw refuse('is no PNG, JPEG, GIF or WebP image, or is damaged')
  const { width, height } = picture
  if (width < 1 || height < 1 || width > maxSide || height > maxSide)
    throw refuse(`must be between 1 and ${maxSide} px wide and high`)
  return picture
}

const refuse = (message: string) => invalid('This image cannot be used.', [{ path: 'data', message }])

const pngHead = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const pngKept = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'sBIT',
  'pHYs',
  'acTL',
  'fcTL',
  'fdAT',
])

/** PNG (ISO/IEC 15948): a head and chunks of length, type, data and checksum up to IEND. */
function readPng(bytes: Buffer): Picture | null {
  if (!bytes.subarray(0, 8).equals(pngHead)) return null
  const kept: Buffer[] = [pngHead]
  let size: { width: number; height: number } | null = null
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + length
    if (end > bytes.length) return null
    if (type === 'IHDR' && length === 13)
      size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) }
    if (size === null) return null
    if (pngKept.has(type)) kept.push(bytes.subarray(at, end))
    if (type === 'IEND') return { type: 'image/png', ...size, bytes: Buffer.concat(kept) }
    at = end
  }
  return null
}

/** JPEG (ITU T.81): segments up to the scans; of the application segments only JFIF, ICC profile and Adobe stay. */
function readJpeg(bytes: Buffer): Picture | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null
  const kept: Buffer[] = [bytes.subarray(0, 2)]
  let size: { width: number; height: number } | null = null
  let at = 2
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return null
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xd9)
      return (
        size && { type: 'image/jpeg', ...size, bytes: Buffer.concat([...kept, bytes.subarray(at, at + 2)]) }
      )
    const length = bytes.readUInt16BE(at + 2)
    let end = at + 2 + length
    if (length < 2 || end > bytes.length) return null
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker) && length >= 8)
      size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    // After the head of a scan come its data, up to the next marker that is no restart and no stuffed byte.
    if (marker === 0xda) end = endOfScan(bytes, end)
    if (marker <= 0xe0 || marker === 0xe2 || marker === 0xee) kept.push(bytes.subarray(at, end))
    at = end
  }
  return null
}

function endOfScan(bytes: Buffer, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1] ?? 0
    if (bytes[at] === 0xff && next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at
  }
  return bytes.length
}

/** GIF (89a): comments and application data but the loop count are left out. */
function readGif(bytes: Buffer): Picture | null {
  if (!/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6)) || bytes.length < 14) return null
  const table = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  let at = 13 + table(bytes[10] ?? 0)
  const kept: Buffer[] = [bytes.subarray(0, at)]
  const size = { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  let frames = 0
  while (at < bytes.length) {
    const start = at
    const kind = bytes[at]
    if (kind === 0x3b) {
      if (frames === 0) return null
      return { type: 'image/gif', ...size, bytes: Buffer.concat([...kept, bytes.subarray(at, at + 1)]) }
    }
    if (kind === 0x2c) {
      frames++
      at = endOfBlocks(bytes, at + 11 + table(bytes[at + 9] ?? 0))
    } else if (kind === 0x21) at = endOfBlocks(bytes, at + 2)
    else return null
    const isLoop = bytes.toString('latin1', start + 3, start + 14) === 'NETSCAPE2.0'
    if (kind === 0x2c || bytes[start + 1] === 0xf9 || isLoop) kept.push(bytes.subarray(start, at))
  }
  return null
}

function endOfBlocks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0)
  return at + 1
}

const webpKept = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP'])

/** WebP (RFC 9649): a RIFF file of chunks; EXIF and XMP are left out, and their flags taken back. */
function readWebp(bytes: Buffer): Picture | null {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') return null
  const kept: Buffer[] = []
  let size: { width: number; height: number } | null = null
  const end = Math.min(bytes.length, 8 + bytes.readUInt32LE(4))
  for (let at = 12; at + 8 <= end; ) {
    const type = bytes.toString('latin1', at, at + 4)
    const length = bytes.readUInt32LE(at + 4)
    const next = at + 8 + length + (length % 2)
    if (at + 8 + length > end) return null
    const chunk = Buffer.from(bytes.subarray(at, Math.min(next, end)))
    size ??= webpSize(type, chunk.subarray(8))
    if (type === 'VP8X') chunk[8] = (chunk[8] ?? 0) & ~0x0c
    if (webpKept.has(type)) kept.push(chunk)
    at = next
  }
  if (!size || kept.length === 0) return null
  const body = Buffer.concat(kept)
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1')
  head.writeUInt32LE(body.length + 4, 4)
  return { type: 'image/webp', ...size, bytes: Buffer.concat([head, body]) }
}

function webpSize(type: string, data: Buffer): { width: number; height: number } | null {
  if (type === 'VP8X' && data.length >= 10)
    return { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 }
  if (type === 'VP8 ' && data.length >= 10)
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff }
  if (type !== 'VP8L' || data.length < 5 || data[0] !== 0x2f) return null
  const bits = data.readUInt32LE(1)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
