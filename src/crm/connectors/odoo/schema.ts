import type { FieldType, ObjectRole, RemoteField, RemoteObject, Value, Values } from '../../connector.ts'
import { joinName, splitName } from '../kit/names.ts'
import { asList, asObject, asText, type FieldIndex, plainMoment, toValue } from '../kit/values.ts'

/** One model may play two parts; each is an object of its own with a condition. */
export type OdooObject = {
  type: string
  model: string
  label: string
  role: ObjectRole
  /** What belongs to it; and what is worth reading, as a lead is after it was converted. */
  domain: unknown[]
  reads?: unknown[]
  defaults: Record<string, unknown>
  /** The field that holds a whole name, shown as first and last name. */
  nameField?: string
}

export const odooObjects: OdooObject[] = [
  { type: 'res.users', model: 'res.users', label: 'User', role: 'user', domain: [], defaults: {} },
  {
    type: 'res.partner:company',
    model: 'res.partner',
    label: 'Company',
    role: 'company',
    domain: [['is_company', '=', true]],
    defaults: { is_company: true },
  },
  {
    type: 'res.partner',
    model: 'res.partner',
    label: 'Contact',
    role: 'contact',
    domain: [['is_company', '=', false]],
    defaults: {},
    nameField: 'name',
  },
  {
    type: 'crm.lead:lead',
    model: 'crm.lead',
    label: 'Lead',
    role: 'lead',
    domain: [['type', '=', 'lead']],
    reads: ['|', ['type', '=', 'lead'], ['date_conversion', '!=', false]],
    defaults: { type: 'lead' },
    nameField: 'contact_name',
  },
  {
    type: 'crm.lead',
    model: 'crm.lead',
    label: 'Opportunity',
    role: 'deal',
    domain: [['type', '=', 'opportunity']],
    defaults: { type: 'opportunity' },
  },
  {
    type: 'mail.activity',
    model: 'mail.activity',
    label: 'Activity',
    role: 'task',
    domain: [],
    defaults: {},
  },
]

const types: Record<string, FieldType> = {
  char: 'text',
  text: 'long_text',
  html: 'long_text',
  integer: 'number',
  float: 'number',
  monetary: 'money',
  boolean: 'boolean',
  date: 'date',
  datetime: 'moment',
  selection: 'choice',
  many2one: 'reference',
  many2many: 'references',
}

/** What `fields_get` is asked for. */
export const attributes = ['type', 'string', 'required', 'readonly', 'selection', 'relation']

export function odooFields(about: OdooObject, given: unknown): RemoteObject {
  const fields = Object.entries(asObject(given)).flatMap(([name, each]): RemoteField[] => {
    const definition = asObject(each)
    const type = types[asText(definition.type)]
    if (!type) return []
    const options = asList(definition.selection).map(pair => {
      const [value, label] = asList(pair)
      return { value: asText(value), label: asText(label) }
    })
    const relation = asText(definition.relation)
    return [
      {
        name,
        label: asText(definition.string) || name,
        type: type === 'text' && /^email/.test(name) ? 'email' : type,
        required: definition.required === true && !(name in about.defaults),
        readOnly: definition.readonly === true,
        ...(options.length > 0 ? { options } : {}),
        ...(relation ? { references: objectsOf(relation) } : {}),
        ...(type === 'text' && /tend/i.test(name) ? { externalId: true } : {}),
      },
    ]
  })
  const part = (name: string, label: string): RemoteField => ({
    name,
    label,
    type: 'text',
    required: false,
    readOnly: false,
  })
  const parts = about.nameField ? [part('first_name', 'First name'), part('last_name', 'Last name')] : []
  return { type: about.type, label: about.label, role: about.role, fields: [...fields, ...parts] }
}

const objectsOf = (model: string): string[] => {
  const all = odooObjects.filter(each => each.model === model).map(each => each.type)
  return all.length > 0 ? all : [model]
}

/** False is empty for all but booleans; a reference is `[id, name]`. */
export function fromOdoo(
  about: OdooObject,
  row: Record<string, unknown>,
  asked: string[],
  index: FieldIndex,
): Values {
  const values: Values = {}
  const names = about.nameField ? splitName(asText(row[about.nameField])) : null
  for (const name of asked) {
    const field = index.get(name)
    const raw = row[name]
    if (names && (name === 'first_name' || name === 'last_name')) values[name] = names[name]
    else if (!(name in row)) continue
    else if (field?.type === 'boolean') values[name] = raw === true
    else if (raw === false) values[name] = null
    else if (field?.type === 'reference') values[name] = asText(asList(raw)[0] ?? raw) || null
    else values[name] = toValue(field, raw)
  }
  return values
}

export function toOdoo(field: RemoteField | undefined, value: Value): unknown {
  switch (field?.type) {
    case 'references':
      return [[6, 0, asList(value).map(Number)]]
    case 'reference':
      return value === null ? false : Number(value)
    case 'moment':
      return value === null ? false : plainMoment(new Date(String(value)))
    default:
      return value === null ? false : value
  }
}

/** The names of fields to ask Odoo for: a part of a name is read from the whole. */
export function wireFields(about: OdooObject, fields: readonly string[]): string[] {
  const isPart = (name: string) => name === 'first_name' || name === 'last_name'
  const whole = about.nameField && fields.some(isPart) ? [about.nameField] : []
  const own = about.type === 'crm.lead:lead' ? ['type', 'date_conversion', 'partner_id'] : []
  const rest = about.nameField ? fields.filter(name => !isPart(name)) : fields
  return [...new Set([...rest, ...whole, ...own, 'write_date', 'create_date'])]
}

/** Values to write, with the whole name from its parts; `before` has the name as it is, for a part that stays. */
export function toWrite(
  about: OdooObject,
  values: Values,
  index: FieldIndex,
  before: string,
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values))
    if (!(about.nameField && (name === 'first_name' || name === 'last_name')))
      out[name] = toOdoo(index.get(name), value)
  if (about.nameField && ('first_name' in values || 'last_name' in values)) {
    const old = splitName(before)
    const { first_name = old.first_name, last_name = old.last_name } = values
    out[about.nameField] = joinName(first_name, last_name) || false
  }
  return out
}
