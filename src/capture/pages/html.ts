/** Text as it may stand in HTML, between tags and in attributes with double quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

/** ` name="value"`; nothing where the value is null, only the name where it is true. */
export function attribute(name: string, value: string | number | boolean | null): string {
  if (value === null || value === false) return ''
  return value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`
}

/** ` class="a b"` of those that are there. */
export function classes(...names: (string | false | null | undefined)[]): string {
  const there = names.filter(Boolean).join(' ')
  return there === '' ? '' : ` class="${there}"`
}

/** The words of HTML without its tags, for data that is no HTML. Only for what was cleaned before. */
export function wordsOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim()
}

/** JSON within a script element: nothing in it can end the element. */
export function jsonInScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}
