import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { roomTables } from './subject.catalogue.ts'
import type { Person } from './subject.ts'

const erased = '[erased]'

/**
 * Tables without a contact that hold what the customer says of himself: an address in them is his own (a sender, a
 * reply-to), not the erased person's.
 */
const ours = new Set([
  'outreach.email',
  'outreach.email_version',
  'outreach.setting',
  'capture.source',
  'stewardship.setting',
  'stewardship.erasure',
])
/** Definitions are texts of the customer's; a person's address in a filter goes, a name in a headline is no name. */
const definitionColumns = new Set(['draft', 'definition', 'filter', 'review_on', 'external_id', 'label'])

const textual = new Set(['text', 'character varying', 'text[]', 'jsonb', 'json', 'bytea'])

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** The spellings in which a text can stand in another: plain, in JSON, in HTML, in an address. */
function spellings(text: string): string[] {
  const html = text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
  return [text, JSON.stringify(text).slice(1, -1), html, encodeURIComponent(text)]
}

/** A text in UTF-8 as PostgreSQL spells bytes in its format `escape`. */
const inBytes = (text: string): string =>
  [...Buffer.from(text)]
    .map(byte =>
      byte === 0x5c
        ? '\\\\'
        : byte < 0x80
          ? String.fromCharCode(byte)
          : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('')

/** Too short, and something else would be hit; only digits, and it could be a number in JSON. */
const tells = (text: string, least: number): boolean => text.length >= least && /\D/.test(text)

/**
 * One pattern for all words that name the person; a word inside of a longer one is not meant. Group 1 is what stands
 * before. Null where there is nothing to look for.
 */
export function patternOf(words: string[], spell = (text: string) => text): string | null {
  const parts = [...new Set(words.flatMap(spellings))]
    .sort((a, b) => b.length - a.length)
    .map(word => literal(spell(word)))
  return parts.length === 0
    ? null
    : `(^|[^[:alnum:]._+-]|\\\\[nrt])(?:${parts.join('|')})(?![[:alnum:]-]|\\.[[:alnum:]])`
}

/** The words that name a person wherever they stand, and his full name, which may be somebody else's as well. */
export function wordsNaming(person: Person): { sure: string[]; name: string[] } {
  const ids = [...person.userIds, ...person.anonymousIds]
  return {
    sure: [
      ...person.addresses.filter(text => tells(text, 5)),
      ...person.phones.filter(text => tells(text, 7)),
      ...ids.filter(text => tells(text, 8)),
    ],
    name: person.name?.includes(' ') && tells(person.name, 5) ? [person.name] : [],
  }
}

/**
 * Takes the words that name a person out of every table that is not a contact's own: jobs with their inputs and
 * errors, rejected calls, previews, files of imports and exports, what waits to be delivered to others. Which tables
 * there are, the database is asked. Returns how many rows it changed, by table.
 */
export async function scrub(trx: Db, people: Person | Person[]): Promise<Record<string, number>> {
  const all = [people].flat().map(wordsNaming)
  const [sure, name] = [all.flatMap(words => words.sure), all.flatMap(words => words.name)]
  const changed: Record<string, number> = {}
  const keyed = await keyColumns(trx)
  for (const table of await roomTables(trx, ['platform'])) {
    const isContacts = table.columns.some(column => /(^|_)contact_id$/.test(column.name))
    if (isContacts || table.name === 'audience.contact' || ours.has(table.name)) continue
    const isDefinition = table.columns.some(column => definitionColumns.has(column.name))
    const words = isDefinition ? sure : [...sure, ...name]
    const columns = table.columns
      .filter(column => textual.has(column.type) && !keyed.has(`${table.name}.${column.name}`))
      .filter(column => !/hash/.test(column.name))
      .map(column => ({
        ...column,
        pattern: patternOf(words, column.type === 'bytea' ? inBytes : undefined),
      }))
    if (words.length === 0 || columns.length === 0) continue
    const rows = await run(
      trx,
      sql`
      update ${sql.id(table.schema, table.table)} set ${sql.join(columns.map(without))}
      where ${sql.join(
        columns.map(column => sql`${textOf(column)} ~* ${column.pattern}`),
        sql` or `,
      )}`,
    )
    if (rows > 0) changed[table.name] = rows
  }
  const names = patternOf([...sure, ...name])
  if (names) {
    const gone = await run(trx, sql`delete from activity.event_name where name ~* ${names}`)
    if (gone > 0) changed['activity.event_name'] = gone
  }
  return changed
}

type Searched = { name: string; type: string; pattern: string | null }

const textOf = ({ name, type }: Searched): RawBuilder<string> =>
  type === 'bytea' ? sql`encode(${sql.id(name)}, 'escape')` : sql`${sql.id(name)}::text`

function without(column: Searched): RawBuilder<unknown> {
  const text = sql`regexp_replace(${textOf(column)}, ${column.pattern}, ${`\\1${erased}`}, 'gi')`
  const value =
    column.type === 'bytea' ? sql`decode(${text}, 'escape')` : sql`${text}::${sql.raw(column.type)}`
  return sql`${sql.id(column.name)} = ${value}`
}

/** Columns by which rows are found are left alone: they hold ids and the customer's own keys. */
async function keyColumns(db: Db): Promise<Set<string>> {
  const rows = await many<{ name: string }>(
    db,
    sql`
    select n.nspname || '.' || c.relname || '.' || a.attname as name
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where i.indisunique`,
  )
  return new Set(rows.map(row => row.name))
}
