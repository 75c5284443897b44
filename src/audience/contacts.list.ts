import { type Db, many, maybeOne, one, type RawBuilder, sql } from '#platform/db/db.ts'
import { type Contact, contactColumns, contactFrom } from './contacts.sql.ts'

export const contactSorts = ['created', 'updated', 'email', 'name'] as const
export type ContactSort = (typeof contactSorts)[number]

// Word for word the expressions of the indexes (migrations/0005-audience.sql), or a million rows are sorted.
const emailKey = sql`coalesce(contact.email, U&'\\FFFF') collate "C"`
const nameKey = sql`coalesce(nullif(lower(coalesce(contact.last_name || ' ', '') || coalesce(contact.first_name, '')), ''), U&'\\FFFF') collate "und-x-icu"`

/** Each order is that of an index, with the id to make it total. Who has no name or address comes last. */
const sorts: Record<
  ContactSort,
  { key: RawBuilder<unknown>; cast: RawBuilder<unknown>; descending: boolean }
> = {
  created: { key: sql`contact.created_at`, cast: sql`timestamptz`, descending: true },
  updated: { key: sql`contact.updated_at`, cast: sql`timestamptz`, descending: true },
  email: { key: emailKey, cast: sql`text`, descending: false },
  name: { key: nameKey, cast: sql`text`, descending: false },
}

export type ContactCursor = { key: string; id: string }

/** Text as the beginning of a pattern for LIKE. */
export const prefixPattern = (text: string) => `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`

/** The beginning of an address, of a first or of a last name; of two words, of the one and of the other. */
function searchCondition(text: string): RawBuilder<boolean> {
  const first = sql`lower(contact.first_name) collate "C"`
  const last = sql`lower(contact.last_name) collate "C"`
  const [one = '', ...rest] = text.trim().split(/\s+/)
  const whole = prefixPattern(text.trim())
  const single = sql<boolean>`${emailKey} like ${whole} or ${last} like ${whole} or ${first} like ${whole}`
  if (rest.length === 0) return single
  const [a, b] = [prefixPattern(one), prefixPattern(rest.join(' '))]
  return sql<boolean>`${single} or (${first} like ${a} and ${last} like ${b}) or (${last} like ${a} and ${first} like ${b})`
}

export type ContactRow = Contact & { sortKey: string }

type Ask = {
  filter?: RawBuilder<boolean>
  search?: string
  /** An address that the filter demands: found by its index. */
  email?: string
  sort: ContactSort
  cursor: ContactCursor | null
  /** The last contact that is looked at. */
  upTo?: ContactCursor | null
  limit: number
}

function bound(sort: ContactSort, at: ContactCursor | null | undefined, is: 'after' | 'upTo') {
  if (!at) return sql``
  const { key, cast, descending } = sorts[sort]
  const sign = is === 'after' ? (descending ? sql`<` : sql`>`) : descending ? sql`>=` : sql`<=`
  return sql`and (${key}, contact.id) ${sign} (${at.key}::${cast}, ${at.id}::bigint)`
}

/**
 * One page of contacts, `limit + 1` rows at most. `filter` is a condition over the alias `contact`; `search` is the
 * beginning of an address or of a first or last name.
 */
export function listContacts(db: Db, ask: Ask): Promise<ContactRow[]> {
  const { key, descending } = sorts[ask.sort]
  const direction = descending ? sql`desc` : sql`asc`
  return many(
    db,
    sql`
    select ${contactColumns}, (${key})::text as "sortKey"
    from ${contactFrom}
    where true ${ask.filter ? sql`and (${ask.filter})` : sql``}
      ${ask.search?.trim() ? sql`and (${searchCondition(ask.search)})` : sql``}
      ${ask.email === undefined ? sql`` : sql`and ${emailKey} = lower(${ask.email}::text)`}
      ${bound(ask.sort, ask.cursor, 'after')} ${bound(ask.sort, ask.upTo, 'upTo')}
    order by ${key} ${direction}, contact.id ${direction}
    limit ${ask.limit + 1}`,
  )
}

/** So many contacts are looked at by a statement, and no further statement is begun after so long. */
const stride = 10_000
const patienceMs = 60

/**
 * A page of those who match a filter, found by walking along the order. Where few match, the page is given up after a
 * while with what was found: `next` then is the place to go on from, and null only at the end. So a request takes the
 * same short time whatever is asked of a million.
 */
export async function walkContacts(
  db: Db,
  ask: Ask,
): Promise<{ rows: ContactRow[]; next: ContactCursor | null }> {
  const began = performance.now()
  const rows: ContactRow[] = []
  let cursor = ask.cursor
  for (;;) {
    const upTo = await strideFrom(db, ask.sort, cursor)
    const wanted = ask.limit - rows.length
    rows.push(...(await listContacts(db, { ...ask, cursor, upTo, limit: wanted })))
    if (rows.length > ask.limit) {
      const last = rows[ask.limit - 1]
      return { rows: rows.slice(0, ask.limit), next: last ? { key: last.sortKey, id: last.id } : null }
    }
    cursor = upTo
    if (upTo === null || performance.now() - began > patienceMs) return { rows, next: upTo }
  }
}

/** The contact a stride further along the order, or null where the end is nearer. */
async function strideFrom(
  db: Db,
  sort: ContactSort,
  cursor: ContactCursor | null,
): Promise<ContactCursor | null> {
  const { key, descending } = sorts[sort]
  const direction = descending ? sql`desc` : sql`asc`
  const place = await maybeOne<ContactCursor>(
    db,
    sql`
    select (${key})::text as key, contact.id from audience.contact contact
    where true ${bound(sort, cursor, 'after')}
    order by ${key} ${direction}, contact.id ${direction} offset ${stride} limit 1`,
  )
  return place ?? null
}

/** Contacts in the order of their ids, `limit` at most: for what goes through all of them. */
export function contactsById(
  db: Db,
  ask: { filter?: RawBuilder<boolean>; search?: string; companyId?: string; after: string; limit: number },
): Promise<Contact[]> {
  return many(
    db,
    sql`
    select ${contactColumns} from ${contactFrom}
    where contact.id > ${ask.after}::bigint ${ask.filter ? sql`and (${ask.filter})` : sql``}
      ${ask.search?.trim() ? sql`and (${searchCondition(ask.search)})` : sql``}
      ${ask.companyId ? sql`and contact.company_id = ${ask.companyId}::bigint` : sql``}
    order by contact.id limit ${ask.limit}`,
  )
}

/** How many contacts there are, as the planner estimates it: an exact count of a million is not worth its time. */
export async function estimateContacts(db: Db): Promise<number> {
  const { count } = await one<{ count: number }>(
    db,
    sql`
    select greatest(reltuples, 0)::float8 as count from pg_class where oid = 'audience.contact'::regclass`,
  )
  if (count > 10_000) return Math.round(count)
  return (await one<{ count: number }>(db, sql`select count(*)::int as count from audience.contact`)).count
}
