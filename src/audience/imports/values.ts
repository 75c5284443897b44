import { normalizeAddress } from '../address.ts'
import { type Field, fitValue } from '../fields.ts'
import { type CompanyTrait, type CoreField, cleanText, normalizeCore, readCompany } from '../traits.ts'
import type { FileRow } from './read.ts'
import type { ColumnMap } from './shape.ts'

/** What a row says. `values` by field: core fields by their column, custom ones as `attrs.<key>`, and `company`. */
export type Said = {
  row: number
  address: string
  values: Record<string, unknown>
  company: CompanyTrait | null
  listIds: string[]
  optOut: boolean
}
export type Rejected = {
  row: number
  reason: string
  detail: string
  cells: string[]
  address: string | null
}

export type Shelf = {
  mapping: ColumnMap[]
  fields: Map<string, Pick<Field, 'type' | 'choices' | 'label' | 'archivedAt'>>
  /** Ids of lists by their name in lower case. */
  lists: Map<string, string>
}

class Refusal extends Error {
  readonly detail: string
  constructor(reason: string, detail: string) {
    super(reason)
    this.detail = detail
  }
}

/** Reads one row. It goes in whole or comes back with the first reason why not; nothing is left out in silence. */
export function readRow({ row, cells }: FileRow, shelf: Shelf): Said | Rejected {
  let address: string | null = null
  try {
    address = addressOf(cells, shelf.mapping)
    const surplus = cells.slice(shelf.mapping.length).find(cell => cell.trim() !== '')
    if (surplus !== undefined) throw new Refusal('It has more cells than the file has columns', surplus)
    const said: Said = { row, address, values: {}, company: null, listIds: [], optOut: false }
    const company: Record<string, string> = {}
    for (const [i, map] of shelf.mapping.entries()) {
      const text = map.to === null || map.to === 'email' ? null : cellText(cells[i])
      if (text !== null && map.to !== null) take(said, company, { ...map, to: map.to }, text, shelf)
    }
    said.company = readCompany(company)
    // A contact's company is found by its domain where there is one, else by its name.
    if (said.company) said.values.company = said.company.domain ?? said.company.name?.toLowerCase()
    return said
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { row, reason: error.message, detail: error.detail, cells, address }
  }
}

/** Text of a cell; the apostrophe that our own exports put before what a spreadsheet would compute comes off again. */
export function cellText(cell: string | undefined): string | null {
  return cleanText(cell !== undefined && /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell)
}

function addressOf(cells: string[], mapping: ColumnMap[]): string {
  const texts = mapping.flatMap((map, i) => (map.to === 'email' ? (cellText(cells[i]) ?? []) : []))
  const [text] = texts
  if (text === undefined) throw new Refusal('It has no address', '')
  const address = normalizeAddress(text)
  if (address === null) throw new Refusal('The address is not one', text)
  return address
}

function take(
  said: Said,
  company: Record<string, string>,
  map: ColumnMap & { to: string },
  text: string,
  shelf: Shelf,
): void {
  const { to } = map
  if (to === 'company') company.name = text
  else if (to === 'company_domain') company.domain = text
  else if (to === 'opt_out') said.optOut = isYes(text)
  else if (to === 'lists') said.listIds.push(...listIdsOf(text, shelf.lists))
  else if (to === 'name') Object.assign(said.values, splitName(text, said.values))
  else if (to.startsWith('attrs.')) said.values[to] = customValue(to.slice(6), map, text, shelf)
  else said.values[to] = coreValue(to as CoreField, text)
}

const yes = new Set(['1', 'true', 'yes', 'y', 'x', 'ja', 'oui', 'si', 'unsubscribed', 'opted out'])
const no = new Set(['0', 'false', 'no', 'n', 'nein', 'non', 'subscribed'])

/** Whoever opted out must not be missed: a date or a word that is no "no" counts as a yes. */
const isYes = (text: string) => yes.has(text.toLowerCase()) || !no.has(text.toLowerCase())

function listIdsOf(text: string, lists: Map<string, string>): string[] {
  const names = text
    .split(/[,;|]/)
    .map(name => name.trim())
    .filter(name => name !== '')
  return names.map(name => {
    const id = lists.get(name.toLowerCase())
    if (id === undefined) throw new Refusal('There is no list of this name', name)
    return id
  })
}

function splitName(text: string, known: Record<string, unknown>): Record<string, string> {
  const [first = '', ...rest] = text.slice(0, 200).split(/\s+/)
  return {
    ...(known.first_name === undefined ? { first_name: first } : {}),
    ...(known.last_name === undefined && rest.length > 0 ? { last_name: rest.join(' ') } : {}),
  }
}

const coreWords: Partial<Record<CoreField, string>> = {
  language: 'The language is no code, like en or pt-BR',
  time_zone: 'The time zone is none, like Europe/Berlin',
}

function coreValue(field: CoreField, text: string): string {
  const value = normalizeCore(field, text.slice(0, 500))
  if (value === null) throw new Refusal(coreWords[field] ?? 'A value is not possible', text)
  return value
}

const typeWords: Record<Field['type'], string> = {
  text: 'text',
  number: 'a number',
  boolean: 'yes or no',
  date: 'a date',
  choice: 'one of the choices',
}

function customValue(key: string, map: ColumnMap, text: string, { fields }: Shelf): unknown {
  const field = fields.get(key)
  if (!field || field.archivedAt !== null) throw new Refusal(`There is no field “${key}”`, text)
  const value = fitValue(field, plain(text, field.type, map.format))
  if (value === null) throw new Refusal(`${field.label}: must be ${typeWords[field.type]}`, text)
  return value
}

/** The value in the spelling that fields know: a decimal point, an ISO date. */
export function plain(text: string, type: Field['type'], format: ColumnMap['format']): string {
  if (type === 'number' && format === 'comma') return text.replace(/[.\s']/g, '').replace(',', '.')
  if (type === 'number') return text.replace(/(\d),(?=\d{3}\b)/g, '$1')
  const parts = type === 'date' ? /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text) : null
  if (!parts || (format !== 'dmy' && format !== 'mdy')) return text
  const [day, month] = format === 'dmy' ? [parts[1], parts[2]] : [parts[2], parts[1]]
  return `${parts[3]}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`
}
