import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, forbidden, notFound } from '#platform/errors.ts'
import type { Actor, Role } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { audit } from './audit.ts'
import { countAttempt } from './auth.throttle.ts'
import { verifyPassword } from './passwords.ts'
import { may } from './policy.ts'
import { realTime } from './real-time.ts'

export type User = {
  id: string
  name: string
  email: string
  role: Role
  active: boolean
  hasPassword: boolean
  secondFactor: boolean
  createdAt: Date
}

const columns = sql`u.id, u.name, u.email, u.role, u.active, u.created_at as "createdAt", u.second_factor as "secondFactor",
  exists (select from access.account a where a.user_id = u.id and a.password is not null) as "hasPassword"`

/** Everybody who has or had an account, by name. A house has few of them. */
export function listUsers(db: Db): Promise<User[]> {
  return many(
    db,
    sql`select ${columns} from access."user" u order by u.active desc, lower(u.name), u.id limit 1000`,
  )
}

export function getUser(db: Db, id: string): Promise<User | undefined> {
  return maybeOne(db, sql`select ${columns} from access."user" u where u.id = ${id}`)
}

export function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return maybeOne(
    db,
    sql`select ${columns} from access."user" u where u.email = ${email.trim().toLowerCase()}`,
  )
}

/** A role is given, and a link to become somebody of that role, only by who may name it: owners by owners. */
export function requireMayName(actor: Actor, role: Role): void {
  if (role === 'owner' && !may(actor, 'users.name-owner'))
    throw forbidden('Only an owner can name another owner.')
}

/** A person whom this actor may do something about: owners are the business of owners. */
export async function requirePerson(db: Db, actor: Actor, id: string): Promise<User> {
  const user = await getUser(db, id)
  if (!user) throw notFound('user')
  requireMayName(actor, user.role)
  return user
}

/**
 * Adds a person. He or she signs in with a link first (`signInLink`) and then sets a password. The address counts
 * as verified, because somebody who may name people has vouched for it.
 */
export async function createUser(
  db: Db,
  actor: Actor,
  person: { name: string; email: string; role: Role },
): Promise<User> {
  requireMayName(actor, person.role)
  const id = newId()
  const now = realTime()
  return inTransaction(db, async trx => {
    const made = await run(
      trx,
      sql`
      insert into access."user" (id, name, email, email_verified, created_at, updated_at, role, active)
      values (${id}, ${person.name}, ${person.email.trim().toLowerCase()}, true, ${now}, ${now}, ${person.role}, true)
      on conflict (email) do nothing`,
    )
    if (made === 0) throw conflict('email_taken', 'Somebody with this address is already here.')
    await audit(trx, actor, 'users.create', { kind: 'user', id }, { role: person.role })
    return one<User>(trx, sql`select ${columns} from access."user" u where u.id = ${id}`)
  })
}

/** Ends all sessions of a user, and on being switched off the keys he or she made. */
async function revokeAccess(trx: Db, userId: string, keysToo: boolean): Promise<void> {
  await run(trx, sql`delete from access.session where user_id = ${userId}`)
  await run(trx, sql`delete from access.verification where value = ${userId}`)
  if (keysToo)
    await run(
      trx,
      sql`update access.api_key set revoked_at = ${realTime()} where created_by = ${userId} and revoked_at is null`,
    )
}

/**
 * Changes name, role or whether the account is open. A new role or a switched-off account ends every session at
 * once; the last active owner stays.
 */
export async function updateUser(
  db: Db,
  actor: Actor,
  id: string,
  change: { name?: string | undefined; role?: Role | undefined; active?: boolean | undefined },
): Promise<User> {
  return inTransaction(db, async trx => {
    const before = await getUser(trx, id)
    if (!before) throw notFound('user')
    const after = {
      name: change.name ?? before.name,
      role: change.role ?? before.role,
      active: change.active ?? before.active,
    }
    if (before.role !== after.role) requireMayName(actor, after.role)
    if (before.role === 'owner') requireMayName(actor, 'owner')
    // One row is locked for all such changes, so that two owners cannot switch each other off at the same moment.
    await run(trx, sql`select from access.audit_head for update`)
    await run(
      trx,
      sql`
      update access."user" set name = ${after.name}, role = ${after.role}, active = ${after.active}, updated_at = ${realTime()}
      where id = ${id}`,
    )
    const { owners } = await one<{ owners: number }>(
      trx,
      sql`
      select count(*)::int as owners from access."user" where role = 'owner' and active`,
    )
    if (before.role === 'owner' && owners === 0)
      throw conflict('last_owner', 'This is the last owner. Name another one first.')
    if (before.role !== after.role || !after.active) await revokeAccess(trx, id, !after.active)
    await audit(
      trx,
      actor,
      'users.update',
      { kind: 'user', id },
      { from: { role: before.role, active: before.active }, to: after },
    )
    return one<User>(trx, sql`select ${columns} from access."user" u where u.id = ${id}`)
  })
}

/** Counts a guess at one's own password or code, outside the transaction that a wrong one rolls back. */
export async function countOwnGuess(db: Db, actor: Actor): Promise<void> {
  const seconds = await countAttempt(db, { account: `own ${actor.id}`, address: '', knownDevice: true })
  if (seconds === 0) return
  throw new AppError('too_many_tries', 'Too many tries. Wait some minutes, then try again.', {
    status: 429,
    detail: { retryAfterSeconds: seconds },
  })
}

/**
 * Changes one's own name or address. A new address is the new way in, so it takes the password, where there is
 * one already, and ends every session.
 */
export async function updateSelf(
  db: Db,
  actor: Actor,
  change: { name?: string | undefined; email?: string | undefined; current?: string | undefined },
): Promise<User> {
  if (actor.kind !== 'user') throw forbidden('Only a person has a profile.')
  if (change.email !== undefined) await countOwnGuess(db, actor)
  return inTransaction(db, async trx => {
    const before = await getUser(trx, actor.id)
    if (!before) throw notFound('user')
    const email = change.email?.trim().toLowerCase() ?? before.email
    if (email !== before.email && before.hasPassword) {
      const account = await one<{ password: string }>(
        trx,
        sql`select password from access.account where user_id = ${actor.id} and provider_id = 'credential'`,
      )
      const fits = await verifyPassword(change.current ?? '', account.password)
      if (!fits) throw new AppError('wrong_password', 'The current password is not right.', { status: 403 })
      await revokeAccess(trx, actor.id, false)
    }
    const taken = await maybeOne(
      trx,
      sql`select id from access."user" where email = ${email} and id <> ${actor.id}`,
    )
    if (taken) throw conflict('email_taken', 'Somebody with this address is already here.')
    await run(
      trx,
      sql`update access."user" set name = ${change.name ?? before.name}, email = ${email}, updated_at = ${realTime()},
          email_verified = email_verified and email = ${email}
        where id = ${actor.id}`,
    )
    await audit(
      trx,
      actor,
      'users.profile',
      { kind: 'user', id: actor.id },
      { newAddress: email !== before.email },
    )
    return one<User>(trx, sql`select ${columns} from access."user" u where u.id = ${actor.id}`)
  })
}

/** The program itself as an actor, for the command line and for the first start. */
export const systemActor: Actor = {
  kind: 'system',
  id: 'system',
  name: 'Tend',
  email: null,
  role: 'owner',
  scopes: null,
}
