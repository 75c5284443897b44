import { definitions, wireName } from './dataverse-tables.ts'
import { type DataverseCall, etagOf, Refused, type Row, shown, type World } from './dataverse-world.ts'
import type { Reply } from './peer.ts'

/** POST, PATCH and DELETE of one record. */
export function writeRow(
  world: World,
  api: string,
  call: DataverseCall,
  type: string,
  key: string | undefined,
): Reply {
  if (call.method === 'POST' && key === undefined)
    return made(world, api, call, type, valuesOf(world, type, call.json))
  const found = key === undefined ? null : find(world, type, key)
  if (call.method === 'DELETE') {
    if (found?.row) check(call, found.row)
    world.remove(type, found?.id ?? '')
    return { status: 204 }
  }
  if (call.method !== 'PATCH' || !found)
    throw new Refused(405, '0x80060888', 'The method is not allowed here.')
  const values = valuesOf(world, type, call.json)
  if (found.row) {
    if (call.headers['if-none-match'] === '*')
      throw new Refused(412, '0x80040237', 'A record with matching key values already exists.')
    check(call, found.row)
    world.put(type, found.id, values)
    return told(world, api, call, type, found.id, 200)
  }
  if (call.headers['if-match'])
    throw new Refused(404, '0x80040217', `Entity '${type}' With Id = ${found.id} Does Not Exist`)
  return made(world, api, call, type, { ...found.keys, ...values }, found.id || undefined)
}

function made(
  world: World,
  api: string,
  call: DataverseCall,
  type: string,
  values: Row,
  given?: string,
): Reply {
  const taken = definitions[type]?.keys.some(key =>
    [...world.table(type).values()].some(row =>
      key.every(name => values[name] && row[name] === values[name]),
    ),
  )
  if (taken && definitions[type]?.keys.some(key => key.length === 1 && values[key[0] ?? '']))
    throw new Refused(412, '0x80060892', 'A record that has the attribute values already exists.')
  const id = world.add(type, values)
  if (given) {
    const row = world.living(type, id)
    world.table(type).delete(id)
    world.put(type, given, row)
  }
  return told(world, api, call, type, given ?? id, 201)
}

/** 204 with the address alone, or the record where it was asked for. */
function told(
  world: World,
  api: string,
  call: DataverseCall,
  type: string,
  id: string,
  status: number,
): Reply {
  const headers = { 'odata-version': '4.0', 'odata-entityid': `${api}/${definitions[type]?.set}(${id})` }
  if (!call.headers.prefer?.includes('return=representation')) return { status: 204, headers }
  const row = world.living(type, id)
  const known = definitions[type]?.columns.map(wireName) ?? []
  const names = call.query.get('$select')?.split(',') ?? known
  return { status, headers, body: shown(api, type, row, names) }
}

/** By id, or by an alternate key; what is not there yet may be made by it. */
function find(world: World, type: string, key: string): { id: string; row: Row | undefined; keys: Row } {
  if (!key.includes('=')) return { id: key, row: world.table(type).get(key), keys: {} }
  const pairs = [...decodeURIComponent(key).matchAll(/(\w+)=(?:'((?:[^']|'')*)'|([\w.-]+))/g)]
  const keys = Object.fromEntries(
    pairs.map(([, name, text, bare]) => [name, text?.replaceAll("''", "'") ?? Number(bare)]),
  )
  const isKey = definitions[type]?.keys.some(
    each => each.length === pairs.length && each.every(name => name in keys),
  )
  if (!isKey) throw new Refused(400, '0x80060888', 'The specified key attributes are not a defined key.')
  const row = [...world.table(type).values()].find(each =>
    Object.keys(keys).every(name => each[name] === keys[name]),
  )
  return { id: row ? String(row[definitions[type]?.id ?? '']) : '', row, keys }
}

function check(call: DataverseCall, row: Row): void {
  const asked = call.headers['if-match']
  if (asked && asked !== '*' && asked !== etagOf(row))
    throw new Refused(
      412,
      '0x80060882',
      "The version of the existing record doesn't match the RowVersion property.",
    )
}

/** The body as the table holds it; what the metadata does not know or allow is refused as Dataverse does. */
function valuesOf(world: World, type: string, body: Row): Row {
  const definition = definitions[type]
  const values: Row = {}
  for (const [name, value] of Object.entries(body)) {
    if (name === '@odata.type') continue
    const [property = '', bind] = name.split('@')
    if (bind === 'odata.bind') {
      values[boundColumn(type, property)] = value === null ? null : boundId(world, value)
      continue
    }
    const column = definition?.columns.find(each => each.LogicalName === name)
    if (!column || wireName(column) !== name)
      throw new Refused(
        400,
        '0x80048d19',
        `Error identified in Payload: Invalid property '${name}' was found.`,
      )
    if (column.IsValidForCreate !== true)
      throw new Refused(400, '0x80040203', `The property '${name}' cannot be set.`)
    const isNumber = ['Picklist', 'State', 'Status', 'Integer', 'Decimal', 'Money'].includes(
      column.AttributeType,
    )
    if (
      value !== null &&
      typeof value !== (isNumber ? 'number' : column.AttributeType === 'Boolean' ? 'boolean' : 'string')
    )
      throw new Refused(400, '0x80048d19', `Cannot convert the literal of the property '${name}'.`)
    // Moments are kept to the second.
    values[name] = column.LogicalName === 'new_lastvisit' && value ? `${String(value).slice(0, 19)}Z` : value
  }
  const { refusal } = world
  if (refusal?.when(values[refusal.field])) throw refusedBy(refusal.kind, refusal.field, type)
  return values
}

function boundColumn(type: string, property: string): string {
  const found = Object.entries(definitions[type]?.lookups ?? {}).find(([, by]) =>
    Object.values(by).includes(property),
  )
  if (!found)
    throw new Refused(400, '0x80048d19', `An undeclared property '${property}' was found in the payload.`)
  return found[0]
}

function boundId(world: World, value: unknown): string {
  const [, set, id = ''] = /\/?(\w+)\(([\da-f-]{36})\)$/.exec(String(value)) ?? []
  const type = Object.keys(definitions).find(each => definitions[each]?.set === set)
  if (!type) throw new Refused(400, '0x80048d19', `Resource not found for the segment '${set}'.`)
  world.living(type, id)
  return id
}

function refusedBy(kind: string, field: string, type: string): Refused {
  if (kind === 'lock')
    return new Refused(500, '0x80044150', 'Generic SQL error. CRM ErrorCode: -2147204784 Sql Number: 1205')
  if (kind === 'denied')
    return new Refused(403, '0x80040220', `Principal user is missing prvCreate${type} privilege on OTC=2.`)
  if (kind === 'duplicate')
    return new Refused(
      412,
      '0x80040333',
      'A record was not created or updated because a duplicate already exists.',
    )
  return new Refused(
    400,
    '0x80044331',
    `A validation error occurred. The length of the '${field}' attribute of the '${type}' entity exceeded the maximum.`,
  )
}
