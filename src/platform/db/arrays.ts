/**
 * A PostgreSQL array literal of values that need no quoting: ids, numbers, ISO times, hexadecimal hashes. Several
 * times cheaper than the driver's general encoding, which looks at every character of every value.
 */
export function plainArray(values: readonly (string | number | null)[]): string {
  return `{${values.map(value => value ?? 'null').join(',')}}`
}
