import { createHash, randomBytes } from 'node:crypto'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { audit } from './audit.ts'
import { realTime } from './real-time.ts'
import { base32, matchingStep, newTotpSecret, totpAddress } from './totp.ts'

const codeCount = 10

/** `abcd-efgh-ijkl-mnop`: 80 random bits in letters that are easily read and typed. */
function newRecoveryCode(): string {
  return (base32(randomBytes(10)).toLowerCase().match(/.{4}/g) ?? []).join('-')
}

function hashOf(code: string): Buffer {
  return createHash('sha256')
    .update(code.toLowerCase().replace(/[^a-z2-7]/g, ''))
    .digest()
}

export type SecondFactor = { on: boolean; codesLeft: number; forAll: boolean }

/** How things stand with one person's second factor. */
export function secondFactorOf(db: Db, userId: string): Promise<SecondFactor> {
  return one(
    db,
    sql`
    select u.second_factor as "on", r.second_factor_for_all as "forAll",
      (select count(*)::int from access.recovery_code c where c.user_id = u.id and c.used_at is null) as "codesLeft"
    from access."user" u cross join access.rule r where u.id = ${userId}`,
  )
}

/** Whether owners ask everybody for a second factor. */
export async function isSecondFactorForAll(db: Db): Promise<boolean> {
  const rule = await one<{ asked: boolean }>(db, sql`select second_factor_for_all as asked from access.rule`)
  return rule.asked
}

/** Asks everybody for a second factor, or no longer. Who has none sets one up at his next call. */
export async function askAllForSecondFactor(db: Db, actor: Actor, asked: boolean): Promise<void> {
  await inTransaction(db, async trx => {
    await run(trx, sql`update access.rule set second_factor_for_all = ${asked}`)
    await audit(trx, actor, 'access.rules', { kind: 'settings', id: 'access' }, { secondFactorForAll: asked })
  })
}

/** Begins to set up an app: a new secret, which counts for nothing until a code of it was given. */
export async function beginSecondFactor(
  { db, secrets }: Services,
  person: { id: string; email: string },
): Promise<{ secret: string; address: string }> {
  const { on } = await secondFactorOf(db, person.id)
  if (on) throw conflict('second_factor_on', 'A second factor is set up already. Remove it first.')
  const secret = newTotpSecret()
  await run(
    db,
    sql`
    insert into access.totp (user_id, secret, created_at) values (${person.id}, ${secrets.encrypt(secret)}, ${realTime()})
    on conflict (user_id) do update set secret = excluded.secret, last_step = 0, created_at = excluded.created_at,
      confirmed_at = null`,
  )
  return { secret, address: totpAddress(secret, person.email) }
}

async function writeCodes(trx: Db, userId: string): Promise<string[]> {
  const codes = Array.from({ length: codeCount }, newRecoveryCode)
  await run(trx, sql`delete from access.recovery_code where user_id = ${userId}`)
  await run(
    trx,
    sql`insert into access.recovery_code (user_id, hash) select ${userId}, unnest(${codes.map(hashOf)}::bytea[])`,
  )
  return codes
}

/**
 * Ends the set-up with a first code of the app. Other sessions of the person end, because they were opened without
 * it. Answers with the recovery codes, for the only time.
 */
export async function confirmSecondFactor(
  services: Services,
  actor: Actor,
  given: { code: string; sessionId: string | null },
): Promise<string[]> {
  return inTransaction(services.db, async trx => {
    if (!(await takeAppCode({ ...services, db: trx }, actor.id, given.code)))
      throw invalid('This code does not fit. Is the clock of the device right?', [
        { path: 'code', message: 'does not fit' },
      ])
    const now = realTime()
    await run(trx, sql`update access.totp set confirmed_at = ${now} where user_id = ${actor.id}`)
    await run(trx, sql`update access."user" set second_factor = true where id = ${actor.id}`)
    await run(
      trx,
      sql`delete from access.session where user_id = ${actor.id} and id is distinct from ${given.sessionId}`,
    )
    await run(trx, sql`update access.session set second_factor_at = ${now} where id = ${given.sessionId}`)
    const codes = await writeCodes(trx, actor.id)
    await audit(trx, actor, 'access.second-factor.on', { kind: 'user', id: actor.id })
    return codes
  })
}

/** New recovery codes; the old ones are void. */
export async function renewRecoveryCodes(db: Db, actor: Actor): Promise<string[]> {
  return inTransaction(db, async trx => {
    const { on } = await secondFactorOf(trx, actor.id)
    if (!on) throw conflict('second_factor_off', 'There is no second factor yet.')
    const codes = await writeCodes(trx, actor.id)
    await audit(trx, actor, 'access.second-factor.codes', { kind: 'user', id: actor.id })
    return codes
  })
}

/** Takes a person's second factor away: his own wish, or an administrator helps somebody who lost it. */
export async function removeSecondFactor(db: Db, actor: Actor, userId: string): Promise<void> {
  await inTransaction(db, async trx => {
    if (actor.id === userId && (await isSecondFactorForAll(trx)))
      throw new AppError('second_factor_needed', 'Here everybody needs a second factor.', { status: 409 })
    await run(trx, sql`delete from access.totp where user_id = ${userId}`)
    await run(trx, sql`delete from access.recovery_code where user_id = ${userId}`)
    await run(trx, sql`update access."user" set second_factor = false where id = ${userId}`)
    // Somebody else's open doors close with it; one's own session goes on.
    if (actor.id !== userId) await run(trx, sql`delete from access.session where user_id = ${userId}`)
    await audit(trx, actor, 'access.second-factor.off', { kind: 'user', id: userId })
  })
}

/** Takes a code of the app, once: its step must lie after the last one taken. */
async function takeAppCode({ db, secrets }: Services, userId: string, code: string): Promise<boolean> {
  const row = await maybeOne<{ secret: string }>(
    db,
    sql`select secret from access.totp where user_id = ${userId}`,
  )
  const step = row ? matchingStep(secrets.decrypt(row.secret), code.replace(/\s/g, ''), realTime()) : null
  if (step === null) return false
  const taken = await run(
    db,
    sql`update access.totp set last_step = ${step}::bigint where user_id = ${userId} and last_step < ${step}::bigint`,
  )
  return taken === 1
}

async function takeRecoveryCode(db: Db, userId: string, code: string): Promise<boolean> {
  const taken = await many(
    db,
    sql`
    update access.recovery_code set used_at = ${realTime()}
    where user_id = ${userId} and hash = ${hashOf(code)} and used_at is null returning user_id`,
  )
  return taken.length === 1
}

/** Whether this is a code of the person's app or one of the recovery codes. Either works once. */
export async function takeCode(services: Services, userId: string, code: string): Promise<boolean> {
  const { on } = await secondFactorOf(services.db, userId)
  if (!on) return false
  return (await takeAppCode(services, userId, code)) || takeRecoveryCode(services.db, userId, code)
}
