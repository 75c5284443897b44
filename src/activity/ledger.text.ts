/** PostgreSQL's text holds no NUL, and its jsonb neither NUL nor half a surrogate pair. */
const troublesome = /\\u(?:0000|d[89a-f])/i

/** Text without NUL and with every lone surrogate replaced. */
export function cleanText(text: string): string {
  const plain = text.includes('\0') ? text.replaceAll('\0', '') : text
  return plain.isWellFormed() ? plain : plain.toWellFormed()
}

/** JSON text that jsonb accepts. The careful way is only taken where the quick look finds something. */
export function dataText(data: Record<string, unknown>): string {
  const text = JSON.stringify(data)
  return troublesome.test(text) ? JSON.stringify(cleanValue(data)) : text
}

function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanValue)
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleanValue(inner)]))
}
