import type { RemoteRecord, RemoteRef } from '../../connector.ts'
import { asObject, asText, pick, toMoment } from '../kit/values.ts'
import type { Row } from './client.ts'
import type { Table } from './schema.ts'
import { consent, currency, quote } from './tables.ts'

/** Columns that tell what has become of a record, where its table has them. */
const marks = ['createdon', 'modifiedon', 'merged', 'masterid', 'statecode']
const qualified = '1'
const conversion = {
  contact: 'parentcontactid',
  account: 'parentaccountid',
  opportunity: 'qualifyingopportunityid',
}

const columnOf = (table: Table, name: string) =>
  table.index.get(name)?.type === 'reference' ? `_${name}_value` : name

/** `$select` and `$expand` of fields, with all that a record needs. */
export function columns(table: Table, fields: readonly string[]) {
  const wanted = [
    ...marks,
    ...(table.object.type === 'lead' ? Object.values(conversion) : []),
    ...(fields.includes(consent.bulk) ? [consent.any] : []),
  ].filter(name => table.index.has(name))
  const own = fields.filter(name => name !== currency.name)
  const all = [table.id, ...wanted, ...own].map(name => columnOf(table, name))
  const expand = own.length < fields.length ? { $expand: `${currency.by}($select=${currency.name})` } : {}
  return { $select: [...new Set(all)].join(','), ...expand }
}

/** What a qualified lead became; the same columns of an open one only name whom it is about. */
function becameOf(table: Table, row: Row): RemoteRef[] {
  if (table.object.type !== 'lead' || asText(row.statecode) !== qualified) return []
  return Object.entries(conversion)
    .map(([type, name]) => ({ type, id: asText(row[`_${name}_value`]) }))
    .filter(ref => ref.id !== '')
}

/** A row as a record. Who wants no mail at all wants none in bulk either, whatever that column says. */
export function toRecord(table: Table, row: Row, fields: readonly string[]): RemoteRecord {
  const raw: Row = {}
  for (const name of fields) {
    const held =
      name === currency.name ? (asObject(row[currency.by])[name] ?? null) : row[columnOf(table, name)]
    if (held === undefined) continue
    const isList = table.index.get(name)?.type === 'choices'
    raw[name] = isList ? asText(held).split(',').filter(Boolean) : held
  }
  if (row[consent.any] === true && consent.bulk in raw) raw[consent.bulk] = true
  const created = toMoment(row.createdon)
  const master = row.merged === true ? asText(row._masterid_value) : ''
  const became = becameOf(table, row)
  return {
    id: asText(row[table.id]),
    modified: toMoment(row.modifiedon) ?? created ?? new Date(0),
    created,
    version: asText(row['@odata.etag']) || null,
    values: pick(raw, fields, table.index),
    ...(master ? { deleted: true, mergedInto: master } : {}),
    ...(became.length > 0 ? { convertedTo: became } : {}),
  }
}

/** `$filter` of a column that is a value, in the form that its type asks for; texts are compared without case. */
export function equals(table: Table, name: string, value: string): string {
  const type = table.index.get(name)?.type ?? 'text'
  const isBare = ['number', 'money', 'choice', 'boolean', 'reference'].includes(type)
  return `${columnOf(table, name)} eq ${isBare && /^[\w.-]+$/.test(value) ? value : quote(value)}`
}
