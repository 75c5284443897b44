import type { Db } from '#platform/db/db.ts'
import type { Connector, RemoteSchema } from './connector.ts'
import {
  type FieldMap,
  type Kind,
  kinds,
  type Mapping,
  mappingSchema,
  type ObjectMap,
  type Rule,
} from './mapping.ts'
import { sideOf } from './sides/all.ts'

/** Who decides about a field unless somebody says otherwise: the CRM, except for what Tend knows better. */
function ruleOf(kind: Kind, local: string): Rule {
  if (['task', 'member'].includes(kind)) return 'two_way'
  if (kind !== 'person') return 'crm'
  if (local === 'id' || local === 'url' || local.startsWith('score.')) return 'tend'
  return local === 'owner_id' ? 'crm' : 'two_way'
}

/**
 * A first mapping, made of what the connector proposes and what both the CRM and Tend really have. Nothing is created
 * there by it.
 */
export async function firstMapping(db: Db, connector: Connector, schema: RemoteSchema): Promise<Mapping> {
  const here = new Map<Kind, Set<string>>()
  for (const kind of kinds) here.set(kind, new Set((await sideOf(kind).fields(db)).map(field => field.name)))
  const objects = connector.presets.flatMap((preset): ObjectMap[] => {
    const described = schema.objects.find(object => object.type === preset.remote)
    if (!described || !isKind(preset.local)) return []
    const kind = preset.local
    const there = new Set(described.fields.map(field => field.name))
    const fields = preset.fields
      .filter(field => there.has(field.remote) && here.get(kind)?.has(field.local))
      .map(
        (field): FieldMap => ({
          local: field.local,
          remote: field.remote,
          rule: ruleOf(kind, field.local),
          blank: 'keep',
          transform: 'none',
          applies: 'here',
          country: null,
          valueMap: field.valueMap ?? null,
          unknown: 'keep',
        }),
      )
    const made = kind === 'task' || kind === 'member'
    return [objectOf(kind, preset.remote, fields, made)]
  })
  return mappingSchema.parse({ objects })
}

const isKind = (kind: string): kind is Kind => kinds.some(each => each === kind)

function objectOf(kind: Kind, remote: string, fields: FieldMap[], createThere: boolean): ObjectMap {
  return {
    kind,
    remote,
    fields,
    matchKeys: kind === 'company' ? ['domain', 'name'] : ['email'],
    createHere: !['task', 'member'].includes(kind),
    createThere,
    inclusionSegmentId: null,
    deletedThere: 'unlink',
    deletedHere: 'unlink',
    winner: 'crm',
    followConversions: true,
    consentBasis: null,
  }
}
