import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { audit } from './audit.ts'
import { realTime } from './real-time.ts'

export type SessionEntry = {
  id: string
  /** "Firefox on Linux". */
  device: string
  address: string | null
  createdAt: Date
  /** To about five minutes. */
  lastUsedAt: Date
  expiresAt: Date
  current: boolean
}

const browsers: [RegExp, string][] = [
  [/edg(e|a|ios)?\//i, 'Edge'],
  [/opr\//i, 'Opera'],
  [/firefox|fxios/i, 'Firefox'],
  [/chrom(e|ium)|crios/i, 'Chrome'],
  [/safari/i, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/iphone|ipad/i, 'iOS'],
  [/android/i, 'Android'],
  [/windows/i, 'Windows'],
  [/mac os/i, 'macOS'],
  [/linux|cros/i, 'Linux'],
]

/** Words for a device from what its browser says of itself; only a hint, never a proof. */
export function deviceOf(userAgent: string | null): string {
  const named = (list: [RegExp, string][]) => list.find(([shape]) => shape.test(userAgent ?? ''))?.[1]
  const [browser, system] = [named(browsers), named(systems)]
  if (!browser && !system) return 'Unknown device'
  return [browser ?? 'A program', system].filter(Boolean).join(' on ')
}

/** The open sessions of a person, the last used first. */
export async function listSessions(
  db: Db,
  userId: string,
  currentId: string | null,
): Promise<SessionEntry[]> {
  const rows = await many<Omit<SessionEntry, 'device' | 'current'> & { userAgent: string | null }>(
    db,
    sql`
    select id, user_agent as "userAgent", nullif(ip_address, '') as address, created_at as "createdAt",
      updated_at as "lastUsedAt", expires_at as "expiresAt"
    from access.session where user_id = ${userId} and expires_at > ${realTime()}
    order by updated_at desc, id limit 200`,
  )
  return rows.map(({ userAgent, ...row }) => ({
    ...row,
    device: deviceOf(userAgent),
    current: row.id === currentId,
  }))
}

/** Ends one session of this very person; another's is as if it did not exist. */
export async function endSession(
  db: Db,
  actor: Actor,
  which: { userId: string; sessionId: string },
): Promise<void> {
  await inTransaction(db, async trx => {
    const ended = await run(
      trx,
      sql`delete from access.session where id = ${which.sessionId} and user_id = ${which.userId}`,
    )
    if (ended === 0) throw notFound('session')
    await audit(trx, actor, 'access.session.end', { kind: 'user', id: which.userId }, { sessions: 1 })
  })
}

/** Ends all sessions of a person but one (null: every one). Gives how many. */
export async function endOtherSessions(
  db: Db,
  actor: Actor,
  userId: string,
  keptId: string | null,
): Promise<number> {
  return inTransaction(db, async trx => {
    const ended = await run(
      trx,
      sql`delete from access.session where user_id = ${userId} and id is distinct from ${keptId}`,
    )
    await audit(trx, actor, 'access.session.end', { kind: 'user', id: userId }, { sessions: ended })
    return ended
  })
}
