import type { Module } from '#engine/module.ts'
import { type Db, maybeOne, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { contactTables, rowsOf } from './subject.catalogue.ts'

/** Everything by which a person can be named, in all the records that are his. */
export type Person = {
  id: string
  /** Its own id, and those of records that were merged into it. */
  ids: string[]
  addresses: string[]
  /** Ids that customers gave him, and those of his devices. */
  userIds: string[]
  anonymousIds: string[]
  phones: string[]
  name: string | null
}

/** Throws 404 where there is neither a profile nor an identity of this id. */
export async function findPerson(db: Db, id: string): Promise<Person> {
  const person = await maybeOne<Person>(
    db,
    sql`
    with own as (
      select ${id}::bigint as id union select contact_id from audience.redirect where to_contact_id = ${id}::bigint)
    select ${id}::text as id, array(select own.id::text from own) as ids,
      array(select value from audience.identity where contact_id in (select own.id from own) and kind = 'email'
        union select email from audience.contact where id in (select own.id from own) and email is not null
        union select recipient from outreach.message
          where contact_id in (select own.id from own) and recipient like '%@%' and class in ('marketing', 'service')
      ) as addresses,
      array(select value from audience.identity where contact_id in (select own.id from own) and kind = 'user_id') as "userIds",
      array(select value from audience.identity where contact_id in (select own.id from own) and kind = 'anonymous_id') as "anonymousIds",
      array(select phone from audience.contact where id in (select own.id from own) and phone is not null) as phones,
      (select nullif(trim(concat_ws(' ', first_name, last_name)), '') from audience.contact where id = ${id}::bigint) as name
    where exists (select from audience.contact where id = ${id}::bigint)
      or exists (select from audience.identity where contact_id = ${id}::bigint)`,
  )
  if (!person) throw notFound('contact')
  return person
}

/** What a table is to people; tables that have no word yet go by their own name. */
const words: Record<string, string> = {
  'activity.event': 'events',
  'audience.contact': 'profile',
  'audience.consent': 'consent history',
  'audience.consent_current': 'consent now',
  'audience.identity': 'identities',
  'audience.list_member': 'lists',
  'audience.redirect': 'merged records',
  'audience.request': 'requests',
  'audience.import_change': 'changes by imports',
  'decisions.counter': 'counters',
  'decisions.score': 'scores',
  'decisions.score_entry': 'points',
  'decisions.segment_member': 'segments',
  'insight.contact_mark': 'marks in reports',
  'insight.origin': 'origin',
  'insight.response': 'responses',
  'insight.stage_stay': 'stages',
  'engine.parked': 'set aside',
  'engine.timer': 'timers',
  'outreach.call': 'calls of webhooks',
  'outreach.call_attempt': 'log of webhooks',
  'outreach.campaign_recipient': 'campaigns',
  'outreach.leaving': 'reasons for leaving',
  'outreach.news': 'bounces and complaints',
  'outreach.opt_in': 'confirmations asked',
  'outreach.preference': 'preferences',
  'outreach.farewell': 'hashes of addresses',
  'outreach.hit': 'opens and clicks',
  'outreach.mailbox': 'sandbox mailbox',
  'outreach.message': 'messages',
  'stewardship.bulk_change': 'bulk changes',
  'stewardship.duplicate': 'possible duplicates',
  'stewardship.merge': 'merges',
  'stewardship.merge_row': 'rows kept to undo merges',
  'workflows.enrolment': 'workflows',
  'workflows.step': 'workflow steps',
}
export const wordOf = (table: string): string => words[table] ?? table.replace('.', ': ').replaceAll('_', ' ')

export type Kind = { kind: string; words: string; rows: Record<string, unknown>[] }

/** Every row that is held about the person, by table, with all its columns. Tables without one are left out. */
export async function recordsOf(db: Db, person: Person): Promise<Kind[]> {
  const kinds: Kind[] = []
  for (const table of await contactTables(db)) {
    const rows = await rowsOf(db, table, person.ids)
    if (rows.length > 0) kinds.push({ kind: table.name, words: wordOf(table.name), rows })
  }
  return kinds
}

export type SubjectExport = {
  about: { id: string; name: string | null; addresses: string[]; exportedAt: string; note: string }
  /** As each room tells it, with names instead of numbers. */
  told: Record<string, unknown>
  /** Every row as it is stored. */
  records: Record<string, Record<string, unknown>[]>
}

/**
 * All that is held about one person (GDPR articles 15 and 20), in a structured, commonly used, machine-readable
 * form. The rooms tell it in words; the records are complete because the database itself is asked which tables
 * there are.
 */
export async function exportPerson(
  db: Db,
  modules: Module[],
  ask: { id: string; now: Date },
): Promise<SubjectExport> {
  const person = await findPerson(db, ask.id)
  const told: Record<string, unknown> = {}
  for (const module of modules)
    if (module.exportContact) told[module.name] = await module.exportContact(db, person.id)
  const kinds = await recordsOf(db, person)
  return {
    about: {
      id: person.id,
      name: person.name,
      addresses: person.addresses,
      exportedAt: ask.now.toISOString(),
      note: 'Everything that this installation holds about this person: in words under "told", row by row under "records".',
    },
    told,
    records: Object.fromEntries(kinds.map(({ kind, rows }) => [kind, rows])),
  }
}

/** A spreadsheet takes a text that begins like this for a formula. */
const formula = /^[=+\-@\t\r]/

function cell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
  const safe = typeof value === 'string' && formula.test(text) ? `'${text}` : text
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180 with a header; what a spreadsheet would take for a formula is made a text. */
export function csvOf(rows: Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map(row => columns.map(column => row[column]))]
  return `${lines.map(line => line.map(cell).join(',')).join('\r\n')}\r\n`
}
