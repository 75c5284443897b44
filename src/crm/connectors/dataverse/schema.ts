import type { FieldType, RemoteField, RemoteObject, Value } from '../../connector.ts'
import { asList, asObject, asText, type FieldIndex, indexOf } from '../kit/values.ts'
import type { Step } from './batch.ts'
import { currency, dueDay, quote, tables } from './tables.ts'

/** Where a lookup may point to, and by which property it is set: each kind of target has its own. */
export type Bind = { type: string; set: string; property: string }
export type Table = {
  object: RemoteObject
  set: string
  id: string
  index: FieldIndex
  binds: Map<string, Bind[]>
  /** Deletes can be asked for. */
  isTracked: boolean
}

const withOptions = ['Picklist', 'MultiSelectPicklist', 'State', 'Status'].map(
  kind => `Microsoft.Dynamics.CRM.${kind}AttributeMetadata`,
)

/** Everything about a table in one call: itself with keys and relationships, its columns, and the options of choices. */
export function questions(type: string): Step[] {
  const path = `/EntityDefinitions(LogicalName=${quote(type)})`
  const expand = [
    'Keys($select=KeyAttributes,EntityKeyIndexStatus)',
    'ManyToOneRelationships($select=ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName)',
  ]
  return [
    {
      method: 'GET',
      path,
      query: {
        $select: 'LogicalName,EntitySetName,PrimaryIdAttribute,DisplayName,ChangeTrackingEnabled',
        $expand: expand.join(','),
      },
    },
    { method: 'GET', path: `${path}/Attributes` },
    ...withOptions.map(cast => ({
      method: 'GET' as const,
      path: `${path}/Attributes/${cast}`,
      query: { $select: 'LogicalName', $expand: 'OptionSet($select=Options)' },
    })),
  ]
}

const labelOf = (given: unknown): string => asText(asObject(asObject(given).UserLocalizedLabel).Label)

const types: Record<string, FieldType> = {
  String: 'text',
  Memo: 'long_text',
  Integer: 'number',
  BigInt: 'number',
  Decimal: 'number',
  Double: 'number',
  Money: 'money',
  Boolean: 'boolean',
  DateTime: 'moment',
  Picklist: 'choice',
  State: 'choice',
  Status: 'choice',
  Lookup: 'reference',
  Customer: 'reference',
  Owner: 'reference',
  Uniqueidentifier: 'text',
}
const formats: Record<string, FieldType> = {
  Email: 'email',
  Phone: 'phone',
  Url: 'url',
  TextArea: 'long_text',
}

function typeOf(column: Record<string, unknown>): FieldType | undefined {
  if (asObject(column.AttributeTypeName).Value === 'MultiSelectPicklistType') return 'choices'
  const kind = asText(column.AttributeType)
  if (kind === 'String') return formats[asText(asObject(column.FormatName).Value)] ?? 'text'
  const isDay = asObject(column.DateTimeBehavior).Value === 'DateOnly' || column.LogicalName === dueDay
  if (kind === 'DateTime' && isDay) return 'date'
  return types[kind]
}

type Known = { options: Map<string, RemoteField['options']>; keys: Set<string>; binds: Map<string, Bind[]> }

/** Columns that only repeat another one (its label, its amount in another currency) are left out. */
function fieldOf(given: unknown, { options, keys, binds }: Known): RemoteField[] {
  const column = asObject(given)
  const name = asText(column.LogicalName)
  const type = typeOf(column)
  if (!type || !name || asText(column.AttributeOf) || column.IsValidForRead === false) return []
  const isWritable = column.IsValidForCreate === true || column.IsValidForUpdate === true
  const maxLength = Number(column.MaxLength)
  const choices = options.get(name)
  const targets = asList(column.Targets).map(asText).filter(Boolean)
  // 1 and 2: calculated and rolled up.
  const isComputed = Number(column.SourceType) > 0
  return [
    {
      name,
      label: labelOf(column.DisplayName) || name,
      type,
      required:
        isWritable && type !== 'boolean' && asObject(column.RequiredLevel).Value === 'ApplicationRequired',
      readOnly: !isWritable || isComputed || (type === 'reference' && !binds.has(name)),
      ...(isComputed ? { computed: true } : {}),
      ...(choices?.length ? { options: choices } : {}),
      ...(maxLength > 0 ? { maxLength } : {}),
      ...(type === 'number' || type === 'money' ? { scale: Number(column.Precision) || 0 } : {}),
      ...(targets.length > 0 ? { references: targets } : {}),
      ...(keys.has(name) ? { externalId: true } : {}),
    },
  ]
}

function optionsOf(answers: readonly unknown[]): Known['options'] {
  const rows = answers.flatMap(answer => asList(asObject(answer).value)).map(asObject)
  return new Map(
    rows.map(row => [
      asText(row.LogicalName),
      asList(asObject(row.OptionSet).Options)
        .map(asObject)
        .map(option => ({
          value: asText(option.Value),
          label: labelOf(option.Label) || asText(option.Value),
        })),
    ]),
  )
}

/** An owner is set by one property for users and teams alike; we only know users. */
function bindsOf(definition: Record<string, unknown>): Known['binds'] {
  const binds = new Map<string, Bind[]>()
  for (const one of asList(definition.ManyToOneRelationships).map(asObject)) {
    const target = asText(one.ReferencedEntity)
    const table = tables.find(each => each.type === (target === 'owner' ? 'systemuser' : target))
    const property = asText(one.ReferencingEntityNavigationPropertyName)
    const column = asText(one.ReferencingAttribute)
    if (!table || !property || !column) continue
    binds.set(column, [...(binds.get(column) ?? []), { type: table.type, set: table.set, property }])
  }
  return binds
}

/** A table from the answers to the questions about it. */
export function tableFrom(about: (typeof tables)[number], answers: readonly unknown[]): Table {
  const [first, columns, ...choices] = answers
  const definition = asObject(first)
  const binds = bindsOf(definition)
  const keys = asList(definition.Keys)
    .map(asObject)
    .filter(key => key.EntityKeyIndexStatus === 'Active')
    .map(key => asList(key.KeyAttributes).map(asText))
  const single = new Set(keys.flatMap(key => (key.length === 1 ? key : [])))
  const known = { options: optionsOf(choices), keys: single, binds }
  const fields = asList(asObject(columns).value).flatMap(column => fieldOf(column, known))
  if (fields.some(field => field.name === currency.by))
    fields.push({
      name: currency.name,
      label: 'Currency code',
      type: 'text',
      required: false,
      readOnly: true,
    })
  const { type, label, role, set, id } = about
  const object = { type, role, label: labelOf(definition.DisplayName) || label, fields }
  return {
    object,
    set,
    id,
    binds,
    index: indexOf(object),
    isTracked: definition.ChangeTrackingEnabled === true,
  }
}

/** An option by its number, or by what people read. */
function optionOf(field: RemoteField | undefined, value: Value): string {
  const text = String(value)
  const isMeant = (label: string) => label.toLowerCase() === text.toLowerCase()
  return field?.options?.find(option => isMeant(option.label))?.value ?? text
}

/** What is no number goes as it is and is refused there; as nothing it would empty the column. */
const asNumber = (value: Value) => (Number.isNaN(Number(value)) ? value : Number(value))

/** What the Web API wants to be sent; references are set by `write.ts`. */
export function toDataverse(field: RemoteField | undefined, value: Value): unknown {
  if (value === null) return field?.type === 'boolean' ? false : null
  if (Array.isArray(value)) return value.map(each => optionOf(field, each)).join(',')
  switch (field?.type) {
    case 'choice':
      return asNumber(optionOf(field, value))
    case 'number':
    case 'money':
      return asNumber(value)
    case 'date': {
      const day = String(value).slice(0, 10)
      // Noon is on the same day nearly everywhere.
      return field.name === dueDay ? `${day}T12:00:00Z` : day
    }
    case 'moment':
      return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? `${value}T00:00:00Z` : value
    default:
      return value
  }
}
