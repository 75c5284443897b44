import type { FieldType, ObjectRole, RemoteField, RemoteObject, Value } from '../../connector.ts'
import { asList, asObject, asText } from '../kit/values.ts'

export const salesforceObjects: { type: string; label: string; role: ObjectRole }[] = [
  { type: 'User', label: 'User', role: 'user' },
  { type: 'Account', label: 'Account', role: 'company' },
  { type: 'Contact', label: 'Contact', role: 'contact' },
  { type: 'Lead', label: 'Lead', role: 'lead' },
  { type: 'Opportunity', label: 'Opportunity', role: 'deal' },
  { type: 'Campaign', label: 'Campaign', role: 'campaign' },
  { type: 'CampaignMember', label: 'Campaign member', role: 'member' },
  { type: 'Task', label: 'Task', role: 'task' },
]

/** Compound fields (addresses, places) are left out: their parts are fields of their own. */
const types: Record<string, FieldType> = {
  id: 'text',
  string: 'text',
  encryptedstring: 'text',
  combobox: 'text',
  textarea: 'long_text',
  email: 'email',
  phone: 'phone',
  url: 'url',
  int: 'number',
  long: 'number',
  double: 'number',
  percent: 'number',
  currency: 'money',
  boolean: 'boolean',
  date: 'date',
  datetime: 'moment',
  picklist: 'choice',
  multipicklist: 'choices',
  reference: 'reference',
}

function fieldOf(given: unknown): RemoteField[] {
  const field = asObject(given)
  const type = types[asText(field.type)]
  const name = asText(field.name)
  if (!type || !name) return []
  const options = asList(field.picklistValues)
    .map(asObject)
    .filter(option => option.active !== false)
    .map(option => ({ value: asText(option.value), label: asText(option.label) || asText(option.value) }))
  const target = asList(field.referenceTo).map(asText).filter(Boolean)
  const maxLength = Number(field.length)
  const isWritable = field.createable === true || field.updateable === true
  return [
    {
      name,
      label: asText(field.label) || name,
      type,
      required:
        isWritable && field.nillable === false && field.defaultedOnCreate !== true && type !== 'boolean',
      readOnly: !isWritable,
      ...(field.calculated === true ? { computed: true } : {}),
      ...(options.length > 0 ? { options } : {}),
      ...(maxLength > 0 ? { maxLength } : {}),
      ...(type === 'number' || type === 'money' ? { scale: Number(field.scale) || 0 } : {}),
      ...(target.length > 0 ? { references: target } : {}),
      ...(field.externalId === true ? { externalId: true } : {}),
    },
  ]
}

/** An object from the answer of `sobjects/X/describe`. */
export const salesforceObject = (
  about: (typeof salesforceObjects)[number],
  described: Record<string, unknown>,
): RemoteObject => ({
  ...about,
  label: asText(described.label) || about.label,
  fields: asList(described.fields).flatMap(fieldOf),
})

/** What Salesforce wants to be sent. */
export function toSalesforce(field: RemoteField | undefined, value: Value): unknown {
  if (value === null) return field?.type === 'boolean' ? false : null
  return Array.isArray(value) ? value.join(';') : value
}
