import { randomUUID } from 'node:crypto'
import type { Refusal } from '../../src/crm/connectors/conformance.fixture.ts'
import { definitions, wireName } from './dataverse-tables.ts'
import type { Reply } from './peer.ts'

export type Row = Record<string, unknown>

export type DataverseCall = {
  method: string
  /** Below `/api/data/v9.2/`, decoded. */
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  json: Row
}

export class Refused extends Error {
  readonly reply: Reply
  constructor(status: number, code: string, message: string) {
    super(message)
    this.reply = { status, body: { error: { code, message } } }
  }
}

const gone = (type: string, id: string) =>
  new Refused(404, '0x80040217', `Entity '${type}' With Id = ${id} Does Not Exist`)

/** The records of the simulator. Stamps are whole seconds; every change moves a version of the whole. */
export class World {
  readonly tables = new Map<string, Map<string, Row>>()
  readonly deleted: { type: string; id: string; version: number }[] = []
  refusal: Refusal | null = null
  time: Date | null = null
  version = 1000
  /** Delta links from before this version are too old. */
  oldest = 0

  table(type: string): Map<string, Row> {
    const table = this.tables.get(type) ?? new Map<string, Row>()
    this.tables.set(type, table)
    return table
  }
  stamp(): string {
    return `${(this.time ?? new Date()).toISOString().slice(0, 19)}Z`
  }
  /** Values by the names of columns or of the wire. */
  put(type: string, id: string, values: Row): void {
    const names = new Map(definitions[type]?.columns.map(each => [each.LogicalName, wireName(each)]))
    const own = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [names.get(name) ?? name, value]),
    )
    const before = this.table(type).get(id) ?? { createdon: this.stamp() }
    const row = { ...before, ...own, [definitions[type]?.id ?? '']: id, modifiedon: this.stamp() }
    this.table(type).set(id, { ...row, versionnumber: ++this.version })
  }
  add(type: string, values: Row): string {
    const id = randomUUID()
    const start: Row = { statecode: 0, donotbulkemail: false, donotemail: false, merged: false }
    const known = new Set(definitions[type]?.columns.map(each => each.LogicalName))
    const defaults = Object.fromEntries(Object.entries(start).filter(([name]) => known.has(name)))
    this.put(type, id, { ...defaults, ...values })
    return id
  }
  living(type: string, id: string): Row {
    const row = this.table(type).get(id)
    if (!row) throw gone(type, id)
    return row
  }
  remove(type: string, id: string): void {
    this.living(type, id)
    this.table(type).delete(id)
    this.deleted.push({ type, id, version: ++this.version })
  }
  merge(type: string, loser: string, winner: string): void {
    this.put(type, loser, { merged: true, masterid: winner, ...(type === 'contact' ? { statecode: 1 } : {}) })
    this.put(type, winner, {})
  }
  qualify(id: string): { type: string; id: string }[] {
    const lead = this.living('lead', id)
    const account = this.add('account', { name: lead.companyname ?? lead.lastname })
    const contact = this.add('contact', { lastname: lead.lastname, emailaddress1: lead.emailaddress1 })
    const opportunity = this.add('opportunity', { name: lead.subject, parentaccountid: account })
    const became = {
      parentcontactid: contact,
      parentaccountid: account,
      qualifyingopportunityid: opportunity,
    }
    this.put('lead', id, { statecode: 1, ...became })
    return [
      { type: 'contact', id: contact },
      { type: 'account', id: account },
      { type: 'opportunity', id: opportunity },
    ]
  }
}

export const etagOf = (row: Row): string => `W/"${row.versionnumber}"`

export const shown = (api: string, type: string, row: Row, names: string[]): Row => ({
  '@odata.context': `${api}/$metadata#${definitions[type]?.set}/$entity`,
  '@odata.etag': etagOf(row),
  ...Object.fromEntries(names.map(name => [name, row[name] ?? null])),
})
