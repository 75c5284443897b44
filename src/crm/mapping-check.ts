import { isSupportedCountry } from 'libphonenumber-js/max'
import { segmentsByIds } from '#decisions/segments.ts'
import type { Db } from '#platform/db/db.ts'
import { type FieldProblem, invalid } from '#platform/errors.ts'
import type { RemoteSchema } from './connector.ts'
import { type FieldMap, type Kind, type Mapping, type ObjectMap, optOut } from './mapping.ts'
import { sideOf } from './sides/all.ts'
import type { LocalField } from './sides/side.ts'
import { oneWay, splits } from './transforms.ts'

const writable = (rule: string) => ['crm', 'crm_unless_blank', 'two_way'].includes(rule)
const writes = (rule: string) => ['tend', 'two_way', 'crm_unless_blank'].includes(rule)

/** Everything about a mapping that cannot work, by the path of the field it stands in; throws `invalid`. */
export async function checkMapping(db: Db, mapping: Mapping, schema: RemoteSchema | null): Promise<void> {
  const faults: FieldProblem[] = []
  const segments = mapping.objects.flatMap(object => object.inclusionSegmentId ?? [])
  const live = new Set(
    (await segmentsByIds(db, segments)).filter(each => each.status === 'live').map(each => each.id),
  )
  for (const [i, object] of mapping.objects.entries()) {
    const path = `objects.${i}`
    const described = schema?.objects.find(each => each.type === object.remote)
    if (!described) faults.push({ path: `${path}.remote`, message: `The CRM has no object ${object.remote}` })
    if (object.inclusionSegmentId && !live.has(object.inclusionSegmentId))
      faults.push({ path: `${path}.inclusionSegmentId`, message: 'must be a live segment' })
    const fields = await sideOf(object.kind).fields(db)
    faults.push(...keyFaults(object, path))
    faults.push(...fieldFaults(object, path, new Map(fields.map(field => [field.name, field])), schema))
  }
  for (const kind of new Set(mapping.objects.map(object => object.kind)))
    faults.push(...createFaults(mapping, kind))
  if (faults.length > 0) throw invalid('This mapping cannot work like this.', faults)
}

function fieldFaults(
  object: ObjectMap,
  path: string,
  locals: Map<string, LocalField>,
  schema: RemoteSchema | null,
): FieldProblem[] {
  const remotes = new Map(
    schema?.objects.find(each => each.type === object.remote)?.fields.map(field => [field.name, field]) ?? [],
  )
  const seen = new Set<string>()
  return object.fields.flatMap((field, j) => {
    const at = `${path}.fields.${j}`
    const local = locals.get(field.local)
    const remote = remotes.get(field.remote)
    const faults: FieldProblem[] = []
    const isNew = field.local.startsWith('attrs.') || field.local.startsWith('score.')
    if (!local && !isNew) faults.push({ path: `${at}.local`, message: `Tend has no field ${field.local}` })
    if (!remote) faults.push({ path: `${at}.remote`, message: `The CRM has no field ${field.remote}` })
    if (seen.has(field.local)) faults.push({ path: `${at}.local`, message: 'is mapped twice' })
    seen.add(field.local)
    const isFixed = local?.writable === false || field.local.startsWith('score.')
    if (isFixed && writable(field.rule))
      faults.push({ path: `${at}.rule`, message: 'Tend makes this value itself: it can only go there' })
    if (remote?.readOnly && writes(field.rule) && field.local !== optOut)
      faults.push({ path: `${at}.rule`, message: 'The CRM does not let this field be written' })
    return [...faults, ...transformFaults(field, at)]
  })
}

/** What a transform cannot do, said before it would lose something. */
function transformFaults(field: FieldMap, at: string): FieldProblem[] {
  const { transform, applies, country, rule } = field
  const faults: FieldProblem[] = []
  if (oneWay.includes(transform) && applies !== 'here')
    faults.push({
      path: `${at}.applies`,
      message: 'This transform has no way back: it works on what comes here',
    })
  if (splits.includes(transform) && writes(rule))
    faults.push({ path: `${at}.rule`, message: 'A part of a name can only come from the CRM' })
  if (country !== null && !isSupportedCountry(country))
    faults.push({ path: `${at}.country`, message: `There is no country ${country}` })
  return faults
}

function keyFaults({ kind, matchKeys }: ObjectMap, path: string): FieldProblem[] {
  const known = sideOf(kind).matchKeys
  if (!known) return []
  return matchKeys.flatMap((key, k) =>
    known.includes(key)
      ? []
      : [{ path: `${path}.matchKeys.${k}`, message: `can be ${known.join(' or ')}, not ${key}` }],
  )
}

/** New records of a kind are made as one object, and all that it demands is mapped. */
function createFaults(mapping: Mapping, kind: Kind): FieldProblem[] {
  const makers = mapping.objects.flatMap((object, i) =>
    object.kind === kind && object.createThere ? [i] : [],
  )
  return makers
    .slice(1)
    .map(i => ({ path: `objects.${i}.createThere`, message: 'another object of this kind is made already' }))
}
