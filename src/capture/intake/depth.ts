/**
 * How deep the brackets of a JSON text go, found without parsing it, so that a hostile body is known before
 * anything recursive touches it. Stops at `enough`.
 */
export function textDepth(text: string, enough: number): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 92) i++
      else if (c === 34) inString = false
    } else if (c === 34) inString = true
    else if (c === 123 || c === 91) {
      depth++
      if (depth > deepest) deepest = depth
      if (deepest >= enough) return deepest
    } else if (c === 125 || c === 93) depth--
  }
  return deepest
}

/** Whether a parsed value nests deeper than `limit`; walks no further than that. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  const inner = Array.isArray(value) ? value : Object.values(value)
  return inner.some(part => isDeeperThan(part, limit - 1))
}

/** What PostgreSQL's jsonb refuses, or what would set a prototype: rare, so looked for in the text first. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])|__proto__/

export function needsCleaning(text: string): boolean {
  return suspicious.test(text)
}

/** A copy without NUL characters, half surrogate pairs and `__proto__` keys. Depth has been bounded before. */
export function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.map(([key, part]) => [cleanText(key), clean(part)]))
}

function cleanText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}
