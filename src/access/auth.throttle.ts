import { type Db, many, run, sql } from '#platform/db/db.ts'
import { minuteMs, realTime } from './real-time.ts'

/** One window of attempts: at most `max` within `windowMs` of the first. */
type Limit = { bucket: string; max: number; windowMs: number }

/**
 * The limits of ASVS 6.3.1: ten tries in a quarter of an hour per account and address, fifty an hour per account
 * over all addresses, sixty a quarter of an hour per address over all accounts. A device on which the owner has
 * signed in before has a count of its own, so nobody can lock people out by guessing at their accounts.
 */
function limitsOf(attempt: { account: string; address: string; knownDevice: boolean }): Limit[] {
  const quarter = 15 * minuteMs
  if (attempt.knownDevice) return [{ bucket: `device ${attempt.account}`, max: 10, windowMs: quarter }]
  return [
    { bucket: `pair ${attempt.account} ${attempt.address}`, max: 10, windowMs: quarter },
    { bucket: `account ${attempt.account}`, max: 50, windowMs: 60 * minuteMs },
    { bucket: `address ${attempt.address}`, max: 60, windowMs: quarter },
  ]
}

/**
 * Counts an attempt to sign in, before the password is looked at, and says how many seconds to wait, or 0 to go
 * on. One statement, so that tries made at the same moment are all counted.
 */
export async function countAttempt(
  db: Db,
  attempt: { account: string; address: string; knownDevice: boolean },
): Promise<number> {
  const now = realTime()
  const limits = limitsOf(attempt)
  const rows = await many<{ bucket: string; tries: number; startedAt: Date }>(
    db,
    sql`
    insert into access.throttle as kept (bucket, started_at, tries)
    select bucket, ${now}::timestamptz, 1
    from unnest(${limits.map(limit => limit.bucket)}::text[]) as bucket
    on conflict (bucket) do update set
      tries = case when kept.started_at < excluded.started_at - make_interval(secs =>
        case when kept.bucket like 'account %' then 3600 else 900 end) then 1 else kept.tries + 1 end,
      started_at = case when kept.started_at < excluded.started_at - make_interval(secs =>
        case when kept.bucket like 'account %' then 3600 else 900 end) then excluded.started_at else kept.started_at end
    returning bucket, tries, started_at as "startedAt"`,
  )
  const waits = limits.map(limit => {
    const row = rows.find(other => other.bucket === limit.bucket)
    if (!row || row.tries <= limit.max) return 0
    return Math.max(1, Math.ceil((row.startedAt.getTime() + limit.windowMs - now.getTime()) / 1000))
  })
  return Math.max(...waits)
}

/** A successful sign-in ends the count of its account on this address; old windows are swept on the way. */
export async function forgetAttempts(db: Db, attempt: { account: string; address: string }): Promise<void> {
  const own = [`pair ${attempt.account} ${attempt.address}`, `device ${attempt.account}`]
  const old = new Date(realTime().getTime() - 120 * minuteMs)
  await run(
    db,
    sql`
    delete from access.throttle where bucket = any(${own}::text[]) or started_at < ${old}::timestamptz`,
  )
}
