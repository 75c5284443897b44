import { parse } from 'csv-parse/sync'
import { normalizeAddress } from '../address.ts'

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type Encoding = (typeof encodings)[number]
export const delimiters = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof delimiters)[number]

/** How a file is written. `header`: whether its first row names the columns. */
export type Dialect = { encoding: Encoding; delimiter: Delimiter; header: boolean }

/**
 * The encoding of a file by its first bytes: the byte order mark, then the zeros that UTF-16 has between Latin
 * letters; then UTF-8 if all of the file is that (`isUtf8`), which other text is not by chance; else Windows-1252.
 */
export function detectEncoding(head: Buffer, isUtf8: boolean): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const sample = head.subarray(0, 4096)
  const zeros = [0, 0]
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (odd > sample.length / 5 && even < odd / 5) return 'utf-16le'
  if (even > sample.length / 5 && odd < even / 5) return 'utf-16be'
  return isUtf8 ? 'utf-8' : 'windows-1252'
}

/** Whether a piece from the middle of a file is UTF-8; letters that are cut at its ends are forgiven. */
export function isUtf8Piece(bytes: Buffer): boolean {
  let start = 0
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++
  let end = bytes.length
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    if (length > back) end = bytes.length - back
    break
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, Math.max(start, end)))
    return true
  } catch {
    return false
  }
}

/** What csv-parse is told everywhere: real files have stray quotes, ragged rows and empty lines. */
export const parseOptions = (delimiter: Delimiter) => ({
  delimiter,
  relax_quotes: true,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: 1_000_000,
})

/** The delimiter under which the first rows fall into the same number of columns, the more the better. */
export function detectDelimiter(text: string): Delimiter {
  const scored = delimiters.map(delimiter => ({ delimiter, score: scoreOf(text, delimiter) }))
  return scored.toSorted((a, b) => b.score - a.score)[0]?.delimiter ?? ','
}

function scoreOf(text: string, delimiter: Delimiter): number {
  const rows = firstRows(text, delimiter)
  const widths = new Map<number, number>()
  for (const row of rows) widths.set(row.length, (widths.get(row.length) ?? 0) + 1)
  const [width = 1, count = 0] = [...widths].toSorted((a, b) => b[1] - a[1])[0] ?? []
  // One column is what any file has under a delimiter that it does not use.
  return width === 1 ? 0 : (count / Math.max(rows.length, 1)) * 100 + Math.min(width, 50)
}

/** Up to thirty rows; a text that is cut within a quoted cell gives those before it. */
function firstRows(text: string, delimiter: Delimiter): string[][] {
  for (const to of [30, 10, 2, 1]) {
    try {
      return parse(text, { ...parseOptions(delimiter), to }) as string[][]
    } catch {
      // A quote that is never closed under this delimiter: fewer rows may still be whole.
    }
  }
  return []
}

/** A first row with an address in it is somebody already, and not a row of names. */
export function detectHeader(first: string[]): boolean {
  return !first.some(cell => normalizeAddress(cell) !== null)
}
