import { companiesByIds, companiesByKeys, insertCompanies, writeCompanies } from '#audience/company-batch.ts'
import type { Db } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Value, Values } from '../connector.ts'
import { norm } from '../values.ts'
import { type Arrival, Changed, type LocalWrite, type Side, type Work } from './side.ts'

const domainOf = (value: Value | undefined): string | null =>
  String(value ?? '')
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/:?#].*$/, '') || null

/** Companies: attributes are free, as they are for events. */
export const companySide: Side = {
  kind: 'company',
  matchKeys: ['domain', 'name'],
  async fields() {
    const text = (name: string, label: string) => ({ name, label, type: 'text' as const, writable: true })
    return [
      text('name', 'Name'),
      text('domain', 'Domain'),
      { name: 'id', label: 'Tend’s own id', type: 'text', writable: false },
    ]
  },
  async read(db, ids) {
    const rows = await companiesByIds(db, ids)
    return new Map(
      rows.map(row => {
        const values: Values = { id: row.id, name: norm(row.name), domain: norm(row.domain) }
        for (const [key, value] of Object.entries(row.attrs)) values[`attrs.${key}`] = norm(value)
        return [row.id, { values, updatedAt: row.updatedAt }]
      }),
    )
  },
  match,
  async create(trx, arrivals, work) {
    const rows = arrivals.flatMap(({ record, theirs }) => {
      const name = theirs.name ?? domainOf(theirs.domain)
      const row = { id: newId(), name: String(name), domain: domainOf(theirs.domain), attrs: attrsOf(theirs) }
      return name === null ? [] : [{ remoteId: record.id, ...row }]
    })
    await insertCompanies(trx, rows, work.now)
    return { made: new Map(rows.map(row => [row.remoteId, row.id])), events: [] }
  },
  write,
}

const attrsOf = (values: Values): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith('attrs.') ? [[name.slice(6), Array.isArray(value) ? value.join('; ') : value]] : [],
    ),
  )

/** By the match keys in their order; a name counts that only one company has. */
async function match(trx: Db, arrivals: Arrival[], { object }: Work): Promise<Map<string, string>> {
  const domains = arrivals.flatMap(({ theirs }) => domainOf(theirs.domain) ?? [])
  const names = arrivals.flatMap(({ theirs }) => (theirs.name ? [String(theirs.name).toLowerCase()] : []))
  const known = await companiesByKeys(trx, { domains, names })
  return new Map(
    arrivals.flatMap(({ record, theirs }) => {
      const found: Record<string, string | undefined> = {
        domain: known.domains.get(domainOf(theirs.domain) ?? ''),
        name: known.names.get(String(theirs.name ?? '').toLowerCase()),
      }
      const id = object.matchKeys.map(key => found[key]).find(each => each !== undefined)
      return id ? [[record.id, id] as const] : []
    }),
  )
}

async function write(trx: Db, writes: LocalWrite[], work: Work) {
  const rows = new Map(
    (
      await companiesByIds(
        trx,
        writes.map(each => each.localId),
      )
    ).map(row => [row.id, row]),
  )
  const next = writes.flatMap(({ localId, here }) => {
    const row = rows.get(localId)
    if (!row) return []
    return [
      {
        id: row.id,
        version: row.version,
        name: here.name ? String(here.name) : row.name,
        domain: here.domain === undefined ? row.domain : domainOf(here.domain),
        attrs: attrsOf(here),
      },
    ]
  })
  const written = await writeCompanies(trx, next, work.now)
  if (written.size < next.length) throw new Changed('company')
  return []
}
