import type { Payload } from './messages.ts'
import type { Words } from './pages.words.ts'
import { escapeHtml } from './render/markers.ts'

/** A short letter that the house itself writes: lines of text, and at most one button. */
export function plainLetter(
  words: Words,
  given: { subject: string; lines: string[]; button?: { label: string; url: string }; last: string },
): Payload {
  const { subject, lines, button, last } = given
  const text = [...lines, ...(button ? ['', `${button.label}: ${button.url}`] : []), '', last].join('\n')
  const paragraph = (line: string, more = '') => `<p style="margin:0 0 16px${more}">${escapeHtml(line)}</p>`
  const link = button
    ? `<p style="margin:24px 0"><a href="${escapeHtml(button.url)}" style="background:#2f6f4f;color:#ffffff;padding:12px 24px;border-radius:8px;text-decoration:none;font-weight:600">${escapeHtml(button.label)}</a></p>`
    : ''
  const html = `<!doctype html><html lang="${words.lang}"><body style="margin:0;padding:24px;font:16px/1.55 Helvetica,Arial,sans-serif;color:#27313f"><div style="max-width:560px;margin:0 auto">${lines.map(line => paragraph(line)).join('\n')}${link}${paragraph(last, ';color:#5c6876;font-size:14px')}</div></body></html>`
  return { subject, text, html }
}
