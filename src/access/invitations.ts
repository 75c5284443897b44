import { createHash, randomBytes } from 'node:crypto'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, notFound } from '#platform/errors.ts'
import type { Actor, Role } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { audit } from './audit.ts'
import { dayMs, realTime } from './real-time.ts'
import { createUser, findUserByEmail, requireMayName, type User } from './users.ts'

const lifeMs = 7 * dayMs

export type Invitation = {
  id: string
  email: string
  role: Role
  createdAt: Date
  createdByName: string
  expiresAt: Date
}

const columns = sql`id, email, role, created_at as "createdAt", created_by_name as "createdByName",
  expires_at as "expiresAt"`
const hashOf = (token: string) => createHash('sha256').update(token).digest()
const open = sql`accepted_at is null and revoked_at is null`

/** Invitations that nobody has taken up yet, also those that have run out: they can be made anew. */
export function listInvitations(db: Db): Promise<Invitation[]> {
  return many(db, sql`select ${columns} from access.invitation where ${open} order by id desc limit 500`)
}

/**
 * Asks somebody in: the token is good once and for seven days, and an earlier invitation of this address is void.
 * The role is one that the inviting person may give.
 */
export async function invite(
  db: Db,
  actor: Actor,
  wanted: { email: string; role: Role },
): Promise<{ invitation: Invitation; token: string }> {
  requireMayName(actor, wanted.role)
  const email = wanted.email.trim().toLowerCase()
  if (await findUserByEmail(db, email))
    throw conflict('email_taken', 'Somebody with this address is already here.')
  const token = randomBytes(32).toString('base64url')
  const now = realTime()
  return inTransaction(db, async trx => {
    await run(trx, sql`update access.invitation set revoked_at = ${now} where email = ${email} and ${open}`)
    const invitation = await one<Invitation>(
      trx,
      sql`
      insert into access.invitation (id, email, role, token_hash, created_at, created_by, created_by_name, expires_at)
      values (${newId()}::bigint, ${email}, ${wanted.role}, ${hashOf(token)}, ${now}, ${actor.id}, ${actor.name},
        ${new Date(now.getTime() + lifeMs)})
      returning ${columns}`,
    )
    await audit(
      trx,
      actor,
      'users.invite',
      { kind: 'invitation', id: invitation.id },
      { email, role: wanted.role },
    )
    return { invitation, token }
  })
}

/** An invitation that nobody has taken up, also one that has run out: `invite` makes it anew. */
export async function openInvitation(db: Db, id: string): Promise<Invitation> {
  const found = await maybeOne<Invitation>(
    db,
    sql`select ${columns} from access.invitation where id = ${id}::bigint and ${open}`,
  )
  if (!found) throw notFound('invitation')
  return found
}

/** Takes an invitation back; its link leads nowhere from now on. */
export async function revokeInvitation(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const ended = await run(
      trx,
      sql`update access.invitation set revoked_at = ${realTime()} where id = ${id}::bigint and ${open}`,
    )
    if (ended === 0) throw notFound('invitation')
    await audit(trx, actor, 'users.uninvite', { kind: 'invitation', id })
  })
}

const badInvitation = () =>
  new AppError(
    'bad_link',
    'This invitation has been used, taken back or is older than seven days. Ask for a new one.',
    {
      status: 401,
    },
  )

/** What a link's token stands for, for the page behind the link. */
export async function readInvitation(db: Db, token: string): Promise<Invitation> {
  const found = await maybeOne<Invitation>(
    db,
    sql`select ${columns} from access.invitation
      where token_hash = ${hashOf(token)} and ${open} and expires_at > ${realTime()}`,
  )
  if (!found) throw badInvitation()
  return found
}

/** Makes the account that an invitation stands for. Of two clicks at once one gets it. */
export async function acceptInvitation(db: Db, token: string, name: string): Promise<User> {
  return inTransaction(db, async trx => {
    const now = realTime()
    const taken = await maybeOne<{ id: string; email: string; role: Role; by: string; byName: string }>(
      trx,
      sql`
      update access.invitation set accepted_at = ${now}
      where token_hash = ${hashOf(token)} and ${open} and expires_at > ${now}
      returning id, email, role, created_by as "by", created_by_name as "byName"`,
    )
    if (!taken) throw badInvitation()
    const inviter: Actor = {
      kind: 'user',
      id: taken.by,
      name: taken.byName,
      email: null,
      // Whether he might give this role was asked when he invited.
      role: 'owner',
      scopes: null,
    }
    const user = await createUser(trx, inviter, { name, email: taken.email, role: taken.role })
    await run(trx, sql`update access.invitation set accepted_by = ${user.id} where id = ${taken.id}::bigint`)
    return user
  })
}
