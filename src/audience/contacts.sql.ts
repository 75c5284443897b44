import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'
import type { CoreField } from './traits.ts'

export type Contact = {
  id: string
  email: string | null
  firstName: string | null
  lastName: string | null
  phone: string | null
  jobTitle: string | null
  country: string | null
  language: string | null
  timeZone: string | null
  stage: string
  ownerId: string | null
  companyId: string | null
  companyName: string | null
  attrs: Record<string, unknown>
  createdAt: Date
  updatedAt: Date
  /** Who or what changed it last, in words. */
  updatedBy: string
  version: number
}

export const contactColumns = sql`contact.id, contact.email, contact.first_name as "firstName",
  contact.last_name as "lastName", contact.phone, contact.job_title as "jobTitle", contact.country, contact.language,
  contact.time_zone as "timeZone", contact.stage, contact.owner_id as "ownerId", contact.company_id as "companyId",
  company.name as "companyName", contact.attrs, contact.created_at as "createdAt",
  contact.updated_at as "updatedAt", contact.updated_by as "updatedBy", contact.version`

export const contactFrom = sql`audience.contact contact left join audience.company company on company.id = contact.company_id`

/** One row to be written: fields that are left out stay as they are, `attrs` are laid over the old ones. */
export type ContactPatch = {
  id: string
  core: Partial<Record<CoreField, string>>
  attrs: Record<string, unknown>
}
/** `before` is what the patch was compared with. */
export type ContactWrite = ContactPatch & { before: Contact | undefined }

/**
 * Inserts new contacts and completes old ones; one statement for any number. Custom fields set to null go away. A
 * contact that is no longer as it was `before` is left alone and not returned.
 */
export function upsertRows(
  db: Db,
  writes: ContactWrite[],
  { now, source }: { now: Date; source: string },
): Promise<{ id: string; isNew: boolean }[]> {
  const rows = [...writes].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  const column = (field: CoreField): RawBuilder<unknown> =>
    sql`${rows.map(row => row.core[field] ?? null)}::text[]`
  return many(
    db,
    sql`
    insert into audience.contact as contact (id, email, first_name, last_name, phone, company_id, job_title, country,
      language, time_zone, stage, owner_id, attrs, created_at, updated_at, updated_by, version)
    select id, email, first_name, last_name, phone, company_id::bigint, job_title, country, language, time_zone,
      stage, owner_id, attrs, ${now}::timestamptz, ${now}::timestamptz, ${source}::text, version
    from unnest(${rows.map(row => row.id)}::bigint[], ${column('email')}, ${column('first_name')}, ${column('last_name')},
      ${column('phone')}, ${column('company_id')}, ${column('job_title')}, ${column('country')}, ${column('language')},
      ${column('time_zone')}, ${rows.map(row => row.core.stage ?? row.before?.stage ?? 'lead')}::text[], ${column('owner_id')},
      ${rows.map(attrsOf)}::jsonb[], ${rows.map(row => (row.before?.version ?? 0) + 1)}::int[])
      as fresh (id, email, first_name, last_name, phone, company_id, job_title, country, language, time_zone, stage,
        owner_id, attrs, version)
    on conflict (id) do update set
      email = coalesce(excluded.email, contact.email),
      first_name = coalesce(excluded.first_name, contact.first_name),
      last_name = coalesce(excluded.last_name, contact.last_name),
      phone = coalesce(excluded.phone, contact.phone),
      company_id = coalesce(excluded.company_id, contact.company_id),
      job_title = coalesce(excluded.job_title, contact.job_title),
      country = coalesce(excluded.country, contact.country),
      language = coalesce(excluded.language, contact.language),
      time_zone = coalesce(excluded.time_zone, contact.time_zone),
      stage = excluded.stage,
      owner_id = coalesce(excluded.owner_id, contact.owner_id),
      attrs = jsonb_strip_nulls(contact.attrs || excluded.attrs),
      updated_at = excluded.updated_at,
      updated_by = excluded.updated_by,
      version = excluded.version
    where contact.version = excluded.version - 1
    returning contact.id, (xmax = 0) as "isNew"`,
  )
}

/** A null takes a custom field away; where there is nothing yet, it is nothing. */
function attrsOf({ attrs, before }: ContactWrite): string {
  return JSON.stringify(
    before ? attrs : Object.fromEntries(Object.entries(attrs).filter(([, value]) => value !== null)),
  )
}

/**
 * Takes addresses for contacts, and tells who has them now. One that is another's stays there. What another
 * transaction takes in the same moment is nobody's here.
 */
export async function takeAddresses(
  trx: Db,
  wanted: Map<string, string>,
  now: Date,
): Promise<Map<string, string>> {
  if (wanted.size === 0) return new Map()
  const addresses = [...wanted.keys()].sort()
  const rows = await many<{ address: string; contactId: string }>(
    trx,
    sql`
    with taken as (
      insert into audience.identity (kind, value, contact_id, created_at)
      select 'email', value, contact_id, ${now}::timestamptz
      from unnest(${addresses}::text[], ${addresses.map(address => wanted.get(address))}::bigint[]) as mine (value, contact_id)
      on conflict do nothing returning value, contact_id)
    select value as address, contact_id as "contactId" from taken
    union all
    select value, contact_id from audience.identity where kind = 'email' and value = any(${addresses}::text[])`,
  )
  return new Map(rows.map(row => [row.address, row.contactId]))
}

export function selectContacts(db: Db, ids: string[]): Promise<Contact[]> {
  return many(db, sql`select ${contactColumns} from ${contactFrom} where contact.id = any(${ids}::bigint[])`)
}
