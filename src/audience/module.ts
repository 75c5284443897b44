import type { Module } from '#engine/module.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { audienceRoutes } from './audience.routes.ts'
import { consentRoutes } from './consent.routes.ts'
import { contactRoutes } from './contacts.routes.ts'
import { forgetProfile } from './forget.ts'
import { importCheck } from './imports/check.job.ts'
import { importRun } from './imports/run.job.ts'
import { importUndo } from './imports/undo.job.ts'
import { exportImports, importUpkeep } from './imports/upkeep.ts'
import { importRoutes } from './imports.routes.ts'
import { latecomersReactor } from './latecomers.reactor.ts'
import { repointAudience } from './repoint.ts'
import { exportRequests } from './requests.ts'

async function exportContact(db: Db, contactId: string): Promise<unknown> {
  const [profile, identities, consents, lists, requests, imports] = await Promise.all([
    many(db, sql`select * from audience.contact where id = ${contactId}::bigint`),
    many(
      db,
      sql`select kind, value, created_at from audience.identity where contact_id = ${contactId}::bigint`,
    ),
    many(db, sql`select * from audience.consent where contact_id = ${contactId}::bigint order by id`),
    many(
      db,
      sql`select l.name, m.added_at from audience.list_member m join audience.list l on l.id = m.list_id where m.contact_id = ${contactId}::bigint`,
    ),
    exportRequests(db, contactId),
    exportImports(db, contactId),
  ])
  return { profile, identities, consents, lists, requests, imports }
}

/** Who: contacts, companies, fields, identity, consent, suppression, lists, imports. */
export const audienceModule: Module = {
  name: 'audience',
  routes: [...contactRoutes, ...consentRoutes, ...audienceRoutes, ...importRoutes],
  jobs: [importRun, importCheck, importUndo, importUpkeep],
  reactors: [latecomersReactor],
  forget: forgetProfile,
  exportContact,
  repoint: repointAudience,
}
