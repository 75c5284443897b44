import { Parser } from 'htmlparser2'
import { hasToken } from './protect.ts'
import type { Problem } from './protocol.ts'

/** A stretch of the HTML that is to be replaced. */
export type Edit = { from: number; to: number; text: string }
/** An `<a href>` as found: the value with entities decoded, and where the attribute's tag stands. */
export type Anchor = { href: string; from: number; to: number; label: string }

export type Scan = {
  anchors: Anchor[]
  problems: Problem[]
  warnings: Problem[]
  /** Offset behind `<body ...>` and before `</body>`, or null where there is none. */
  bodyStart: number | null
  bodyEnd: number | null
}

const refused: Record<string, string> = {
  script: 'Scripts are refused: mail programs do not run them',
  iframe: 'Frames are refused: mail programs do not show them',
  object: 'Embedded objects are refused',
  embed: 'Embedded objects are refused',
  applet: 'Embedded objects are refused',
  base: 'A base address is refused: write full addresses',
  form: 'Forms are refused: link to a page with the form',
}
const addressAttributes = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'background',
  'poster',
  'xlink:href',
  'srcset',
])

/** The scheme of an address as a browser reads it: control characters and blanks do not hide it. */
export function schemeOf(address: string): string | null {
  const bare = address.replace(/[\p{Cc}\s]/gu, '')
  return /^([a-z][a-z0-9+.-]*):/i.exec(bare)?.[1]?.toLowerCase() ?? null
}

/** Walks HTML (with Liquid replaced by tokens) once: links, and what must not be in a mail. */
export function scanHtml(html: string): Scan {
  const scan: Scan = { anchors: [], problems: [], warnings: [], bodyStart: null, bodyEnd: null }
  const open: Anchor[] = []
  const line = () => html.slice(0, parser.startIndex).split('\n').length
  const bad = (message: string) => scan.problems.push({ path: 'source', line: line(), message })
  let unquoted = false
  const parser = new Parser(
    {
      onattribute(name, value, quote) {
        // A value in an unquoted attribute or as its name could bring attributes of its own.
        if (hasToken(name) || (hasToken(value) && quote !== '"' && quote !== "'")) unquoted = true
      },
      onopentag(name, attributes) {
        if (unquoted) bad(`In <${name}>, put values in quotes: href="{{ … }}"`)
        unquoted = false
        checkElement(name, attributes, bad)
        if (name === 'body' && scan.bodyStart === null) scan.bodyStart = parser.endIndex + 1
        if (name === 'img' && attributes.alt === undefined) {
          const message = `The image ${attributes.src ?? ''} has no alternative text (alt)`
          scan.warnings.push({ path: 'source', line: line(), message })
        }
        if (name !== 'a' || attributes.href === undefined) return
        open.push({
          href: attributes.href.trim(),
          from: parser.startIndex,
          to: parser.endIndex + 1,
          label: '',
        })
      },
      ontext(text) {
        for (const anchor of open) anchor.label += text
      },
      onclosetag(name) {
        if (name === 'body') scan.bodyEnd = parser.startIndex
        const anchor = name === 'a' ? open.pop() : undefined
        if (anchor)
          scan.anchors.push({ ...anchor, label: anchor.label.replace(/\s+/g, ' ').trim().slice(0, 120) })
      },
      oncomment(text) {
        if (/<\s*(script|iframe|object|embed)|javascript:|\son\w+\s*=/i.test(text))
          bad('A comment hides a script')
      },
    },
    { decodeEntities: true, lowerCaseTags: true, recognizeSelfClosing: true },
  )
  parser.end(html)
  scan.anchors.sort((a, b) => a.from - b.from)
  return scan
}

function checkElement(
  name: string,
  attributes: Record<string, string>,
  bad: (message: string) => void,
): void {
  const why = refused[name]
  if (why) bad(`<${name}>: ${why}`)
  if (name === 'meta' && /refresh/i.test(attributes['http-equiv'] ?? ''))
    bad('A mail cannot send its reader elsewhere (meta refresh)')
  for (const [attribute, value] of Object.entries(attributes)) {
    if (/^on/i.test(attribute)) bad(`${attribute}="…" is refused: mail programs do not run scripts`)
    if (!addressAttributes.has(attribute)) continue
    const scheme = schemeOf(value)
    if (scheme === 'javascript' || scheme === 'vbscript' || scheme === 'file')
      bad(`${scheme}: addresses are refused`)
    if (scheme === 'data' && !/^\s*data:image\/(png|gif|jpeg|webp)/i.test(value))
      bad('data: addresses are only for images')
  }
}

/** Applies edits that do not overlap. */
export function applyEdits(html: string, edits: Edit[]): string {
  return [...edits]
    .sort((a, b) => b.from - a.from || b.to - a.to)
    .reduce((text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to), html)
}
