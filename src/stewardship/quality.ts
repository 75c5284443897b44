import { type Contact, contactsForRender } from '#audience/contacts.ts'
import { disposableDomains } from '#audience/disposable.ts'
import { listFields } from '#audience/fields.ts'
import { coreFields } from '#audience/traits.ts'
import { type Db, inTransaction, many, maybeOne, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { defineJob, listJobs, noInput } from '#platform/jobs.ts'

export const findings = [
  'no_address',
  'invalid_address',
  'disposable_address',
  'no_consent',
  'no_name',
] as const
export type Finding = (typeof findings)[number]

/** Each finding is a condition over `contact`, so that the contacts behind a number are the ones that were counted. */
const conditions: Record<Finding, RawBuilder<boolean>> = {
  no_address: sql<boolean>`contact.email is null`,
  invalid_address: sql<boolean>`contact.email is not null and (
    contact.email !~ '^[^@ ]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])$'
    or contact.email ~ '@(gmial|gmal|gmai|gnail|gamil|hotmial|hotmal|outlok|yaho|iclod)[.]com$|[.]con$|@(gmail|hotmail)[.]co$')`,
  disposable_address: sql<boolean>`split_part(contact.email, '@', 2) = any(${disposableDomains}::text[])`,
  no_consent: sql<boolean>`not exists (select from audience.consent_current w
    where w.contact_id = contact.id and w.purpose = 'marketing')`,
  no_name: sql<boolean>`contact.first_name is null and contact.last_name is null`,
}

/** How many contacts have a value. */
export type Fill = { key: string; label: string; type: string; custom: boolean; filled: number }

type Kept = { count: number } & Record<string, unknown>

/** Counts all of it in four passes over the contacts; what is shown is the last count, with its age. */
export const countQuality = defineJob({
  name: 'count-quality',
  schedule: '0 4 * * *',
  input: noInput,
  title: () => 'Looking over the data',
  async run(job, { db, clock }) {
    const now = clock.now()
    const counts = await one<Record<Finding, number> & { total: number }>(
      db,
      sql`select count(*)::int as total, ${sql.join(
        findings.map(name => sql`(count(*) filter (where ${conditions[name]}))::int as ${sql.id(name)}`),
      )} from audience.contact contact`,
    )
    await job.save({ done: 1, total: 2 })
    const fills = await countFills(db)
    await inTransaction(db, async trx => {
      await keep(trx, 'contacts', { count: counts.total }, now)
      for (const name of findings) await keep(trx, name, { count: counts[name] }, now)
      await keep(trx, 'fields', { count: fills.length, fields: fills }, now)
      await job.save({ done: 2, db: trx })
    })
  },
})

async function countFills(db: Db): Promise<Fill[]> {
  const core = await one<Record<string, number>>(
    db,
    sql`select ${sql.join(
      Object.keys(coreFields).map(name => sql`count(${sql.id(name)})::int as ${sql.id(name)}`),
    )} from audience.contact`,
  )
  const rows = await many<{ key: string; filled: number }>(
    db,
    sql`select k as key, count(*)::int as filled from audience.contact c, jsonb_object_keys(c.attrs) k group by k`,
  )
  const filled = new Map(rows.map(row => [row.key, row.filled]))
  const fields = (await listFields(db)).filter(field => field.archivedAt === null)
  return [
    ...Object.entries(core).map(([key, count]) => {
      return {
        key,
        label: key.replace('_id', '').replaceAll('_', ' '),
        type: 'own',
        custom: false,
        filled: count,
      }
    }),
    ...fields.map(({ key, label, type }) => {
      return { key: `attrs.${key}`, label, type, custom: true, filled: filled.get(key) ?? 0 }
    }),
  ]
}

async function keep(trx: Db, name: string, value: Kept, now: Date): Promise<void> {
  await run(
    trx,
    sql`
    insert into stewardship.quality (name, value, counted_at) values (${name}, ${JSON.stringify(value)}::jsonb, ${now})
    on conflict (name) do update set value = excluded.value, counted_at = excluded.counted_at`,
  )
}

/** From when a count is; null where there was none yet. */
export async function countedAt(db: Db, name: string): Promise<Date | null> {
  const row = await maybeOne<{ at: Date }>(
    db,
    sql`select counted_at as at from stewardship.quality where name = ${name}`,
  )
  return row?.at ?? null
}

export type Quality = {
  countedAt: Date | null
  total: number
  findings: { name: Finding; count: number }[]
  duplicates: number | null
  fields: Fill[]
  jobId: string | null
}

/** The last count, and the job that counts at the moment, if one does. */
export async function readQuality(db: Db): Promise<Quality> {
  const rows = await many<{ name: string; value: Kept }>(db, sql`select name, value from stewardship.quality`)
  const kept = new Map(rows.map(row => [row.name, row.value]))
  const running = (await listJobs(db)).find(
    job => job.name === countQuality.name && (job.state === 'queued' || job.state === 'running'),
  )
  return {
    countedAt: await countedAt(db, 'contacts'),
    total: kept.get('contacts')?.count ?? 0,
    findings: findings.map(name => ({ name, count: kept.get(name)?.count ?? 0 })),
    duplicates: kept.get('duplicates')?.count ?? null,
    fields: (kept.get('fields')?.fields ?? []) as Fill[],
    jobId: running?.id ?? null,
  }
}

/** One page of the contacts behind a finding as they are now, `limit + 1` at most. */
export async function contactsBehind(
  db: Db,
  ask: { finding: Finding; after: string | null; limit: number },
): Promise<Contact[]> {
  const rows = await many<{ id: string }>(
    db,
    sql`select contact.id from audience.contact contact
      where contact.id > ${ask.after ?? '0'}::bigint and ${conditions[ask.finding]} order by contact.id limit ${ask.limit + 1}`,
  )
  const found = await contactsForRender(
    db,
    rows.map(row => row.id),
  )
  return found.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
}
