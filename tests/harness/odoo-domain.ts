/** A condition, or how the next two are joined; Odoo writes them before what they join. */
export type Term = '|' | '&' | '!' | [field: string, operator: string, value: unknown]

/** Whether a row fits a domain; terms that nothing joins must all hold. */
export function matches(domain: Term[], row: Record<string, unknown>): boolean {
  const rest = [...domain]
  const next = (): boolean => {
    const term = rest.shift()
    if (term === undefined) return true
    if (term === '!') return !next()
    if (term === '|' || term === '&') {
      const [left, right] = [next(), next()]
      return term === '|' ? left || right : left && right
    }
    return holds(term, row)
  }
  let all = true
  while (rest.length > 0) all = next() && all
  return all
}

function holds([field, operator, value]: [string, string, unknown], row: Record<string, unknown>): boolean {
  const own = row[field] ?? false
  switch (operator) {
    case '=':
      return own === value
    case '!=':
      return own !== value
    case 'in':
      return (value as unknown[]).includes(own)
    case '>':
      return less(value, own)
    case '>=':
      return !less(own, value)
    case '<':
      return less(own, value)
    case '<=':
      return !less(value, own)
    case '=ilike':
      return typeof own === 'string' && pattern(String(value)).test(own)
    default:
      throw new Error(`a domain with ${operator}`)
  }
}

/** Moments are compared as PostgreSQL does: one without microseconds stands at the beginning of its second. */
const less = (a: unknown, b: unknown) =>
  typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b)

/** The pattern of `=ilike`: `%` and `_` stand for others unless a backslash takes that from them. */
function pattern(text: string): RegExp {
  const source = text.replace(/\\(.)|[%_]|[.*+?^${}()|[\]]/gs, (all, escaped?: string) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
    return all === '%' ? '.*' : all === '_' ? '.' : `\\${all}`
  })
  return new RegExp(`^${source}$`, 'is')
}
