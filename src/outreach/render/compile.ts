import { convert } from 'html-to-text'
import type { Liquid } from 'liquidjs'
import { longRange, problemOf } from './liquid.ts'
import { escapeHtml, nonceVariable } from './markers.ts'
import { markupFromValue, type Protected, protect } from './protect.ts'
import {
  type Compiled,
  type CompileResult,
  type Link,
  limits,
  type Problem,
  type Source,
} from './protocol.ts'
import { type Anchor, applyEdits, type Edit, type Scan, scanHtml, schemeOf } from './scan.ts'

export type Engines = { html: Liquid; plain: Liquid }

type Work = { source: Source; held: Protected; links: Link[]; problems: Problem[]; warnings: Problem[] }

/**
 * Compiles an email once, when it is published: MJML to HTML, links found and marked, preheader, footer, open
 * pixel, text part. What comes out is Liquid that only needs values. Runs in the child process.
 */
export async function compile(source: Source, engines: Engines): Promise<CompileResult> {
  const problems = checkLiquid(source, engines.plain)
  const work: Work = { source, held: protect(source.source), links: [], problems, warnings: [] }
  const from = markupFromValue(work.held.text)
  if (from !== undefined)
    work.problems.push({ path: 'source', line: from, message: 'A value cannot be the name of an element' })
  if (work.problems.length > 0) return { compiled: null, problems: work.problems, warnings: [] }
  const html = source.kind === 'mjml' ? await fromMjml(work) : work.held.text
  if (html === null) return { compiled: null, problems: work.problems, warnings: work.warnings }
  const scan = scanHtml(html)
  const unplaced = ({ message, path }: Problem) => ({ path, line: null, message })
  work.problems.push(...(source.kind === 'mjml' ? scan.problems.map(unplaced) : scan.problems))
  work.warnings.push(...(source.kind === 'mjml' ? [] : scan.warnings))
  const compiled = assemble(work, html, scan)
  for (const part of ['html', 'text'] as const) checkCompiled(work, engines, { part, text: compiled[part] })
  checkSize(work, compiled, engines)
  return {
    compiled: work.problems.length > 0 ? null : compiled,
    problems: work.problems,
    warnings: work.warnings,
  }
}

/** Every field must be Liquid that parses; the line is that of the field. */
function checkLiquid(source: Source, engine: Liquid): Problem[] {
  const problems: Problem[] = []
  for (const path of ['subject', 'preheader', 'source', 'text'] as const) {
    const text = source[path] ?? ''
    if (text.includes('\0')) problems.push({ path, line: null, message: 'holds a NUL character' })
    if (Buffer.byteLength(text) > limits.sourceBytes) {
      problems.push({ path, line: null, message: `is larger than ${limits.sourceBytes / 1024} KB` })
      continue
    }
    const line = longRange(text)
    if (line !== undefined)
      problems.push({ path, line, message: `A loop over more than ${limits.rangeLength} numbers is refused` })
    try {
      engine.parse(text)
    } catch (error) {
      problems.push(problemOf(error, path))
    }
  }
  if (source.subject.trim() === '') problems.push({ path: 'subject', line: null, message: 'is missing' })
  return problems
}

async function fromMjml(work: Work): Promise<string | null> {
  const { text } = work.held
  if (depthOf(text) > limits.depth) {
    work.problems.push({
      path: 'source',
      line: null,
      message: `Elements are nested deeper than ${limits.depth}`,
    })
    return null
  }
  for (const image of text.matchAll(/<mj-image\b(?![^>]*\balt\s*=)[^>]*>/gi)) {
    const line = text.slice(0, image.index).split('\n').length
    work.warnings.push({ path: 'source', line, message: 'This image has no alternative text (alt)' })
  }
  const { default: mjml } = await import('mjml')
  try {
    // Fonts would be loaded from a stranger's server by everybody who opens the mail.
    const made = await mjml(text, {
      validationLevel: 'soft',
      keepComments: true,
      ignoreIncludes: true,
      fonts: {},
    })
    for (const { line, message } of made.errors) work.problems.push({ path: 'source', line, message })
    for (const { token, line } of work.held.snippets) {
      if (made.html.includes(token)) continue
      work.problems.push({
        path: 'source',
        line,
        message: 'MJML drops what stands here: put this Liquid inside mj-text or mj-raw',
      })
    }
    // Indentation is a quarter of what MJML writes.
    return made.html.replace(/^[ \t]+/gm, '').replace(/\n{2,}/g, '\n')
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    work.problems.push({ path: 'source', line: null, message: message.slice(0, 300) })
    return null
  }
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const tag of text.matchAll(/<(\/?)mj[a-z-]*\b[^>]*?(\/?)>/gi)) {
    if (tag[1]) depth--
    else if (!tag[2]) deepest = Math.max(deepest, ++depth)
  }
  return deepest
}

/** Marks links, derives the text part, and adds what every mail of ours has. */
function assemble(work: Work, html: string, scan: Scan): Compiled {
  const { held, source } = work
  const edits = scan.anchors.flatMap(anchor => markLink(work, html, anchor))
  const marked = applyEdits(html, edits)
  const body = scanHtml(marked)
  const foot = footer(work)
  const text = `${source.text ?? held.restore(textOf(marked))}${foot.text}`
  const pixel =
    '{% if tend.open %}<img src="{{ tend.open }}" width="1" height="1" alt="" style="display:block;border:0" />{% endif %}'
  const whole = applyEdits(marked, [
    { from: body.bodyStart ?? 0, to: body.bodyStart ?? 0, text: preheader(source.preheader) },
    { from: body.bodyEnd ?? marked.length, to: body.bodyEnd ?? marked.length, text: foot.html + pixel },
  ])
  return { subject: source.subject, html: held.restore(whole), text, links: work.links }
}

/** Web addresses get a marker and a place in the link table; what is refused becomes a problem. */
function markLink(work: Work, html: string, anchor: Anchor): Edit[] {
  const { held, source, links } = work
  const line = source.kind === 'html' ? html.slice(0, anchor.from).split('\n').length : null
  const url = held.restore(anchor.href)
  if (/^\{\{-?\s*(unsubscribe|preferences)_url\s*-?\}\}$/.test(url) || url.startsWith('#')) return []
  const scheme = schemeOf(anchor.href)
  if (scheme === 'mailto' || scheme === 'tel' || scheme === 'sms') return []
  const dynamic = url !== anchor.href
  const bad = (message: string) => void work.problems.push({ path: 'source', line, message })
  if (url === '') bad(`The link “${anchor.label}” has no address`)
  else if (scheme === null && !dynamic)
    bad(`“${url.slice(0, 100)}” is no full address: begin it with https://`)
  else if (scheme !== null && scheme !== 'http' && scheme !== 'https') bad(`${scheme}: links are refused`)
  else if (!dynamic && (!URL.canParse(url) || url.length > 4000))
    bad(`“${url.slice(0, 100)}” is no web address`)
  else {
    const index = links.push({ url, label: held.restore(anchor.label), dynamic }) - 1
    const nonce = held.add(nonceVariable)
    const tag = html.slice(anchor.from, anchor.to)
    const value = `${nonce}[${index}|${escapeHtml(anchor.href)}]${nonce}`
    const written = tag.replace(
      /(\shref\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s>]+)/i,
      (_whole, start: string) => `${start}"${value}"`,
    )
    return [{ from: anchor.from, to: anchor.to, text: written }]
  }
  return []
}

function textOf(html: string): string {
  const made = convert(html, {
    wordwrap: false,
    limits: { maxInputLength: limits.outputBytes, maxDepth: 200 },
    selectors: [
      {
        selector: 'a',
        options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ['<', '>'] },
      },
      { selector: 'img', format: 'skip' },
      { selector: 'table', format: 'block' },
      ...['h1', 'h2', 'h3', 'h4'].map(selector => ({ selector, options: { uppercase: false } })),
    ],
  })
  return made
    .replace(/[\u200b\u00ad\ufeff]/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** The line that mailboxes show after the subject; invisible in the mail itself. */
function preheader(text: string): string {
  if (text.trim() === '') return ''
  const held = protect(text)
  const filler = '&#847;&zwnj;&nbsp;'.repeat(30)
  return `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${held.restore(escapeHtml(held.text))}${filler}</div>`
}

/** Marketing mail carries a way out and the sender's postal address; what the author wrote himself is not added. */
function footer({ held, source }: Work): { html: string; text: string } {
  const uses = (name: string) => held.snippets.some(snippet => new RegExp(`\\b${name}\\b`).test(snippet.text))
  const hasLink = uses('unsubscribe_url')
  const hasChoice = uses('preferences_url')
  const hasAddress =
    uses('postal_address') || (source.postalAddress !== '' && source.source.includes(source.postalAddress))
  const html = [
    hasAddress ? '' : '{% if postal_address %}{{ postal_address }}<br />{% endif %}',
    [
      hasLink ? '' : '<a href="{{ unsubscribe_url }}" style="color:#6b7787">Unsubscribe</a>',
      hasChoice ? '' : '<a href="{{ preferences_url }}" style="color:#6b7787">Choose what you get</a>',
    ]
      .filter(Boolean)
      .join(' &middot; '),
  ].join('')
  const text = [
    hasAddress ? '' : '{% if postal_address %}{{ postal_address }}\n{% endif %}',
    hasLink && source.text === null ? '' : 'Unsubscribe: {{ unsubscribe_url }}\n',
    hasChoice && source.text === null ? '' : 'Choose what you get: {{ preferences_url }}',
  ].join('')
  const wrap = (open: string, inner: string, close: string) =>
    inner === '' ? '' : `{% if tend.marketing %}${open}${inner}${close}{% endif %}`
  const style = 'padding:16px;text-align:center;font:12px/18px Helvetica,Arial,sans-serif;color:#6b7787'
  return { html: wrap(`<div style="${style}">`, html, '</div>'), text: wrap('\n\n-- \n', text, '\n') }
}

function checkCompiled(
  work: Work,
  engines: Engines,
  { part, text }: { part: 'html' | 'text'; text: string },
): void {
  try {
    engines[part === 'html' ? 'html' : 'plain'].parse(text)
  } catch (error) {
    const { message } = problemOf(error, 'source')
    work.problems.push({
      path: part === 'html' ? 'source' : 'text',
      line: null,
      message: `After compiling: ${message}`,
    })
  }
}

/** A trial with an invented contact: what fails here would fail for everybody. */
function checkSize(work: Work, compiled: Compiled, engines: Engines): void {
  if (work.problems.length > 0) return
  try {
    const trial: string = engines.html.parseAndRenderSync(compiled.html, sample)
    const bytes = Buffer.byteLength(trial)
    if (bytes > limits.outputBytes)
      work.problems.push({ path: 'source', line: null, message: 'The finished mail is larger than 1 MB' })
    else if (bytes > limits.clipBytes) {
      work.warnings.push({
        path: 'source',
        line: null,
        message: `The finished mail has ${Math.ceil(bytes / 1024)} KB; Gmail cuts off after 102 KB`,
      })
    }
    engines.plain.parseAndRenderSync(compiled.text, sample)
    engines.plain.parseAndRenderSync(compiled.subject, sample)
  } catch (error) {
    work.problems.push({ ...problemOf(error, 'source'), line: null })
  }
}

const sample = {
  contact: { id: '1', email: 'ann@example.com', first_name: 'Ann', last_name: 'Lee', attrs: {} },
  tend: { nonce: 'n', marketing: true, open: 'https://example.com/o.gif' },
  unsubscribe_url: 'https://example.com/u',
  preferences_url: 'https://example.com/p',
  visitor_token: 'token',
  postal_address: '',
  now: '2026-01-01T00:00:00.000Z',
}
