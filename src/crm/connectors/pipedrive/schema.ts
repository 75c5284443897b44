import type { FieldType, RemoteField, RemoteObject } from '../../connector.ts'
import type { Http } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'
import { objectOf, type PipedriveObject, users } from './objects.ts'
import { allOf, rowsOf } from './paging.ts'

/** What Pipedrive calls a type; what is not here cannot be said in one value and is left out. */
const types = new Map<string, FieldType>(
  Object.entries({
    varchar: 'text',
    varchar_auto: 'text',
    text: 'long_text',
    phone: 'phone',
    int: 'number',
    double: 'number',
    monetary: 'money',
    boolean: 'boolean',
    date: 'date',
    enum: 'choice',
    set: 'choices',
    address: 'text',
    time: 'text',
    user: 'reference',
    people: 'reference',
    org: 'reference',
  } as const),
)
const references: Record<string, string> = { user: 'users', people: 'persons', org: 'organizations' }
const searchable = ['address', 'varchar', 'text', 'varchar_auto', 'double', 'monetary', 'phone']

/** What is known of an object: its fields as Tend has them, and how the wire has those that differ. */
export type Known = {
  object: RemoteObject
  fields: Map<string, RemoteField>
  /** The type of each custom field in Pipedrive's words; they lie apart from the others. */
  custom: Map<string, string>
  /** The ids of options by field, in the order of the field's own options. */
  options: Map<string, Option[]>
  /** The name that a search has for a field; none = it cannot be searched by. */
  searched(field: string): string | undefined
}

/** Describes one object: what every Pipedrive has, and the company's own fields. */
export async function learn(http: Http, type: string): Promise<Known> {
  const about = type === users.type ? users : objectOf(type)
  const described = about.fieldsPath ? await allOf(rowsOf(http, about.fieldsPath)) : []
  const stages = type === 'deals' ? await stageOptions(http) : new Map<string, Option[]>()
  const options = new Map([
    ...described
      .filter(hasLabels)
      .map(optionsOf)
      .filter(([, all]) => all.length > 0),
    ...stages,
  ])
  const own = described.flatMap(each => customField(each, options))
  const extra = described.some(each => codeOf(each) === marketing) ? [marketingField] : []
  const fields = [...about.fields.map(each => withOptions(each, options)), ...extra, ...own]
  const custom = new Map(
    described
      .filter(each => each.is_custom_field === true)
      .map(each => [codeOf(each), asText(each.field_type)]),
  )
  return {
    object: { type, label: about.label, role: about.role, fields },
    fields: new Map(fields.map(each => [each.name, each])),
    custom,
    options,
    searched: name => searchOf(about, custom, name),
  }
}

/** Whether somebody may be mailed, for companies that have Pipedrive's Campaigns. */
export const marketing = 'marketing_status'
const marketingField: RemoteField = {
  name: marketing,
  label: 'Marketing status',
  type: 'choice',
  required: false,
  readOnly: false,
  options: ['no_consent', 'unsubscribed', 'subscribed', 'archived'].map(value => ({ value, label: value })),
}

export type Option = { id: string; value: string }
/** Fields whose options go by their labels: the numbers behind them mean nothing outside of Pipedrive. */
const hasLabels = (described: Record<string, unknown>) =>
  described.is_custom_field === true || ['label_ids', 'industry'].includes(codeOf(described))
const codeOf = (described: Record<string, unknown>) => asText(described.field_code)

const searchOf = (about: PipedriveObject, custom: Map<string, string>, name: string) =>
  about.searched[name] ??
  (about.fieldsPath && searchable.includes(custom.get(name) ?? '') ? 'custom_fields' : undefined)

/** An option goes by its label; of two with one label the second goes by its number. */
function optionsOf(described: Record<string, unknown>): [string, Option[]] {
  const seen = new Set<string>()
  const options = asList(described.options).map(given => {
    const { id, label } = asObject(given)
    const words = asText(label)
    const value = words === '' || seen.has(words) ? asText(id) : words
    seen.add(value)
    return { id: asText(id), value }
  })
  return [codeOf(described), options]
}

function customField(described: Record<string, unknown>, options: Map<string, Option[]>): RemoteField[] {
  const type = types.get(asText(described.field_type))
  if (described.is_custom_field !== true || !type) return []
  const name = codeOf(described)
  const label = asText(described.field_name) || name
  const refers = references[asText(described.field_type)]
  const own: RemoteField = {
    name,
    label,
    type,
    required: false,
    readOnly: described.field_type === 'time',
    ...(refers ? { references: [refers] } : {}),
    // A field that the company has made for our id is known by its name.
    ...(/^varchar/.test(asText(described.field_type)) && /\btend\b/i.test(label) ? { externalId: true } : {}),
  }
  return [withOptions(own, options)]
}

function withOptions(field: RemoteField, options: Map<string, Option[]>): RemoteField {
  const place = ({ stage_id: 'stage', pipeline_id: 'pipeline' } as Record<string, string>)[field.name]
  const own = options.get(place ?? field.name)
  if (!own?.length || field.options || !/^choice/.test(field.type)) return field
  return { ...field, options: own.map(({ id, value }) => ({ value: place ? id : value, label: value })) }
}

/** Stages and pipelines by their names; a stage's name may be in several pipelines. */
async function stageOptions(http: Http): Promise<Map<string, Option[]>> {
  const [pipelines, stages] = [await allOf(rowsOf(http, '/pipelines')), await allOf(rowsOf(http, '/stages'))]
  const nameOf = (row: Record<string, unknown>): Option => ({ id: asText(row.id), value: asText(row.name) })
  return new Map([
    ['pipeline', pipelines.map(nameOf)],
    ['stage', stages.map(nameOf)],
  ])
}
