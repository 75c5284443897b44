type Row = Record<string, unknown>
export type Test = (row: Row) => boolean

/** What cannot be read as OData. */
export class Unreadable extends Error {}

const token =
  /\s*(?:(\()|(\))|('(?:[^']|'')*')|([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?![\w-])|(\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?)|(-?\d+(?:\.\d+)?)(?![\w-])|([A-Za-z_]\w*))/iy

type Token = { kind: 'open' | 'close' | 'text' | 'guid' | 'moment' | 'number' | 'word'; text: string }
const kinds: Token['kind'][] = ['open', 'close', 'text', 'guid', 'moment', 'number', 'word']

function tokens(filter: string): Token[] {
  const out: Token[] = []
  token.lastIndex = 0
  for (let at = 0; filter.slice(at).trim() !== ''; at = token.lastIndex) {
    const found = token.exec(filter)
    if (!found) throw new Unreadable(`Syntax error at position ${at} in '${filter}'.`)
    const place = found.slice(1).findIndex(each => each !== undefined)
    out.push({ kind: kinds[place] as Token['kind'], text: found[place + 1] ?? '' })
  }
  return out
}

/** Texts without case, moments as numbers, whatever else as it is. */
const comparable = (value: unknown): unknown => {
  if (typeof value !== 'string') return value ?? null
  return /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : value.toLowerCase()
}

const operators: Record<string, (a: never, b: never) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a !== null && a > b,
  ge: (a, b) => a !== null && a >= b,
  lt: (a, b) => a !== null && a < b,
  le: (a, b) => a !== null && a <= b,
}

/** `$filter`: comparisons of columns and literals with `and`, `or` and brackets. Ids have no order that one could ask for. */
export function readFilter(filter: string, columns: ReadonlySet<string>): Test {
  const rest = tokens(filter)
  const word = (text: string) => rest[0]?.kind === 'word' && rest[0].text === text && rest.shift()
  const fail = () => new Unreadable(`Syntax error in '${filter}'.`)
  const either = (): Test => {
    const all = [both()]
    while (word('or')) all.push(both())
    return row => all.some(test => test(row))
  }
  const both = (): Test => {
    const all = [one()]
    while (word('and')) all.push(one())
    return row => all.every(test => test(row))
  }
  const one = (): Test => {
    const first = rest.shift()
    if (first?.kind === 'open') {
      const inner = either()
      if (rest.shift()?.kind !== 'close') throw fail()
      return inner
    }
    const [operator, literal] = [rest.shift(), rest.shift()]
    const compare = operators[operator?.text ?? '']
    if (first?.kind !== 'word' || !compare || !literal) throw fail()
    if (!columns.has(first.text))
      throw new Unreadable(`Could not find a property named '${first.text}' on type`)
    if (literal.kind === 'guid' && !['eq', 'ne'].includes(operator?.text ?? '')) throw fail()
    const value = literalOf(literal)
    return row => compare(comparable(row[first.text]) as never, value as never)
  }
  const test = either()
  if (rest.length > 0) throw fail()
  return test
}

function literalOf({ kind, text }: Token): unknown {
  if (kind === 'text') return comparable(text.slice(1, -1).replaceAll("''", "'"))
  if (kind === 'number') return Number(text)
  if (kind === 'moment' || kind === 'guid') return comparable(text)
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Unreadable(`'${text}' is no value.`)
}

/** `$orderby` by one column. */
export function readOrder(order: string, columns: ReadonlySet<string>): (a: Row, b: Row) => number {
  const [name = '', way = 'asc'] = order.trim().split(/\s+/)
  if (!columns.has(name)) throw new Unreadable(`Could not find a property named '${name}' on type`)
  const sign = way === 'desc' ? -1 : 1
  return (a, b) => {
    const [left, right] = [comparable(a[name]), comparable(b[name])] as [never, never]
    return left < right ? -sign : left > right ? sign : 0
  }
}
