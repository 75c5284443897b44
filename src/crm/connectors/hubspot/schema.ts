import type { FieldType, ObjectRole, RemoteField, RemoteObject, Value } from '../../connector.ts'
import { asList, asObject, asText } from '../kit/values.ts'

/** An object of HubSpot; `stamp` is the property that says when it was changed. */
export type HubspotObject = { type: string; label: string; role: ObjectRole; stamp: string }

export const hubspotObjects: HubspotObject[] = [
  { type: 'companies', label: 'Company', role: 'company', stamp: 'hs_lastmodifieddate' },
  { type: 'contacts', label: 'Contact', role: 'contact', stamp: 'lastmodifieddate' },
  { type: 'deals', label: 'Deal', role: 'deal', stamp: 'hs_lastmodifieddate' },
  { type: 'tasks', label: 'Task', role: 'task', stamp: 'hs_lastmodifieddate' },
]
export const stampOf = (type: string): string =>
  hubspotObjects.find(each => each.type === type)?.stamp ?? 'hs_lastmodifieddate'

/** The company of a deal is no property: it is asked for apart. */
export const dealCompany = 'associated_company'

const text = (name: string, label: string, more: Partial<RemoteField> = {}): RemoteField => ({
  name,
  label,
  type: 'text',
  required: false,
  readOnly: true,
  ...more,
})

/** People who own records have an API of their own and no properties. */
export const owners: RemoteObject = {
  type: 'owners',
  label: 'Owner',
  role: 'user',
  fields: [
    text('email', 'Email', { type: 'email' }),
    text('name', 'Name'),
    text('active', 'Active', { type: 'boolean' }),
  ],
}

function typeOf(name: string, type: string, fieldType: string): FieldType {
  if (name === 'hubspot_owner_id' || name === 'associatedcompanyid') return 'reference'
  if (fieldType === 'phonenumber' || type === 'phone_number') return 'phone'
  if (name === 'email') return 'email'
  if (fieldType === 'booleancheckbox' || type === 'bool') return 'boolean'
  if (type === 'enumeration') return fieldType === 'checkbox' ? 'choices' : 'choice'
  if (type === 'datetime') return 'moment'
  if (type === 'date' || type === 'number') return type
  return fieldType === 'textarea' || fieldType === 'html' ? 'long_text' : 'text'
}

/** A property as `/crm/v3/properties` tells it. */
export function toField(given: unknown): RemoteField {
  const about = asObject(given)
  const name = asText(about.name)
  const type = typeOf(name, asText(about.type), asText(about.fieldType))
  const readOnly = asObject(about.modificationMetadata).readOnlyValue === true
  const options = asList(about.options).map(each => {
    const { value, label } = asObject(each)
    return { value: asText(value), label: asText(label) }
  })
  const refers = name === 'associatedcompanyid' ? ['companies'] : ['owners']
  return {
    name,
    label: asText(about.label) || name,
    type: type === 'number' && about.showCurrencySymbol === true ? 'money' : type,
    required: false,
    readOnly: readOnly || name === 'associatedcompanyid',
    ...(about.calculated === true ? { computed: true } : {}),
    ...(options.length > 0 && type !== 'boolean' && type !== 'reference' ? { options } : {}),
    ...(type === 'reference' ? { references: refers } : {}),
    ...(about.hasUniqueValue === true && type === 'text' ? { externalId: true } : {}),
  }
}

export function toObject(about: HubspotObject, properties: unknown): RemoteObject {
  const fields = asList(properties).map(toField)
  const company = text(dealCompany, 'Company', { type: 'reference', references: ['companies'] })
  const { type, label, role } = about
  return { type, label, role, fields: role === 'deal' ? [...fields, company] : fields }
}

/** Everything travels as text; '' empties. */
export function toProperty(value: Value): string {
  if (value === null) return ''
  return Array.isArray(value) ? value.join(';') : String(value)
}
