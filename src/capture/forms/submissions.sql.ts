import { type Db, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import type { Answer } from './logic.ts'

export const submissionStatuses = ['accepted', 'held', 'spam'] as const
export type SubmissionStatus = (typeof submissionStatuses)[number]

/** One agreement, with the words that were shown. */
export type Agreement = {
  field: string
  purpose: string
  topicId: string | null
  wording: string
  doubleOptIn: boolean
}
export type Origin = {
  url: string | null
  path: string | null
  host: string | null
  referrer: string | null
  title: string | null
  utm: Record<string, string>
  /** Shortened: the last part of the network address is gone. */
  ip: string
  agent: string
  anonymousId: string | null
}
export type Submission = {
  /** "0": nobody is named for it. */
  contactId: string
  id: string
  formId: string
  version: number
  at: Date
  status: SubmissionStatus
  reasons: string[]
  answers: Record<string, Answer>
  consents: Agreement[]
  address: string | null
  language: string
  origin: Origin
  recognised: boolean
}
const columns = sql`s.contact_id as "contactId", s.id, s.form_id as "formId", s.version, s.at, s.status, s.reasons, s.answers,
  s.consents, s.address, s.language, s.origin, s.recognised`

export async function insertSubmission(trx: Db, row: Submission): Promise<void> {
  const words = Object.values(row.answers).flat().join(' ').toLowerCase().slice(0, 5_000)
  await run(
    trx,
    sql`
    insert into capture.form_submission (contact_id, id, form_id, version, at, status, reasons, answers, consents, address,
      words, language, origin, recognised)
    values (${row.contactId}::bigint, ${row.id}::bigint, ${row.formId}::bigint, ${row.version}, ${row.at}, ${row.status},
      ${row.reasons}::text[], ${JSON.stringify(row.answers)}::jsonb, ${JSON.stringify(row.consents)}::jsonb, ${row.address},
      ${words}, ${row.language}, ${JSON.stringify(row.origin)}::jsonb, ${row.recognised})`,
  )
}

export async function deleteSubmission(trx: Db, row: Pick<Submission, 'contactId' | 'id'>): Promise<void> {
  await run(
    trx,
    sql`delete from capture.form_submission where contact_id = ${row.contactId}::bigint and id = ${row.id}::bigint`,
  )
}

export async function setStatus(
  trx: Db,
  row: Pick<Submission, 'contactId' | 'id'>,
  status: SubmissionStatus,
): Promise<void> {
  await run(
    trx,
    sql`update capture.form_submission set status = ${status}
      where contact_id = ${row.contactId}::bigint and id = ${row.id}::bigint`,
  )
}

/** One of a form; with `lock` it is kept from others until the transaction ends. */
export function selectSubmission(
  db: Db,
  formId: string,
  id: string,
  lock = false,
): Promise<Submission | undefined> {
  return maybeOne(
    db,
    sql`select ${columns} from capture.form_submission s
      where s.form_id = ${formId}::bigint and s.id = ${id}::bigint ${lock ? sql`for update` : sql``}`,
  )
}

/** Those of a form, the newest first. */
export function selectSubmissions(
  db: Db,
  formId: string,
  wanted: {
    before: string | null
    limit: number
    status: SubmissionStatus | null
    search: string | null
  },
): Promise<Submission[]> {
  const { before, limit, status, search } = wanted
  return many(
    db,
    sql`
    select ${columns} from capture.form_submission s
    where s.form_id = ${formId}::bigint and ${before === null ? sql`true` : sql`s.id < ${before}::bigint`}
      and ${status === null ? sql`true` : sql`s.status = ${status}`}
      and ${search === null ? sql`true` : sql`position(lower(${search}) in s.words) > 0`}
    order by s.id desc limit ${limit}`,
  )
}

/** Takes a showing for this transaction; false where it was sent before. Whoever sends at the same time waits. */
export async function takeToken(trx: Db, row: { id: string; formId: string; now: Date }): Promise<boolean> {
  const taken = await run(
    trx,
    sql`insert into capture.form_token (id, form_id, reply, at) values (${row.id}::bigint, ${row.formId}::bigint, '{}', ${row.now})
      on conflict do nothing`,
  )
  return taken > 0
}

export async function keepReply(trx: Db, id: string, reply: unknown): Promise<void> {
  await run(
    trx,
    sql`update capture.form_token set reply = ${JSON.stringify(reply)}::jsonb where id = ${id}::bigint`,
  )
}

export async function replyOf<T>(db: Db, id: string): Promise<T> {
  return (await one<{ reply: T }>(db, sql`select reply from capture.form_token where id = ${id}::bigint`))
    .reply
}

/** False where this solution was used before. */
export async function takeProof(db: Db, signature: string, until: Date): Promise<boolean> {
  const taken = await run(
    db,
    sql`insert into capture.form_proof (signature, until) values (${signature}, ${until}) on conflict do nothing`,
  )
  return taken > 0
}

/** Counts one more of each within this hour; the counts, in their order. */
export async function countUp(db: Db, hashes: Buffer[], now: Date): Promise<number[]> {
  const rows = await many<{ hash: string; n: number }>(
    db,
    sql`
    insert into capture.form_tally as tally (hash, hour, n)
    select hash, date_trunc('hour', ${now}::timestamptz, 'UTC'), 1 from unnest(${hashes}::bytea[]) as counted (hash)
    order by hash
    on conflict (hash, hour) do update set n = tally.n + 1 returning encode(hash, 'hex') as hash, n`,
  )
  const counts = new Map(rows.map(row => [row.hash, row.n]))
  return hashes.map(hash => counts.get(hash.toString('hex')) ?? 0)
}

/** Forgets what has served its time. */
export async function sweepForms(db: Db, now: Date): Promise<{ uploads: string[] }> {
  const before = (hours: number) => new Date(now.getTime() - hours * 3_600_000)
  await run(db, sql`delete from capture.form_token where at < ${before(8 * 24)}`)
  await run(db, sql`delete from capture.form_proof where until < ${now}`)
  await run(db, sql`delete from capture.form_tally where hour < ${before(3)}`)
  await run(db, sql`delete from capture.form_partial where at < ${before(14 * 24)}`)
  await run(
    db,
    sql`delete from capture.form_submission where contact_id = 0 and status <> 'accepted' and at < ${before(30 * 24)}`,
  )
  const rows = await many<{ id: string }>(
    db,
    sql`delete from capture.form_upload where not taken and at < ${before(24)} returning id`,
  )
  return { uploads: rows.map(row => row.id) }
}
