import { z } from 'zod'
import {
  type ChangePage,
  type Connection,
  type Connector,
  CrmError,
  type Cursor,
  type DealRole,
  type Failure,
  type RemoteObject,
  type RemoteRecord,
  type RemoteRef,
  type Values,
  type WriteOutcome,
} from './connector.ts'

type Stored = Omit<RemoteRecord, 'values'> & { values: Values; order: number }

/** What a fake may be told to do wrong: asked before every call, after it too. */
export type Fault = { when: 'before' | 'after'; failure: Failure } | null

const objects: RemoteObject[] = [
  { type: 'User', label: 'Users', role: 'user', fields: ['name', 'email', 'active'].map(textField) },
  {
    type: 'Account',
    label: 'Accounts',
    role: 'company',
    fields: ['Name', 'Website', 'Industry'].map(textField),
  },
  { type: 'Contact', label: 'Contacts', role: 'contact', fields: personFields() },
  { type: 'Lead', label: 'Leads', role: 'lead', fields: personFields() },
  {
    type: 'Deal',
    label: 'Deals',
    role: 'deal',
    fields: ['Name', 'Stage', 'Status', 'Amount', 'Currency', 'CloseDate', 'Account', 'Owner'].map(textField),
  },
  { type: 'Campaign', label: 'Campaigns', role: 'campaign', fields: ['Name', 'Status'].map(textField) },
  {
    type: 'Member',
    label: 'Members',
    role: 'member',
    fields: ['Campaign', 'Person', 'Status'].map(textField),
  },
  {
    type: 'Task',
    label: 'Tasks',
    role: 'task',
    fields: ['Subject', 'Body', 'Due', 'Done', 'Person', 'Owner'].map(textField),
  },
]

function textField(name: string) {
  const type = name === 'OptOut' ? ('boolean' as const) : ('text' as const)
  return {
    name,
    label: name,
    type,
    required: false,
    readOnly: false,
    externalId: name === 'TendId',
    maxLength: 200,
  }
}
function personFields() {
  return [
    'Email',
    'FirstName',
    'LastName',
    'Phone',
    'Title',
    'Plan',
    'OptOut',
    'TendId',
    'Account',
    'Owner',
  ].map(textField)
}

/** A CRM in memory: it keeps records by second like a real one, and does wrong when it is told to. */
export class FakeCrm {
  readonly tables = new Map<string, Map<string, Stored>>()
  readonly roleRows: DealRole[] = []
  calls: { what: string; type: string; size: number }[] = []
  writes = 0
  fault: (what: string, type: string) => Fault = () => null
  /** Per element: null = fine. */
  refuse: (type: string, values: Values) => Failure | null = () => null
  /** How the CRM spells what it is given. */
  spell: (field: string, value: Values[string]) => Values[string] = (_field, value) => value
  clock: () => number = Date.now
  schema = structuredClone(objects)
  private next = 1
  private readonly moved = new Set<string>()

  table(type: string): Map<string, Stored> {
    const table = this.tables.get(type) ?? new Map<string, Stored>()
    this.tables.set(type, table)
    return table
  }
  private stamp(type: string): Date {
    this.moved.add(type)
    return new Date(Math.floor(this.clock() / 1000) * 1000)
  }
  /** Somebody in the CRM makes a record. */
  add(type: string, values: Values): string {
    const id = `${type[0]}${String(this.next++).padStart(9, '0')}`
    this.table(type).set(id, {
      id,
      modified: this.stamp(type),
      created: this.stamp(type),
      version: '1',
      values: this.kept({}, values),
      order: this.next,
    })
    return id
  }
  private kept(before: Values, values: Values): Values {
    const spelled = Object.entries(values).map(([field, value]) => [field, this.spell(field, value)])
    return { ...before, ...Object.fromEntries(spelled) }
  }
  edit(type: string, id: string, values: Values): void {
    const row = this.table(type).get(id)
    if (!row) throw new Error(`no ${type} ${id}`)
    Object.assign(row, {
      values: this.kept(row.values, values),
      modified: this.stamp(type),
      version: String(Number(row.version) + 1),
    })
  }
  remove(type: string, id: string): void {
    const row = this.table(type).get(id)
    if (row) Object.assign(row, { deleted: true, modified: this.stamp(type) })
  }
  /** Gone without a trace, as some CRMs do. */
  vanish(type: string, id: string): void {
    this.moved.add(type)
    this.table(type).delete(id)
  }
  merge(type: string, loser: string, winner: string): void {
    const row = this.table(type).get(loser)
    if (row) Object.assign(row, { deleted: true, mergedInto: winner, modified: this.stamp(type) })
    this.edit(type, winner, {})
  }
  convert(leadId: string): string {
    const lead = this.table('Lead').get(leadId)
    if (!lead) throw new Error('no lead')
    const id = this.add('Contact', lead.values)
    Object.assign(lead, {
      convertedTo: [{ type: 'Contact', id }] satisfies RemoteRef[],
      modified: this.stamp('Lead'),
    })
    return id
  }
  living(type: string): Stored[] {
    return [...this.table(type).values()].filter(row => !row.deleted && !row.convertedTo?.length)
  }

  private async call<T>(
    what: string,
    type: string,
    size: number,
    spend: () => Promise<unknown>,
    work: () => T,
  ): Promise<T> {
    this.calls.push({ what, type, size })
    return (await spend().then(async () => {
      const fault = this.fault(what, type)
      if (fault?.when === 'before') throw new CrmError(fault.failure)
      const result = work()
      if (fault?.when === 'after') throw new CrmError(fault.failure)
      return result
    })) as T
  }

  connection(spend: () => Promise<unknown>, limits: Partial<Connection['limits']> = {}): Connection {
    const call = <T>(what: string, type: string, size: number, work: () => T) =>
      this.call(what, type, size, spend, work)
    const shown = (row: Stored, fields: string[]): RemoteRecord => ({
      ...row,
      values: Object.fromEntries(fields.map(field => [field, row.values[field] ?? null])),
    })
    return {
      limits: {
        page: 200,
        read: 200,
        write: { create: 200, update: 200, delete: 200 },
        concurrency: 4,
        callsPerDay: null,
        lookBackMs: 60_000,
        ...limits,
      },
      test: () => call('test', '', 0, () => ({ words: 'It answers.', user: { id: 'U1', name: 'Sync' } })),
      serverTime: async () => new Date(this.clock() + 10_000),
      describe: () => call('describe', '', 0, () => ({ objects: structuredClone(this.schema) })),
      changes: (type, ask) => call('changes', type, 0, () => this.changes(type, ask, shown)),
      get: (type, ids, fields) =>
        call('get', type, ids.length, () =>
          ids.flatMap(id => this.table(type).get(id) ?? []).map(row => shown(row, fields)),
        ),
      find: (type, by, fields) =>
        call('find', type, by.values.length, () => {
          const wanted = new Set(by.values.map(value => value.toLowerCase()))
          return this.living(type)
            .filter(row => wanted.has(String(row.values[by.field] ?? '').toLowerCase()))
            .map(row => shown(row, fields))
        }),
      write: (type, ops) =>
        call('write', type, ops.length, () => {
          this.writes += ops.length
          return ops.map((op): WriteOutcome => {
            if (op.op === 'delete') {
              if (!this.table(type).has(op.id))
                return { ok: false, failure: { kind: 'gone', words: 'Not there.' } }
              this.remove(type, op.id)
              return { ok: true, id: op.id }
            }
            const refused = this.refuse(type, op.values)
            if (refused) return { ok: false, failure: refused }
            if (op.op === 'create') return { ok: true, id: this.add(type, op.values) }
            const row = this.table(type).get(op.id)
            if (!row || row.deleted) return { ok: false, failure: { kind: 'gone', words: 'Deleted.' } }
            if (row.convertedTo?.length)
              return { ok: false, failure: { kind: 'invalid', words: 'Converted.' } }
            if (op.version !== null && op.version !== row.version)
              return { ok: false, failure: { kind: 'conflict', words: 'Changed meanwhile.' } }
            this.edit(type, op.id, op.values)
            return { ok: true, id: op.id }
          })
        }),
      roles: dealIds =>
        call('roles', 'Deal', dealIds.length, () =>
          this.roleRows.filter(role => dealIds.includes(role.dealId)),
        ),
      ids: (type, ask) =>
        call('ids', type, 0, () => {
          const all = this.living(type)
            .map(row => row.id)
            .sort()
            .filter(id => ask.after === null || id > ask.after)
          return { ids: all.slice(0, ask.limit), more: all.length > ask.limit }
        }),
    }
  }

  private changes(
    type: string,
    ask: { after: Cursor | null; upTo: Date; fields: string[]; limit: number },
    shown: (row: Stored, fields: string[]) => RemoteRecord,
  ): ChangePage {
    const { after } = ask
    const all = this.sorted(type)
    const from = after ? firstAfter(all, `${after.at} ${after.id}`, after.id === '') : 0
    const rows = all
      .slice(from, from + ask.limit + 1)
      .filter(({ row }) => row.modified <= ask.upTo)
      .map(({ row }) => row)
    const page = rows.slice(0, ask.limit)
    const last = page.at(-1)
    const next = last ? { at: last.modified.toISOString(), id: last.id } : after
    return { records: page.map(row => shown(row, ask.fields)), next, more: rows.length > ask.limit }
  }
  private readonly orders = new Map<string, { key: string; row: Stored }[]>()
  private sorted(type: string): { key: string; row: Stored }[] {
    const known = this.orders.get(type)
    if (known && !this.moved.has(type)) return known
    this.moved.delete(type)
    const rows = [...this.table(type).values()].map(row => ({
      key: `${row.modified.toISOString()} ${row.id}`,
      row,
    }))
    rows.sort((a, b) => (a.key < b.key ? -1 : 1))
    this.orders.set(type, rows)
    return rows
  }
}

/** The place of the first record whose key is greater. */
function firstAfter(rows: { key: string }[], key: string, orEqual: boolean): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const at = rows[middle]?.key ?? ''
    if (at > key || (orEqual && at >= key)) high = middle
    else low = middle + 1
  }
  return low
}

/** The fake as a kind of CRM that the engine can be connected to. */
export function fakeConnector(crm: FakeCrm, limits: Partial<Connection['limits']> = {}): Connector {
  return {
    id: 'fake',
    name: 'Fake CRM',
    simulated: true,
    settings: z.object({ url: z.string(), key: z.string() }) as unknown as z.ZodObject,
    secrets: ['key'],
    hosts: ['url'],
    connect: (_settings, wire) => {
      // The fake has no network; the budget is asked all the same, by a request to nowhere.
      const spend = () =>
        wire.fetch('fake:').catch((error: unknown) => {
          if (error instanceof CrmError) throw error
        })
      return crm.connection(spend, limits)
    },
    presets: [
      {
        local: 'person',
        remote: 'Contact',
        fields: [
          { local: 'email', remote: 'Email' },
          { local: 'first_name', remote: 'FirstName' },
          { local: 'opt_out', remote: 'OptOut' },
          { local: 'owner_id', remote: 'NotThere' },
        ],
      },
    ],
    recordUrl: (settings, { type, id }) => `${String(settings.url)}/${type}/${id}`,
    webhook: {
      verify(_settings, { headers, body }) {
        if (headers['x-signature'] !== 'good') return null
        return JSON.parse(body.toString('utf8')).map((id: string) => ({
          type: 'Contact',
          id,
          kind: 'changed',
        }))
      },
    },
  }
}
