import type { Template as Parsed } from 'liquidjs'
import { compile } from './compile.ts'
import { createEngine, problemOf } from './liquid.ts'
import { fixedMark, isFixed } from './markers.ts'
import { type Fixed, limits, type Rendered, type Reply, type Request, type Template } from './protocol.ts'

// The process in which templates of strangers run: no environment, no files to write, little memory, and a parent
// that kills it when it does not answer (see renderer.ts).

const engines = { html: createEngine({ escape: true }), plain: createEngine({ escape: false }) }
const kept = 100
type Ready = { subject: Parsed[]; html: Parsed[]; text: Parsed[]; fixed: Fixed; fixedBytes: number }
const parsed = new Map<string, Ready>()
/** The nonce of the mail that is being rendered: rendering is synchronous, one after the other. */
let nonce = ''
const perMessage = 10

const say = (reply: Reply) => process.send?.(reply)

function templateOf(template: Template, marked: boolean): Ready {
  const key = `${marked ? 'marked' : 'whole'}:${template.key}`
  const found = parsed.get(key)
  if (found) return found
  const fixed: Fixed = { html: [], text: [] }
  const html = engines.html.parse(template.html)
  const text = engines.plain.parse(template.text)
  const made: Ready = {
    subject: engines.plain.parse(template.subject),
    html: marked ? markFixed(html, fixed.html) : html,
    text: marked ? markFixed(text, fixed.text) : text,
    fixed,
    fixedBytes: Buffer.byteLength([...fixed.html, ...fixed.text].join('')),
  }
  parsed.set(key, made)
  const [oldest] = parsed.keys()
  if (parsed.size > kept && oldest !== undefined) parsed.delete(oldest)
  return made
}

/** What stands outside of all tags and is long becomes a mark, and its text goes to `fixed`. */
function markFixed(templates: Parsed[], fixed: string[]): Parsed[] {
  return templates.map(each => {
    const text = 'str' in each && typeof each.str === 'string' ? each.str : ''
    if (!isFixed(text)) return each
    const index = fixed.push(text) - 1
    return { token: each.token, render: (_context, emitter) => emitter.write(fixedMark(nonce, index)) }
  })
}

function renderOne(parts: Ready, context: Record<string, unknown>): Rendered {
  try {
    nonce = nonceOf(context)
    const html = String(engines.html.renderSync(parts.html, context))
    const text = String(engines.plain.renderSync(parts.text, context))
    const subject = String(engines.plain.renderSync(parts.subject, context))
    if (Buffer.byteLength(html) + Buffer.byteLength(text) + parts.fixedBytes > limits.outputBytes)
      return { ok: false, reason: 'the finished mail is larger than 1 MB' }
    return { ok: true, parts: { html, text, subject: oneLine(subject) } }
  } catch (error) {
    return { ok: false, reason: problemOf(error, 'source').message.slice(0, 200) }
  }
}

function nonceOf({ tend }: Record<string, unknown>): string {
  const given = typeof tend === 'object' && tend !== null && 'nonce' in tend ? tend.nonce : ''
  return typeof given === 'string' ? given : ''
}

/** A subject is one line: a line break would open a header. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 500)
}

async function answer(request: Request): Promise<void> {
  if (request.op === 'compile') {
    // Loading the compiler takes longer than any honest template: it does not count against this one.
    await import('mjml')
    say({ id: request.id, loaded: true })
    say({ id: request.id, compiled: await compile(request.source, engines) })
    return
  }
  let template: Ready
  try {
    template = templateOf(request.template, request.marked)
  } catch (error) {
    const reason = problemOf(error, 'source').message.slice(0, 200)
    say({ id: request.id, rendered: request.contexts.map(() => ({ ok: false, reason })) })
    return
  }
  if (request.marked) say({ id: request.id, fixed: template.fixed })
  for (let start = 0; start < request.contexts.length; start += perMessage) {
    const some = request.contexts.slice(start, start + perMessage)
    say({ id: request.id, rendered: some.map(context => renderOne(template, context)) })
    // Lets the answer leave before the next ones are begun: what is told is not lost to a kill.
    await new Promise(resolve => setImmediate(resolve))
  }
}

process.on('message', (request: Request) => {
  answer(request).catch((error: unknown) => {
    const message = error instanceof Error ? error.message.slice(0, 200) : 'unknown error'
    if (request.op === 'compile') {
      say({
        id: request.id,
        compiled: { compiled: null, problems: [{ path: 'source', line: null, message }], warnings: [] },
      })
    } else say({ id: request.id, rendered: request.contexts.map(() => ({ ok: false, reason: message })) })
  })
})
process.on('disconnect', () => process.exit(0))
say({ ready: true })
