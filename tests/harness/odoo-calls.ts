import type { OdooRow, OdooState } from './odoo.ts'
import { matches, type Term } from './odoo-domain.ts'
import { type Field, models } from './odoo-models.ts'

/** What Odoo raises; its class decides the status of JSON-2. */
export class Raised extends Error {
  readonly kind: string
  readonly status: number
  constructor(kind: string, status: number, message: string) {
    super(message)
    this.kind = kind
    this.status = status
  }
}

type Vals = Record<string, unknown>
type Named = {
  ids?: number[]
  vals?: Vals
  vals_list?: Vals[]
  domain?: Term[]
  fields?: string[]
  order?: string
  limit?: number
  context?: { active_test?: boolean }
}

/** One call of a method of a model, as far as a connector calls any; all or nothing. */
export function perform(state: OdooState, model: string, method: string, named: Named): unknown {
  const fields = models[model]
  if (!fields) throw new Raised('werkzeug.exceptions.NotFound', 404, `the model '${model}' does not exist`)
  const unknown = named.fields?.find(name => !fields[name])
  if (unknown) check(model, { [unknown]: null })
  const rows = state.tables.get(model) ?? []
  switch (method) {
    case 'context_get':
      return { lang: 'en_US', tz: 'UTC', uid: 1 }
    case 'fields_get':
      return fields
    case 'create':
      for (const vals of named.vals_list ?? []) {
        check(model, vals)
        if (fields.name?.required && !vals.name) throw missing(model, fields.name.string, 'name')
        obey(state, model, vals)
      }
      return (named.vals_list ?? []).map(vals => state.make(model, kept(fields, vals)).id)
    case 'write':
      check(model, named.vals ?? {})
      obey(state, model, named.vals ?? {})
      for (const row of wanted(rows, model, named.ids))
        Object.assign(row, kept(fields, named.vals ?? {}), { write_date: state.stamp() })
      return true
    case 'unlink': {
      const gone = wanted(rows, model, named.ids)
      state.tables.set(
        model,
        rows.filter(row => !gone.includes(row)),
      )
      return true
    }
    case 'read':
      return rows.filter(row => named.ids?.includes(row.id)).map(row => shown(state, fields, row, named))
    case 'search':
      return found(rows, named).map(row => row.id)
    case 'search_read':
      return found(rows, named).map(row => shown(state, fields, row, named))
    default:
      throw new Raised('werkzeug.exceptions.NotFound', 404, `The method '${model}.${method}' does not exist`)
  }
}

function check(model: string, vals: Vals): void {
  for (const [name, value] of Object.entries(vals)) {
    const field = models[model]?.[name]
    if (!field) throw new Raised('builtins.ValueError', 500, `Invalid field '${name}' in '${model}'`)
    if (field.selection && value !== false && !field.selection.some(([each]) => each === value))
      throw new Raised('builtins.ValueError', 500, `Wrong value for ${model}.${name}: '${String(value)}'`)
  }
}

const missing = (model: string, label: string, name: string) =>
  new Raised(
    'odoo.exceptions.ValidationError',
    422,
    `The operation cannot be completed: Missing required value for the field '${label}' (${name}).\nModel: '${model}'`,
  )

/** Refuses what a test has told it to. */
function obey({ refusal }: OdooState, model: string, vals: Vals): void {
  if (!refusal || !(refusal.field in vals) || !refusal.when(vals[refusal.field])) return
  if (refusal.kind === 'denied')
    throw new Raised('odoo.exceptions.AccessError', 403, 'You are not allowed to do this.')
  if (refusal.kind === 'lock')
    throw new Raised('psycopg2.errors.SerializationFailure', 500, 'could not serialize access')
  throw missing(model, refusal.field, refusal.field)
}

function wanted(rows: OdooRow[], model: string, ids: number[] = []): OdooRow[] {
  return ids.map(id => {
    const row = rows.find(each => each.id === id)
    const words = `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: 2)`
    if (!row) throw new Raised('odoo.exceptions.MissingError', 404, words)
    return row
  })
}

/** `[[6, 0, ids]]` sets a list of links. */
function kept(fields: Record<string, Field>, vals: Vals): Vals {
  return Object.fromEntries(
    Object.entries(vals).map(([name, value]) => {
      const command = fields[name]?.type === 'many2many' && Array.isArray(value) ? value[0] : null
      return [name, Array.isArray(command) ? command[2] : value]
    }),
  )
}

function found(rows: OdooRow[], { domain = [], order = 'id', limit, context }: Named): OdooRow[] {
  const by = order.split(',').map(each => each.trim().split(' ')[0] ?? 'id')
  const compare = (a: unknown, b: unknown) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : a === b ? 0 : 1
  return rows
    .filter(row => (context?.active_test === false || row.active !== false) && matches(domain, row))
    .sort((a, b) => by.reduce((so, name) => so || compare(a[name], b[name]), 0))
    .slice(0, limit)
}

/** As Odoo answers it: false for what is empty, `[id, name]` for a link, moments without their microseconds. */
function shown(
  state: OdooState,
  fields: Record<string, Field>,
  row: OdooRow,
  { fields: asked = Object.keys(fields) }: Named,
): Vals {
  const entries = asked.map((name): [string, unknown] => {
    const field = fields[name]
    const value = row[name]
    if (field?.type === 'many2many') return [name, value ?? []]
    if (value === undefined || value === null || value === false) return [name, false]
    if (field?.type === 'datetime') return [name, String(value).slice(0, 19)]
    if (field?.type !== 'many2one') return [name, value]
    const other = state.tables.get(field.relation ?? '')?.find(each => each.id === value)
    return [name, [value, other?.name ?? `#${String(value)}`]]
  })
  return { id: row.id, ...Object.fromEntries(entries) }
}
