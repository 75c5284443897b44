import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'

/**
 * Defuses what a spreadsheet would compute: text that begins with one of = + - @, a tab or a carriage return gets an
 * apostrophe (OWASP, CSV injection). What is a number stays a number.
 */
export function safeCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (!/^[=+\-@\t\r＝＋－＠]/.test(text) || /^[+-]?\d+([.,]\d+)?$/.test(text)) return text
  return `'${text}`
}

/** One line of a CSV file (RFC 4180), safe to open in a spreadsheet. */
export function csvLine(values: readonly unknown[]): string {
  return stringify([values.map(safeCell)], { record_delimiter: 'windows' })
}

/** Many lines at once. */
export function csvLines(rows: readonly (readonly unknown[])[]): string {
  return rows.length === 0
    ? ''
    : stringify(
        rows.map(row => row.map(safeCell)),
        { record_delimiter: 'windows' },
      )
}

/** The answer of a route that streams a file; what it holds is not described. */
export const csvType = z.instanceof(Readable)
