import { type Db, many, one, type RawBuilder, sql } from '#platform/db/db.ts'
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

/**
 * One page of contacts, `limit + 1` rows at most. `filter` is a condition over the alias `contact`; `search` is the
 * beginning of an address or of a first or last name.
 */
export function listContacts(
  db: Db,
  ask: {
    filter?: RawBuilder<boolean>
    search?: string
    sort: ContactSort
    cursor: ContactCursor | null
    limit: number
  },
): Promise<(Contact & { sortKey: string })[]> {
  const { key, cast, descending } = sorts[ask.sort]
  const direction = descending ? sql`desc` : sql`asc`
  const after = ask.cursor
    ? sql`and (${key}, contact.id) ${descending ? sql`<` : sql`>`} (${ask.cursor.key}::${cast}, ${ask.cursor.id}::bigint)`
    : sql``
  return many(
    db,
    sql`
    select ${contactColumns}, (${key})::text as "sortKey"
    from ${contactFrom}
    where true ${ask.filter ? sql`and (${ask.filter})` : sql``}
      ${ask.search?.trim() ? sql`and (${searchCondition(ask.search)})` : sql``} ${after}
    order by ${key} ${direction}, contact.id ${direction}
    limit ${ask.limit + 1}`,
  )
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
