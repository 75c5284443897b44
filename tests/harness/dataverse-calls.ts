import { readFilter, readOrder, Unreadable } from './dataverse-odata.ts'
import { definitions, wireName } from './dataverse-tables.ts'
import { type DataverseCall, Refused, type Row, shown, type World } from './dataverse-world.ts'
import { writeRow } from './dataverse-writes.ts'
import type { Reply } from './peer.ts'

const unreadable = (message: string) => new Refused(400, '0x80060888', message)

/** One call, or one part of a batch. */
export function perform(world: World, api: string, call: DataverseCall): Reply {
  try {
    return serve(world, api, call)
  } catch (error) {
    if (error instanceof Unreadable) return unreadable(error.message).reply
    if (error instanceof Refused) return error.reply
    throw error
  }
}

function serve(world: World, api: string, call: DataverseCall): Reply {
  const [, name = '', key] = /^\/?([$\w]+)(?:\((.*?)\))?/.exec(call.path) ?? []
  if (name === 'WhoAmI') {
    const [UserId] = world.table('systemuser').keys()
    return { status: 200, body: { UserId, OrganizationId: UserId, BusinessUnitId: UserId } }
  }
  if (name === 'EntityDefinitions') return metadata(call, key ?? '')
  if (name === 'RetrieveDuplicates') return duplicates(world, call)
  if (name === 'Merge') return merge(world, call)
  const type = Object.keys(definitions).find(each => definitions[each]?.set === name)
  if (!type) throw new Refused(404, '0x8006088a', `Resource not found for the segment '${name}'.`)
  if (call.path.endsWith('Microsoft.Dynamics.CRM.QualifyLead')) {
    const made = world.qualify(key ?? '').map(ref => ({
      '@odata.type': `#Microsoft.Dynamics.CRM.${ref.type}`,
      [definitions[ref.type]?.id ?? '']: ref.id,
    }))
    return { status: 200, body: { value: made } }
  }
  if (call.method !== 'GET') return writeRow(world, api, call, type, key)
  if (key === undefined) return list(world, api, call, type)
  return { status: 200, body: shown(api, type, world.living(type, key), selected(call, type)) }
}

const columnsOf = (type: string) => new Set(definitions[type]?.columns.map(wireName))

function selected(call: DataverseCall, type: string): string[] {
  const known = columnsOf(type)
  const asked = call.query.get('$select')?.split(',') ?? [...known]
  const odd = asked.find(name => !known.has(name))
  if (odd)
    throw unreadable(`Could not find a property named '${odd}' on type 'Microsoft.Dynamics.CRM.${type}'.`)
  return [...new Set([definitions[type]?.id ?? '', ...asked])]
}

const sizeOf = (prefer: string) => Number(/odata\.maxpagesize=(\d+)/.exec(prefer)?.[1] ?? 5000)

/** Rows by a filter, in pages; or, with change tracking, all rows and later what became of them. */
function list(world: World, api: string, call: DataverseCall, type: string): Reply {
  const prefer = call.headers.prefer ?? ''
  const names = selected(call, type)
  const set = definitions[type]?.set ?? ''
  const isTracking = prefer.includes('odata.track-changes') || call.query.has('$deltatoken')
  if (isTracking) return tracked(world, api, call, type, names)
  const filter = call.query.get('$filter')
  const order = call.query.get('$orderby')
  const test = filter ? readFilter(filter, columnsOf(type)) : () => true
  // Without an order of its own a table comes by its key, which is no order of texts.
  const backwards = (row: Row) => [...String(row[definitions[type]?.id ?? ''])].reverse().join('')
  const rows = [...world.table(type).values()]
    .filter(test)
    .sort((a, b) => (backwards(a) < backwards(b) ? -1 : 1))
  if (order && order !== definitions[type]?.id) rows.sort(readOrder(order, columnsOf(type)))
  // Whoever asks for a length of pages as well is not heard.
  const top = prefer.includes('odata.maxpagesize') ? null : call.query.get('$top')
  const page = top ? { rows: rows.slice(0, Number(top)), link: {} } : paged(api, set, call, rows)
  const body = { '@odata.context': `${api}/$metadata#${set}`, ...page.link }
  return {
    status: 200,
    body: {
      ...body,
      value: page.rows.map(row => ({ ...shown(api, type, row, names), ...expanded(world, call, type, row) })),
    },
  }
}

/** `$expand` of one lookup, with its own `$select`. */
function expanded(world: World, call: DataverseCall, type: string, row: Row): Row {
  const asked = call.query.get('$expand')
  if (!asked) return {}
  const [, property = '', column = ''] = /^(\w+)\(\$select=(\w+)\)$/.exec(asked) ?? []
  const [target = ''] = Object.keys(definitions[type]?.lookups[property] ?? {})
  if (!columnsOf(target).has(column))
    throw unreadable(`Could not find a property named '${property}' on type`)
  const other = world.table(target).get(String(row[`_${property}_value`]))
  return { [property]: other ? { [column]: other[column] ?? null } : null }
}

/** A next link carries all of the question and a cookie; how long pages are is said again with each call, or here. */
function paged(api: string, set: string, call: DataverseCall, rows: Row[]) {
  const [, start = '0', size = ''] =
    /<cookie at="(\d+)" size="(\d+)"\/>/.exec(call.query.get('$skiptoken') ?? '') ?? []
  const length = Number(size) || sizeOf(call.headers.prefer ?? '')
  const end = Number(start) + length
  const query = new URLSearchParams(call.query)
  query.set('$skiptoken', `<cookie at="${end}" size="${length}"/>`)
  const link = end < rows.length ? { '@odata.nextLink': `${api}/${set}?${query}` } : {}
  return { rows: rows.slice(Number(start), end), link }
}

function tracked(world: World, api: string, call: DataverseCall, type: string, names: string[]): Reply {
  if (call.query.has('$filter') || call.query.has('$orderby'))
    throw unreadable('Filters and orders are not allowed with change tracking.')
  const { set = '', isTracked } = definitions[type] ?? {}
  if (!isTracked) throw new Refused(400, '0x80072031', `Change tracking is not enabled for ${type}.`)
  const since = Number(call.query.get('$deltatoken') ?? 0)
  if (since > 0 && since < world.oldest)
    throw new Refused(400, '0x80044352', 'Version stamp associated with the client has expired.')
  const rows = [...world.table(type).values()].filter(row => Number(row.versionnumber) > since)
  const query = new URLSearchParams({ $select: names.join(','), $deltatoken: String(world.version) })
  const gone = world.deleted
    .filter(each => since > 0 && each.type === type && each.version > since)
    .map(({ id }) => ({ '@odata.context': `${api}/$metadata#${set}/$deletedEntity`, id, reason: 'deleted' }))
  return {
    status: 200,
    headers: { 'preference-applied': 'odata.track-changes' },
    body: {
      '@odata.context': `${api}/$metadata#${set}/$delta`,
      '@odata.deltaLink': `${api}/${set}?${query}`,
      value: [...rows.map(row => shown(api, type, row, names)), ...gone],
    },
  }
}

function metadata(call: DataverseCall, key: string): Reply {
  const [, type = ''] = /LogicalName='(\w+)'/.exec(key) ?? []
  const definition = definitions[type]
  if (!definition)
    throw new Refused(404, '0x80060888', `Could not find an entity with name ${type} in the metadata cache.`)
  const { columns, keys, lookups, set, id, isTracked } = definition
  const cast = /Attributes\/Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata/.exec(call.path)?.[1]
  if (cast) {
    const some = columns.filter(each => String(each['@odata.type']).includes(`.${cast}Attribute`))
    return { status: 200, body: { value: some } }
  }
  if (call.path.endsWith('/Attributes'))
    return { status: 200, body: { value: columns.map(({ OptionSet: _onlyByCast, ...rest }) => rest) } }
  return {
    status: 200,
    body: {
      MetadataId: '00000000-0000-4000-8000-000000000001',
      LogicalName: type,
      EntitySetName: set,
      PrimaryIdAttribute: id,
      ChangeTrackingEnabled: isTracked,
      DisplayName: { UserLocalizedLabel: { Label: type, LanguageCode: 1033 } },
      Keys: keys.map(KeyAttributes => ({ KeyAttributes, EntityKeyIndexStatus: 'Active' })),
      ManyToOneRelationships: Object.entries(lookups).flatMap(([ReferencingAttribute, by]) =>
        Object.entries(by).map(([ReferencedEntity, ReferencingEntityNavigationPropertyName]) => ({
          ReferencingAttribute,
          ReferencedEntity,
          ReferencingEntityNavigationPropertyName,
        })),
      ),
    },
  }
}

/** What a rule of the company finds to be alike: the two newest records. */
function duplicates(world: World, { query }: DataverseCall): Reply {
  const type = String(query.get('@type')).replaceAll("'", '')
  const page = JSON.parse(query.get('@page') ?? '{}') as Row
  const one = JSON.parse(query.get('@one') ?? '{}') as Row
  if (!definitions[type] || !page.Count || one['@odata.type'] !== `Microsoft.Dynamics.CRM.${type}`)
    throw unreadable('The parameters of RetrieveDuplicates cannot be read.')
  const rows = [...world.table(type).values()].slice(-2)
  return { status: 200, body: { value: rows } }
}

function merge(world: World, { json }: DataverseCall): Reply {
  const idOf = (given: unknown) =>
    String(Object.entries(given as Row).find(([name]) => name.endsWith('id'))?.[1])
  const [, type = ''] = /CRM\.(\w+)$/.exec(String((json.Target as Row)['@odata.type'])) ?? []
  world.living(type, idOf(json.Target))
  world.living(type, idOf(json.Subordinate))
  world.merge(type, idOf(json.Subordinate), idOf(json.Target))
  return { status: 204 }
}
