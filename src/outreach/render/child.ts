import type { Template as Parsed } from 'liquidjs'
import { compile } from './compile.ts'
import { createEngine, problemOf } from './liquid.ts'
import { limits, type Rendered, type Reply, type Request, type Template } from './protocol.ts'

// The process in which templates of strangers run: no environment, no files to write, little memory, and a parent
// that kills it when it does not answer (see renderer.ts).

const engines = { html: createEngine({ escape: true }), plain: createEngine({ escape: false }) }
const kept = 100
const parsed = new Map<string, { subject: Parsed[]; html: Parsed[]; text: Parsed[] }>()
const perMessage = 10

const say = (reply: Reply) => process.send?.(reply)

function templateOf(template: Template) {
  const found = parsed.get(template.key)
  if (found) return found
  const made = {
    subject: engines.plain.parse(template.subject),
    html: engines.html.parse(template.html),
    text: engines.plain.parse(template.text),
  }
  parsed.set(template.key, made)
  const [oldest] = parsed.keys()
  if (parsed.size > kept && oldest !== undefined) parsed.delete(oldest)
  return made
}

function renderOne(template: Template, context: Record<string, unknown>): Rendered {
  try {
    const parts = templateOf(template)
    const html = String(engines.html.renderSync(parts.html, context))
    const text = String(engines.plain.renderSync(parts.text, context))
    const subject = String(engines.plain.renderSync(parts.subject, context))
    if (Buffer.byteLength(html) + Buffer.byteLength(text) > limits.outputBytes)
      return { ok: false, reason: 'the finished mail is larger than 1 MB' }
    return { ok: true, parts: { html, text, subject: oneLine(subject) } }
  } catch (error) {
    return { ok: false, reason: problemOf(error, 'source').message.slice(0, 200) }
  }
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
  for (let start = 0; start < request.contexts.length; start += perMessage) {
    const some = request.contexts.slice(start, start + perMessage)
    say({ id: request.id, rendered: some.map(context => renderOne(request.template, context)) })
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
