import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { forbidden, invalid, notFound } from '#platform/errors.ts'
import type { Actor, Role } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { audit } from './audit.ts'
import { isScope } from './policy.ts'
import { minuteMs, realTime } from './real-time.ts'

export type ApiKey = {
  id: string
  name: string
  /** What is shown of the key: enough to recognise it, nothing to use it. */
  prefix: string
  role: Role
  scopes: string[] | null
  createdAt: Date
  createdBy: string | null
  expiresAt: Date | null
  lastUsedAt: Date | null
}

const columns = sql`id, name, prefix, role, scopes, created_at as "createdAt", created_by as "createdBy",
  expires_at as "expiresAt", last_used_at as "lastUsedAt"`

const shape = /^tend_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/
const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

export type NewKey = {
  name: string
  role: Role
  scopes?: string[] | null | undefined
  expiresAt?: Date | null | undefined
}

/**
 * Makes a key and returns it in full for the only time: `tend_<prefix>_<secret>`, 256 random bits of which the
 * database keeps the hash. Nobody can make a key that may more than he may himself.
 */
export async function createKey(db: Db, actor: Actor, wanted: NewKey): Promise<{ key: string; row: ApiKey }> {
  const wrong = (wanted.scopes ?? []).findIndex(scope => !isScope(scope))
  if (wrong >= 0)
    throw invalid('A scope names no action.', [
      { path: `scopes.${wrong}`, message: 'is no action, like segments.read or segments.*' },
    ])
  if (wanted.role === 'owner' && actor.kind !== 'system') throw forbidden('A key cannot be an owner.')
  if (actor.scopes !== null) throw forbidden('A key with scopes cannot make other keys.')
  const secret = randomBytes(32).toString('base64url')
  const prefix = BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(12, '0')
    .slice(-12)
  return inTransaction(db, async trx => {
    const [row] = await many<ApiKey>(
      trx,
      sql`
      insert into access.api_key (id, name, prefix, secret_hash, role, scopes, created_at, created_by, expires_at)
      values (${newId()}::bigint, ${wanted.name}, ${prefix}, ${hashOf(secret)}, ${wanted.role},
        ${wanted.scopes ?? null}::text[], ${realTime()}, ${actor.kind === 'user' ? actor.id : null}, ${wanted.expiresAt ?? null}::timestamptz)
      returning ${columns}`,
    )
    if (!row) throw new Error('a key was not stored')
    await audit(
      trx,
      actor,
      'keys.create',
      { kind: 'key', id: row.id },
      { name: row.name, role: row.role, scopes: row.scopes },
    )
    return { key: `tend_${prefix}_${secret}`, row }
  })
}

/** All keys that still work or have run out, newest first; revoked ones are in the audit. */
export function listKeys(db: Db): Promise<ApiKey[]> {
  return many(
    db,
    sql`select ${columns} from access.api_key where revoked_at is null order by id desc limit 1000`,
  )
}

/** Ends a key at once. */
export async function revokeKey(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const ended = await run(
      trx,
      sql`
      update access.api_key set revoked_at = ${realTime()} where id = ${id}::bigint and revoked_at is null`,
    )
    if (ended === 0) throw notFound('API key')
    await audit(trx, actor, 'keys.revoke', { kind: 'key', id })
  })
}

/**
 * Who stands behind an Authorization header, or null. The prefix finds the row, the hash of the secret is
 * compared in constant time; revoked, expired and orphaned keys are nobody's.
 */
export async function actorOfKey(db: Db, header: string | undefined): Promise<Actor | null> {
  const [, prefix, secret] = shape.exec(header?.replace(/^bearer +/i, '') ?? '') ?? []
  if (!prefix || !secret) return null
  const now = realTime()
  const key = await maybeOne<{
    id: string
    name: string
    role: Role
    scopes: string[] | null
    hash: Buffer
    stale: boolean
  }>(
    db,
    sql`
    select k.id, k.name, k.role, k.scopes, k.secret_hash as hash,
      coalesce(k.last_used_at < ${new Date(now.getTime() - minuteMs)}, true) as stale
    from access.api_key k left join access."user" u on u.id = k.created_by
    where k.prefix = ${prefix} and k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})
      and coalesce(u.active, k.created_by is null)`,
  )
  if (!key || !timingSafeEqual(key.hash, hashOf(secret))) return null
  // Once a minute is enough to say "last used", and spares a write for every call.
  if (key.stale)
    await run(db, sql`update access.api_key set last_used_at = ${now} where id = ${key.id}::bigint`)
  return { kind: 'key', id: key.id, name: key.name, email: null, role: key.role, scopes: key.scopes }
}
