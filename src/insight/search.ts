import { listContacts } from '#audience/contacts.ts'
import { type Db, many, sql } from '#platform/db/db.ts'

/** `kind` is the word in the address of the screen. */
export type Hit = { kind: string; id: string; title: string; detail: string }

/** What begins with these letters: people first, then what was made. A few of each; every part uses an index or a small table. */
export async function search(db: Db, text: string): Promise<Hit[]> {
  const prefix = `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const [people, things] = await Promise.all([
    listContacts(db, { search: text, sort: 'email', cursor: null, limit: 6 }),
    many<Hit>(
      db,
      sql`
      select * from (
        (select 'companies' as kind, id::text, name as title, coalesce(domain, '') as detail from audience.company where lower(name) like ${prefix} order by lower(name) limit 4)
        union all (select 'segments', id::text, name, status from decisions.segment where lower(name) like ${`%${prefix}`} and status <> 'archived' limit 5)
        union all (select 'scoring', id::text, name, status from decisions.score_model where lower(name) like ${`%${prefix}`} and status <> 'archived' limit 5)
        union all (select 'emails', id::text, name, status from outreach.email where lower(name) like ${`%${prefix}`} and status <> 'archived' limit 5)
        union all (select 'campaigns', id::text, name, status from outreach.campaign where lower(name) like ${`%${prefix}`} and archived_at is null limit 5)
        union all (select 'workflows', id::text, name, status from workflows.workflow where lower(name) like ${`%${prefix}`} and status <> 'archived' limit 5)) found`,
    ),
  ])
  const named = people.slice(0, 6).map(person => ({
    kind: 'contacts',
    id: person.id,
    title:
      [person.firstName, person.lastName].filter(Boolean).join(' ') ||
      (person.email ?? 'Somebody without a name'),
    detail: person.email ?? '',
  }))
  return [...named, ...things]
}
