import type { Module } from '#engine/module.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { audienceRoutes } from './audience.routes.ts'
import { consentRoutes } from './consent.routes.ts'
import { contactRoutes } from './contacts.routes.ts'
import { forgetProfile } from './forget.ts'
import { raiseIdentityEpoch } from './identity-memory.ts'

/** Everything that is held here about a contact; the profile itself is deleted by who merges, not by `repoint`. */
async function repoint(trx: Db, from: string, to: string): Promise<void> {
  await run(trx, sql`update audience.identity set contact_id = ${to}::bigint where contact_id = ${from}::bigint`)
  await raiseIdentityEpoch(trx)
  await run(trx, sql`
    with gone as (delete from audience.list_member where contact_id = ${from}::bigint returning list_id, added_at)
    insert into audience.list_member (contact_id, list_id, added_at) select ${to}::bigint, list_id, added_at from gone
    on conflict do nothing`)
  await run(trx, sql`
    with gone as (delete from audience.consent where contact_id = ${from}::bigint
      returning id, purpose, topic_id, state, basis, source, wording, proof, at)
    insert into audience.consent (contact_id, id, purpose, topic_id, state, basis, source, wording, proof, at)
    select ${to}::bigint, id, purpose, topic_id, state, basis, source, wording, proof, at from gone`)
  // Where both had spoken, the stricter word holds.
  await run(trx, sql`
    with gone as (delete from audience.consent_current where contact_id = ${from}::bigint returning purpose, topic_id, state, since)
    insert into audience.consent_current as current (contact_id, purpose, topic_id, state, since)
    select ${to}::bigint, purpose, topic_id, state, since from gone
    on conflict (contact_id, purpose, topic_id) do update set state = excluded.state, since = excluded.since
    where array_position(array['withdrawn', 'pending', 'granted'], excluded.state)
      < array_position(array['withdrawn', 'pending', 'granted'], current.state)`)
}

async function exportContact(db: Db, contactId: string): Promise<unknown> {
  const [profile, identities, consents, lists] = await Promise.all([
    many(db, sql`select * from audience.contact where id = ${contactId}::bigint`),
    many(db, sql`select kind, value, created_at from audience.identity where contact_id = ${contactId}::bigint`),
    many(db, sql`select * from audience.consent where contact_id = ${contactId}::bigint order by id`),
    many(db, sql`select l.name, m.added_at from audience.list_member m join audience.list l on l.id = m.list_id where m.contact_id = ${contactId}::bigint`),
  ])
  return { profile, identities, consents, lists }
}

/** Who: contacts, companies, fields, identity, consent, suppression, lists. */
export const audienceModule: Module = {
  name: 'audience',
  routes: [...contactRoutes, ...consentRoutes, ...audienceRoutes],
  forget: forgetProfile,
  exportContact,
  repoint,
}
