/**
 * What strangers send us as mail, taken apart with every size bounded: whatever the bytes are, this ends quickly, keeps
 * little and throws nothing. Only what a bounce, a complaint or an automatic answer needs is understood (RFC 2045,
 * 2047, 5322); anything else is a part with less in it.
 */
export type Part = {
  /** Lower case, without parameters: `message/delivery-status`. */
  type: string
  parameters: Record<string, string>
  /** The first of each name, lower case; folded lines joined, encoded words decoded. */
  headers: Map<string, string>
  /** Decoded text, at most `mostText` characters; empty for a part that holds parts. */
  text: string
}

export const bounds = {
  /** Beyond these nothing is looked at. */
  bytes: 256 * 1024,
  parts: 60,
  depth: 8,
  headerLines: 400,
  headerChars: 4000,
  mostText: 64 * 1024,
}

/** All parts of a mail in order, the mail itself first. A mail within the mail is a part, too. */
export function readMail(raw: Buffer): Part[] {
  const source = raw
    .subarray(0, bounds.bytes)
    .toString('latin1')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
  const parts: Part[] = []
  // A list of what is still to be opened instead of a recursion: nesting costs no stack.
  const waiting: { source: string; depth: number }[] = [{ source, depth: 0 }]
  while (waiting.length > 0 && parts.length < bounds.parts) {
    const next = waiting.shift()
    if (!next) break
    const { part, inner } = readPart(next.source)
    parts.push(part)
    if (next.depth < bounds.depth)
      waiting.unshift(...inner.slice(0, bounds.parts).map(text => ({ source: text, depth: next.depth + 1 })))
  }
  return parts
}

function readPart(source: string): { part: Part; inner: string[] } {
  const { headers, body } = splitHead(source)
  const { type, parameters } = readType(headers.get('content-type') ?? 'text/plain')
  const part: Part = { type, parameters, headers, text: '' }
  if (type.startsWith('multipart/')) return { part, inner: splitBody(body, parameters.boundary ?? '') }
  const decoded = decodeBody(body, headers.get('content-transfer-encoding') ?? '', parameters.charset ?? '')
  part.text = decoded.slice(0, bounds.mostText).replaceAll('\r\n', '\n')
  return { part, inner: type === 'message/rfc822' || type === 'message/global' ? [part.text] : [] }
}

/** Headers up to the first empty line. Lines that are no header are left out; names are counted once. */
export function splitHead(source: string): { headers: Map<string, string>; body: string } {
  const begin = source.startsWith('\n') ? 0 : source.indexOf('\n\n')
  const head = begin < 0 ? source : source.slice(0, begin)
  const body = begin < 0 ? '' : source.slice(begin + (begin === 0 ? 1 : 2))
  const lines = head.split('\n', bounds.headerLines)
  return { headers: headersOf(lines), body }
}

function headersOf(lines: string[]): Map<string, string> {
  const raw = new Map<string, string>()
  let name: string | null = null
  for (const line of lines) {
    const more = name === null ? undefined : raw.get(name)
    if (/^[ \t]/.test(line)) {
      if (name !== null && more !== undefined && more.length < bounds.headerChars)
        raw.set(name, `${more} ${line.trim()}`.slice(0, bounds.headerChars))
      continue
    }
    const found = /^([!-9;-~]{1,80}):[ \t]*(.*)$/.exec(line)
    name = found?.[1]?.toLowerCase() ?? null
    if (name === null || raw.has(name)) name = null
    else raw.set(name, (found?.[2] ?? '').slice(0, bounds.headerChars))
  }
  return new Map([...raw].map(([key, value]) => [key, decodeWords(value).trim()]))
}

function readType(value: string): { type: string; parameters: Record<string, string> } {
  const [type = '', ...rest] = value.split(';', 20)
  const parameters: Record<string, string> = Object.create(null)
  for (const piece of rest) {
    const at = piece.indexOf('=')
    const name = piece.slice(0, Math.max(at, 0)).trim().toLowerCase()
    if (at < 0 || !/^[a-z-]{1,30}$/.test(name)) continue
    parameters[name] ??= piece
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .slice(0, 200)
  }
  return { type: type.trim().toLowerCase().slice(0, 100), parameters }
}

function splitBody(body: string, boundary: string): string[] {
  if (boundary === '') return []
  const inner: string[] = []
  let open: string[] | null = null
  for (const line of body.split('\n')) {
    const isMark = line.startsWith('--') && line.slice(2, 2 + boundary.length) === boundary
    if (!isMark) {
      open?.push(line)
      continue
    }
    if (open) inner.push(open.join('\n'))
    if (inner.length >= bounds.parts || line.slice(2 + boundary.length).trim() === '--') return inner
    open = []
  }
  // Cut off in the middle: what there is counts.
  return open ? [...inner, open.join('\n')] : inner
}

function decodeBody(body: string, encoding: string, charset: string): string {
  const way = encoding.trim().toLowerCase()
  if (way === 'base64') return toText(Buffer.from(body, 'base64'), charset)
  if (way === 'quoted-printable') return toText(unquote(body.replace(/=[ \t]*\n/g, '')), charset)
  return toText(Buffer.from(body, 'latin1'), charset)
}

/** `=C3=BC` to the bytes that it means; an equals sign that means nothing stays. */
function unquote(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
}

/** Bytes in a charset that somebody named; UTF-8 where he named none, and Latin-1 where that cannot be. */
function toText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset || 'utf-8', { fatal: charset === '' }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

/** Encoded words (RFC 2047), those that stand side by side as one. Raw bytes beyond ASCII count as UTF-8. */
function decodeWords(value: string): string {
  const plain = /[\u0080-\u00ff]/.test(value) ? toText(Buffer.from(value, 'latin1'), '') : value
  return plain
    .replace(/(=\?[^?\s]{1,40}\?[bq]\?[^?]{0,500}\?=)\s+(?==\?)/gi, '$1')
    .replace(
      /=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bq])\?([^?]{0,500})\?=/gi,
      (_all, charset, way, text) =>
        way.toLowerCase() === 'b'
          ? toText(Buffer.from(text, 'base64'), charset)
          : toText(unquote(text.replaceAll('_', ' ')), charset),
    )
}
