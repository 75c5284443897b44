import { createHash } from 'node:crypto'
import { type Db, inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'
import { realTime } from './real-time.ts'

export type AuditEntry = {
  position: string
  at: Date
  actorKind: string
  actorId: string
  actorName: string
  action: string
  subjectKind: string
  subjectId: string
  detail: Record<string, unknown>
}

const columns = sql`position, at, actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName",
  action, subject_kind as "subjectKind", subject_id as "subjectId", detail`

/** JSON with sorted keys: the same value has one spelling, before and after jsonb has reordered it. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
    .join(',')}}`
}

/** The link of the chain: it covers every column and the hash of the row before. */
function chainHash(previous: Buffer, entry: AuditEntry): Buffer {
  return createHash('sha256')
    .update(previous)
    .update(canonical({ ...entry, at: entry.at.toISOString() }))
    .digest()
}

/**
 * Rows of the audit are chained and never change, so what an erasure would have to take out is never put in: the
 * addresses of contacts. Those of the team, about whom the other rows are, stay.
 */
const aboutPeople = new Set([
  'contact',
  'contacts',
  'bulk',
  'merge',
  'request',
  'import',
  'export',
  'segment',
  'list',
])
const anyAddress = /[^\s"'<>(),:;\\]{1,64}@[^\s"'<>(),:;\\]+\.[A-Za-z]{2,}/g

/** What passes through JSON unchanged, without the NUL that PostgreSQL refuses and without secrets. */
function cleanDetail(kind: string, detail: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(detail, (key, value: unknown) =>
    /password|secret|token/i.test(key) ? undefined : value,
  )
  const clean = text.replaceAll('\\u0000', '')
  return JSON.parse(aboutPeople.has(kind) ? clean.replace(anyAddress, '[address]') : clean)
}

/**
 * Appends one row to the audit: who did what to which thing. Call it inside the transaction of the change, so
 * that neither is ever without the other. Rows are chained by their hashes: altering, deleting or reordering one
 * is found by `verifyAudit`.
 */
export async function audit(
  db: Db,
  actor: Pick<Actor, 'kind' | 'id' | 'name'>,
  action: string,
  subject: { kind: string; id: string },
  detail: Record<string, unknown> = {},
): Promise<void> {
  await inTransaction(db, async trx => {
    const head = await one<{ position: string; hash: Buffer }>(
      trx,
      sql`
      select (position + 1)::text as position, hash from access.audit_head for update`,
    )
    const entry: AuditEntry = {
      position: head.position,
      at: realTime(),
      actorKind: actor.kind,
      actorId: actor.id,
      actorName: actor.name,
      action,
      subjectKind: subject.kind,
      subjectId: subject.id,
      detail: cleanDetail(subject.kind, detail),
    }
    const hash = chainHash(head.hash, entry)
    await run(
      trx,
      sql`
      insert into access.audit (position, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, detail, hash)
      values (${entry.position}::bigint, ${entry.at}, ${entry.actorKind}, ${entry.actorId}, ${entry.actorName},
        ${entry.action}, ${entry.subjectKind}, ${entry.subjectId}, ${JSON.stringify(entry.detail)}::jsonb, ${hash})`,
    )
    await run(trx, sql`update access.audit_head set position = ${entry.position}::bigint, hash = ${hash}`)
  })
}

export type AuditFilter = {
  /** The id of a person or key. */
  actor?: string | undefined
  /** How the action begins. */
  action?: string | undefined
  subjectKind?: string | undefined
  subject?: string | undefined
  from?: Date | undefined
  /** Up to and without this moment. */
  to?: Date | undefined
}

/** The newest entries that fit, `limit` of them; `before` is a position. */
export function listAudit(
  db: Db,
  wanted: AuditFilter & { before?: string | null; limit: number },
): Promise<AuditEntry[]> {
  const conditions = [
    wanted.actor && sql`actor_id = ${wanted.actor}`,
    wanted.action && sql`starts_with(action, ${wanted.action})`,
    wanted.subjectKind && sql`subject_kind = ${wanted.subjectKind}`,
    wanted.subject && sql`subject_id = ${wanted.subject}`,
    wanted.from && sql`at >= ${wanted.from}`,
    wanted.to && sql`at < ${wanted.to}`,
  ].filter(condition => typeof condition === 'object')
  return many(
    db,
    sql`
    select ${columns} from access.audit
    where ${sql.join([sql`position < coalesce(${wanted.before ?? null}::bigint, 9223372036854775807)`, ...conditions], sql` and `)}
    order by position desc limit ${wanted.limit}`,
  )
}

/** How many rows the chain has by its own count. */
export async function auditLength(db: Db): Promise<number> {
  const head = await one<{ rows: number }>(db, sql`select position::int as rows from access.audit_head`)
  return head.rows
}

const batch = 1000

/** Walks the whole chain. Returns the position of the first row that does not fit, or null when all is sound. */
export async function verifyAudit(db: Db): Promise<string | null> {
  let previous: Buffer = Buffer.alloc(0)
  let position = 0n
  while (true) {
    const rows = await many<AuditEntry & { hash: Buffer }>(
      db,
      sql`
      select ${columns}, hash from access.audit where position > ${position.toString()}::bigint
      order by position limit ${batch}`,
    )
    for (const { hash, ...entry } of rows) {
      position += 1n
      if (entry.position !== position.toString() || !chainHash(previous, entry).equals(hash))
        return position.toString()
      previous = hash
    }
    if (rows.length < batch) break
  }
  const head = await one<{ position: string; hash: Buffer }>(
    db,
    sql`select position::text as position, hash from access.audit_head`,
  )
  return head.position === position.toString() && head.hash.equals(previous)
    ? null
    : (position + 1n).toString()
}
