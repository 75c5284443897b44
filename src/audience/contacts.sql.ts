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
  version: number
}

export const contactColumns = sql`contact.id, contact.email, contact.first_name as "firstName",
  contact.last_name as "lastName", contact.phone, contact.job_title as "jobTitle", contact.country, contact.language,
  contact.time_zone as "timeZone", contact.stage, contact.owner_id as "ownerId", contact.company_id as "companyId",
  company.name as "companyName", contact.attrs, contact.created_at as "createdAt",
  contact.updated_at as "updatedAt", contact.version`

export const contactFrom = sql`audience.contact contact left join audience.company company on company.id = contact.company_id`

/** One row to be written: fields that are null stay as they are, `attrs` are laid over the old ones. */
export type ContactPatch = { id: string; core: Partial<Record<CoreField, string>>; attrs: Record<string, unknown> }

/** Inserts new contacts and completes old ones; one statement for any number. Custom fields set to null go away. */
export function upsertRows(db: Db, patches: ContactPatch[], now: Date): Promise<{ id: string; isNew: boolean }[]> {
  const rows = [...patches].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  const column = (field: CoreField): RawBuilder<unknown> => sql`${rows.map(row => row.core[field] ?? null)}::text[]`
  return many(db, sql`
    insert into audience.contact as contact (id, email, first_name, last_name, phone, company_id, job_title, country,
      language, time_zone, stage, owner_id, attrs, created_at, updated_at)
    select id, email, first_name, last_name, phone, company_id::bigint, job_title, country, language, time_zone,
      coalesce(stage, 'lead'), owner_id, jsonb_strip_nulls(attrs), ${now}::timestamptz, ${now}::timestamptz
    from unnest(${rows.map(row => row.id)}::bigint[], ${column('email')}, ${column('first_name')}, ${column('last_name')},
      ${column('phone')}, ${column('company_id')}, ${column('job_title')}, ${column('country')}, ${column('language')},
      ${column('time_zone')}, ${column('stage')}, ${column('owner_id')},
      ${rows.map(row => JSON.stringify(row.attrs))}::jsonb[])
      as fresh (id, email, first_name, last_name, phone, company_id, job_title, country, language, time_zone, stage,
        owner_id, attrs)
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
      owner_id = coalesce(excluded.owner_id, contact.owner_id),
      attrs = jsonb_strip_nulls(contact.attrs || excluded.attrs),
      updated_at = excluded.updated_at,
      version = contact.version + 1
    returning contact.id, (xmax = 0) as "isNew"`)
}

/** Stages are set apart from the upsert: its default must not put an old contact back to "lead". */
export function setStages(db: Db, rows: { id: string; stage: string }[]): Promise<unknown[]> {
  return many(db, sql`
    update audience.contact contact set stage = fresh.stage
    from unnest(${rows.map(row => row.id)}::bigint[], ${rows.map(row => row.stage)}::text[]) as fresh (id, stage)
    where contact.id = fresh.id and contact.stage <> fresh.stage`)
}

export function selectContacts(db: Db, ids: string[]): Promise<Contact[]> {
  return many(db, sql`select ${contactColumns} from ${contactFrom} where contact.id = any(${ids}::bigint[])`)
}
