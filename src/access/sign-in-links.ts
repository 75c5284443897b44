import { randomBytes } from 'node:crypto'
import { one, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { linkIdentifier } from './auth.endpoints.ts'
import { library } from './auth.library.ts'
import { minuteMs, realTime } from './real-time.ts'
import { createUser, findUserByEmail, systemActor } from './users.ts'

const lifeMs = 15 * minuteMs

/**
 * A one-time sign-in link for an active user, good for 15 minutes. Only its hash is stored, so it cannot be read
 * from the database; the address leads to a page whose button signs in.
 */
export async function signInLink(services: Services, email: string): Promise<string> {
  const user = await findUserByEmail(services.db, email)
  if (!user?.active) throw notFound('user')
  const token = randomBytes(32).toString('base64url')
  const { internalAdapter } = await library(services).$context
  await internalAdapter.createVerificationValue({
    identifier: linkIdentifier(token),
    value: user.id,
    expiresAt: new Date(realTime().getTime() + lifeMs),
  })
  return `${services.config.officeUrl}/sign-in?token=${token}`
}

const firstOwner = 'owner@localhost'

/**
 * What the terminal shows at a start: a link for the owner as long as nobody can sign in with a password, then
 * nothing. The first start makes the owner.
 */
export async function firstRunLink(services: Services): Promise<string | null> {
  const { db } = services
  const { users, passwords } = await one<{ users: number; passwords: number }>(
    db,
    sql`
    select (select count(*)::int from access."user") as users,
      (select count(*)::int from access.account a join access."user" u on u.id = a.user_id
        where a.password is not null and u.active) as passwords`,
  )
  if (passwords > 0) return null
  if (users === 0) await createUser(db, systemActor, { name: 'Owner', email: firstOwner, role: 'owner' })
  const { email } = await one<{ email: string }>(
    db,
    sql`
    select email from access."user" where active and role = 'owner' order by created_at, id limit 1`,
  )
  return signInLink(services, email)
}
