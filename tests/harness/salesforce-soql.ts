import { type Condition, parseQuery, type Query, type WhereClause } from '@jetstreamapp/soql-parser-js'

export type Row = Record<string, unknown>
type Term = '(' | ')' | 'AND' | 'OR' | ((row: Row) => boolean)
type Literal = { value: unknown; literalType: unknown }

/** What a query asks for, read by a parser of the language that is not ours. */
export type Asked = { type: string; fields: string[]; used: string[]; run(rows: Row[]): Row[] }

/** Throws where the text is no SOQL. */
export function readSoql(text: string): Asked {
  const query = parseQuery(text)
  const terms = query.where ? flat(query.where) : []
  const used: string[] = conditionsOf(query).map(each => ('field' in each ? String(each.field) : ''))
  const order = [query.orderBy ?? []].flat().map(each => ({
    field: 'field' in each ? String(each.field) : '',
    sign: each.order === 'DESC' ? -1 : 1,
  }))
  const fields = (query.fields ?? []).map(each => ('field' in each ? String(each.field) : ''))
  return {
    type: query.sObject ?? '',
    fields,
    used: [...fields, ...used, ...order.map(each => each.field)].filter(Boolean),
    run: rows =>
      rows
        .filter(row => terms.length === 0 || holds([...terms], row))
        .sort((a, b) => {
          for (const { field, sign } of order)
            if (a[field] !== b[field]) return (String(a[field]) < String(b[field]) ? -1 : 1) * sign
          return 0
        })
        .slice(0, query.limit ?? Number.POSITIVE_INFINITY),
  }
}

function conditionsOf(query: Query): Condition[] {
  const out: Condition[] = []
  for (let at: WhereClause | undefined | null = query.where; at; at = 'right' in at ? at.right : null)
    if (at.left) out.push(at.left as Condition)
  return out
}

/** The parser nests what stands in a row and counts the brackets: back into a row of terms. */
function flat(where: WhereClause): Term[] {
  const out: Term[] = []
  for (let at: WhereClause | null = where; at; ) {
    const left = at.left as (Condition & { openParen?: number; closeParen?: number }) | null
    if (left) {
      for (let i = 0; i < (left.openParen ?? 0); i++) out.push('(')
      if ('field' in left) out.push(row => compare(row[String(left.field)], left))
      for (let i = 0; i < (left.closeParen ?? 0); i++) out.push(')')
    }
    if ('operator' in at && at.operator) out.push(at.operator as 'AND' | 'OR')
    at = 'right' in at ? at.right : null
  }
  return out
}

function holds(terms: Term[], row: Row): boolean {
  const one = (): boolean => {
    const term = terms.shift()
    if (term !== '(') return typeof term === 'function' && term(row)
    const inner = holds(terms, row)
    terms.shift()
    return inner
  }
  let all = one()
  while (terms[0] === 'AND' || terms[0] === 'OR') {
    const joined = terms.shift()
    const next = one()
    all = joined === 'AND' ? all && next : all || next
  }
  return all
}

/** Texts are compared without case, as Salesforce does, but for ids. */
function compare(own: unknown, condition: Condition): boolean {
  const { operator, value, literalType } = condition as unknown as Literal & { operator: string }
  const isId = /^[a-zA-Z0-9]{18}$/.test(String(own))
  const fold = (each: unknown) => (typeof each === 'string' && !isId ? each.toLowerCase() : each)
  const mine = fold(own ?? null)
  if (operator === 'IN')
    return (value as string[]).some(each => mine !== null && fold(literal(each, 'STRING')) === mine)
  const theirs = fold(literal(value, literalType))
  if (operator === '=') return sortable(mine) === sortable(theirs)
  if (mine === null) return operator === '!=' && theirs !== null
  const [a, b] = [sortable(mine), sortable(theirs)]
  switch (operator) {
    case '!=':
      return a !== b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '<':
      return a < b
    case '<=':
      return a <= b
    default:
      throw new Error(`the simulator does not know ${operator}`)
  }
}

const sortable = (value: unknown): string | number => {
  const text = String(value)
  return /^\d{4}-\d\d-\d\dT/i.test(text) ? Date.parse(text.toUpperCase().replace(/\+0000$/, 'Z')) : text
}

const letters: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function literal(value: unknown, type: unknown): unknown {
  const text = String(value)
  if (type === 'NULL') return null
  if (type === 'BOOLEAN') return text.toLowerCase() === 'true'
  return text.startsWith("'")
    ? text.slice(1, -1).replace(/\\(.)/gs, (_all, letter: string) => letters[letter] ?? letter)
    : text
}
