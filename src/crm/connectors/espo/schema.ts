import type { FieldType, ObjectRole, RemoteField, RemoteObject, Value } from '../../connector.ts'
import { asList, asObject, asText, plainMoment } from '../kit/values.ts'

export const espoObjects: { type: string; label: string; role: ObjectRole }[] = [
  { type: 'User', label: 'User', role: 'user' },
  { type: 'Account', label: 'Account', role: 'company' },
  { type: 'Contact', label: 'Contact', role: 'contact' },
  { type: 'Lead', label: 'Lead', role: 'lead' },
  { type: 'Opportunity', label: 'Opportunity', role: 'deal' },
  { type: 'Campaign', label: 'Campaign', role: 'campaign' },
  { type: 'Task', label: 'Task', role: 'task' },
  { type: 'Note', label: 'Note', role: 'activity' },
]

const types: Record<string, FieldType> = {
  varchar: 'text',
  personName: 'text',
  text: 'long_text',
  wysiwyg: 'long_text',
  email: 'email',
  phone: 'phone',
  url: 'url',
  int: 'number',
  float: 'number',
  currency: 'money',
  currencyConverted: 'money',
  bool: 'boolean',
  date: 'date',
  datetime: 'moment',
  datetimeOptional: 'moment',
  enum: 'choice',
  multiEnum: 'choices',
  checklist: 'choices',
  array: 'choices',
  link: 'reference',
  linkOne: 'reference',
  linkParent: 'reference',
  linkMultiple: 'references',
}

/** Attributes of one field: a link is `accountId`, several are `contactsIds`, a parent has its type beside it. */
function fieldsOf(name: string, given: unknown, links: Record<string, unknown>): RemoteField[] {
  const definition = asObject(given)
  const kind = asText(definition.type)
  const type = types[kind]
  if (!type || definition.disabled === true || definition.utility === true) return []
  const attribute = type === 'reference' ? `${name}Id` : type === 'references' ? `${name}Ids` : name
  const options = asList(definition.options).map(asText).filter(Boolean)
  const target = asText(definition.entity) || asText(asObject(links[name]).entity)
  const maxLength = Number(definition.maxLength)
  const field: RemoteField = {
    name: attribute,
    label: name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/^./, letter => letter.toUpperCase()),
    type,
    required: definition.required === true,
    readOnly: definition.readOnly === true || kind === 'currencyConverted' || kind === 'personName',
    ...(definition.notStorable === true ? { computed: true } : {}),
    ...(options.length > 0 ? { options: options.map(value => ({ value, label: value })) } : {}),
    ...(maxLength > 0 ? { maxLength } : {}),
    ...(target ? { references: [target] } : {}),
    ...(kind === 'varchar' && /tend/i.test(name) ? { externalId: true } : {}),
  }
  const text = { label: field.label, type: 'text' as const, required: false, readOnly: false }
  if (kind === 'linkParent') return [field, { ...text, name: `${name}Type` }]
  if (kind === 'currency') return [field, { ...text, name: `${name}Currency` }]
  if (kind === 'email')
    return [field, { ...text, name: `${name}IsOptedOut`, label: `${field.label} opted out`, type: 'boolean' }]
  return [field]
}

/** An object from `entityDefs.X`: its fields and links. */
export function espoObject(
  about: (typeof espoObjects)[number],
  entityDefs: Record<string, unknown>,
): RemoteObject {
  const links = asObject(entityDefs.links)
  const fields = Object.entries(asObject(entityDefs.fields)).flatMap(([name, given]) =>
    fieldsOf(name, given, links),
  )
  const id: RemoteField = { name: 'id', label: 'Id', type: 'text', required: false, readOnly: true }
  return { ...about, fields: [id, ...fields] }
}

/** What EspoCRM wants to be sent. */
export function toEspo(field: RemoteField | undefined, value: Value): unknown {
  if (value === null) return field?.type === 'boolean' ? false : field?.type.endsWith('s') ? [] : null
  if (field?.type === 'moment') return plainMoment(new Date(String(value)))
  return value
}

/**
 * Values tell their types by themselves in EspoCRM's JSON, but for moments, which only look like texts; those are
 * known by the definition of the field.
 */
