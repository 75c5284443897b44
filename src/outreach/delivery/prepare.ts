import { setImmediate } from 'node:timers/promises'
import type { Services } from '#platform/services.ts'
import { contextFor, finishLinks } from '../context.ts'
import type { VersionRow } from '../emails.sql.ts'
import { escapeHtml } from '../render/markers.ts'
import type { Fixed, Parts } from '../render/protocol.ts'
import type { Renderer } from '../render/renderer.ts'
import type { Settings } from '../settings.ts'
import { trackingOf } from '../tracking.ts'
import { encodeFixed, type FixedBytes, type Marked, unmarked } from './body.ts'
import type { Claimed } from './claim.ts'
import { composeMail } from './compose.ts'

export type Prepared = { message: Claimed; subject: string; raw: Buffer }
export type Unfit = { message: Claimed; text: string; again: boolean }

type Batch = { messages: Claimed[]; settings: Settings; now: Date }

/** So many are rendered in one go, while those before are on their way: few at first, so that the lines get work. */
const firstRows = 10
const mostRows = 50

/**
 * Renders a claimed batch of emails and composes the mails, a few at a time and always one step ahead of who takes
 * them: templates run in another process, which must not wait for the mail server, nor it for them.
 */
export async function* prepareMails(
  services: Services,
  renderer: Renderer,
  { messages, ...rest }: Batch,
): AsyncGenerator<Prepared | Unfit, void> {
  let taken = 0
  const begin = (rows: number) => {
    const some = messages.slice(taken, taken + rows)
    taken += some.length
    if (some.length === 0) return null
    const batch = renderAll(services, renderer, { ...rest, messages: some }).then(rendered => ({
      some,
      rendered,
    }))
    // Told where it is awaited; nobody awaits it any more when the batch broke off before.
    batch.catch(() => undefined)
    return batch
  }
  let rows = firstRows
  let next = begin(rows)
  while (next) {
    const { some, rendered } = await next
    rows = Math.min(mostRows, rows * 2)
    next = begin(rows)
    for (const message of some) {
      yield prepareOne(services, message, { ...rest, rendered: rendered.get(message.id) })
      // Mails are put together by the process that also answers visitors: between two of them it does.
      await setImmediate()
    }
  }
}

/** Who cannot be rendered fails alone. */
function prepareOne(
  services: Services,
  message: Claimed,
  { rendered, settings, now }: Omit<Batch, 'messages'> & { rendered: Rendered | undefined },
): Prepared | Unfit {
  if (!rendered?.ok) {
    // A limit may have been hit because the machine was busy; an error of the template stays one.
    const reason = rendered?.reason ?? 'it could not be rendered'
    const again = /too long|too much|kept breaking/.test(reason)
    return { message, text: `The email could not be rendered: ${reason}`, again }
  }
  try {
    const parts = rendered.finish()
    return { message, subject: parts.subject, raw: composeMail(services, message, { parts, settings, now }) }
  } catch (error) {
    return { message, text: error instanceof Error ? error.message : String(error), again: false }
  }
}

/** A letter's parts, finished when they are asked for, or why there are none. */
type Rendered = { ok: true; finish(): Marked } | { ok: false; reason: string }

/** Version by version. */
async function renderAll(
  services: Services,
  renderer: Renderer,
  batch: Batch,
): Promise<Map<string, Rendered>> {
  const results = new Map<string, Rendered>()
  const versions = new Map<string, { version: VersionRow; messages: Claimed[] }>()
  for (const message of batch.messages) {
    const { version, payload } = message
    if (payload) results.set(message.id, { ok: true, finish: () => unmarked(written(payload)) })
    else if (version) {
      const group = versions.get(version.id) ?? { version, messages: [] }
      group.messages.push(message)
      versions.set(version.id, group)
    }
  }
  for (const { version, messages } of versions.values()) {
    const rendered = await renderVersion(services, renderer, { ...batch, version, messages })
    for (const [i, message] of messages.entries()) {
      results.set(message.id, rendered[i] ?? { ok: false, reason: 'it was not rendered' })
    }
  }
  return results
}

/** One result per message, in order. */
async function renderVersion(
  services: Services,
  renderer: Renderer,
  { version, messages, settings, now }: Batch & { version: VersionRow },
): Promise<Rendered[]> {
  const { id, subject, html, text, links } = version
  const subjects = messages.map(message => ({ contactId: message.contactId, messageId: message.id }))
  const tracks = await trackingOf(
    services.db,
    messages.map(message => message.contactId),
  )
  const contexts = messages.map((message, i) =>
    contextFor(services, {
      contact: message.contact,
      isMarketing: message.class === 'marketing',
      postalAddress: settings.postalAddress,
      now,
      subject: subjects[i] ?? null,
      tracksOpens: tracks(message.contactId, 'open'),
    }),
  )
  const { fixed, results } = await renderer.renderMarked({ key: id, subject, html, text }, contexts)
  const bytes = fixed && encodedOnce(version, fixed)
  const isDynamic = (index: number) => links[index]?.dynamic ?? true
  return results.map((result, i) => {
    const nonce = contexts[i]?.tend.nonce
    if (!result.ok || !nonce || !bytes)
      return result.ok ? { ok: false, reason: 'it was not rendered' } : result
    const tracksClicks = tracks(subjects[i]?.contactId ?? '', 'click')
    const given = { nonce, subject: subjects[i] ?? null, isDynamic, tracksClicks }
    const finish = () => ({ ...finishLinks(services, result.parts, given), nonce, fixed: bytes })
    return { ok: true, finish }
  })
}

/** By the row of a version, which is read once and kept while it is in use. */
const encoded = new WeakMap<VersionRow, FixedBytes>()

function encodedOnce(version: VersionRow, fixed: Fixed): FixedBytes {
  const bytes = encoded.get(version) ?? encodeFixed(fixed)
  encoded.set(version, bytes)
  return bytes
}

/** Alerts and tests come as they are; an alert's lines become simple paragraphs. */
function written({ subject, text, html }: { subject?: string; text: string; html?: string }): Parts {
  const paragraphs = text.split('\n').map(line => `<p>${escapeHtml(line)}</p>`)
  const page = `<!doctype html><html><body style="font:16px/1.5 Helvetica,Arial,sans-serif;color:#27313f">${paragraphs.join('\n')}</body></html>`
  return { subject: (subject ?? 'Notice').replace(/[\r\n]+/g, ' '), text, html: html ?? page }
}
