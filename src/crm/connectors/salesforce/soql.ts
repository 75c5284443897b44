/** A text as SOQL takes it. Whatever stands in it, it cannot end the literal. */
export const quote = (text: string): string =>
  `'${text.replace(/[\\'"\n\r\t\b\f]/g, letter => escapes[letter] ?? `\\${letter}`)}'`

const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }

/** A name of an object or field. Names come from mappings; what is no name must not become part of a query. */
export function nameOf(text: string): string {
  if (!/^[A-Za-z]\w{0,79}$/.test(text)) throw new Error(`${JSON.stringify(text)} is no name of Salesforce`)
  return text
}

export const moment = (date: Date): string => date.toISOString()

export const isIn = (field: string, values: readonly string[]): string =>
  `${nameOf(field)} IN (${values.map(quote).join(', ')})`

export type Query = {
  fields: readonly string[]
  type: string
  where: string[]
  orderBy: string[]
  limit?: number
}

export function soql({ fields, type, where, orderBy, limit }: Query): string {
  const names = [...new Set(fields)].map(nameOf).join(', ')
  return [
    `SELECT ${names} FROM ${nameOf(type)}`,
    ...(where.length > 0 ? [`WHERE ${where.join(' AND ')}`] : []),
    `ORDER BY ${orderBy.map(nameOf).join(', ')}`,
    ...(limit === undefined ? [] : [`LIMIT ${limit}`]),
  ].join(' ')
}

/** Queries travel in the address, which ends at about 16,000 bytes: values in pieces of at most a third of that. */
export function shortPieces(values: readonly string[], most: number): string[][] {
  const out: string[][] = []
  let size = 0
  for (const value of values) {
    const bytes = encodeURIComponent(quote(value)).length + 4
    const last = out.at(-1)
    if (!last || last.length >= most || size + bytes > 6_000) {
      out.push([value])
      size = bytes
    } else {
      last.push(value)
      size += bytes
    }
  }
  return out
}
