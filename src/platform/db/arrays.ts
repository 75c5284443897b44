/**
 * A PostgreSQL array literal of values that need no quoting: ids, numbers, ISO times, hexadecimal hashes. Several
 * times cheaper than the driver's general encoding, which looks at every character of every value.
 */
export function plainArray(values: readonly (string | number | null)[]): string {
  return `{${values.map(value => value ?? 'null').join(',')}}`
}

/** The same of any texts: each is quoted, and only those that hold a quote or a backslash are looked through. */
export function textArray(values: readonly (string | null)[]): string {
  return `{${values.map(value => (value === null ? 'null' : `"${escaped(value)}"`)).join(',')}}`
}

function escaped(text: string): string {
  return text.includes('"') || text.includes('\\') ? text.replace(/["\\]/g, '\\$&') : text
}
