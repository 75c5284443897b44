import { type Db, inTransaction, maybeOne, run, sql } from '#platform/db/db.ts'
import { AppError, forbidden } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import { audit } from './audit.ts'
import type { OidcConfig, Person } from './oidc.ts'
import { realTime } from './real-time.ts'
import { createUser, findUserByEmail, systemActor, type User } from './users.ts'

const provider = 'oidc'

/** A subject is one's own only within its issuer. */
const accountIdOf = (settings: OidcConfig, person: Person) => `${settings.issuer} ${person.subject}`

const noAddress = () =>
  forbidden('Your identity provider does not vouch for your address, so Tend cannot tell who you are here.')

/**
 * The account behind a person whom the provider knows. Known before: the same subject, whatever his address is
 * now. Otherwise the provider must vouch for the address; an account here is joined only where its address was
 * given by somebody else than its holder (or anybody could wait under a stranger's address), and a new one is made
 * only in the domains that were named.
 */
export async function userOfPerson(db: Db, settings: OidcConfig, person: Person): Promise<User> {
  return inTransaction(db, async trx => {
    const known = await maybeOne<{ email: string }>(
      trx,
      sql`
      select u.email from access.account a join access."user" u on u.id = a.user_id
      where a.provider_id = ${provider} and a.account_id = ${accountIdOf(settings, person)}`,
    )
    const knownUser = known && (await findUserByEmail(trx, known.email))
    if (knownUser) return knownUser
    if (!person.email || !person.emailVerified || !person.subject) throw noAddress()
    const user = (await joinable(trx, person.email)) ?? (await newcomer(trx, settings, person, person.email))
    await run(
      trx,
      sql`
      insert into access.account (id, account_id, provider_id, user_id, created_at, updated_at)
      values (${newId()}, ${accountIdOf(settings, person)}, ${provider}, ${user.id}, ${realTime()}, ${realTime()})`,
    )
    await audit(trx, { kind: 'user', id: user.id, name: user.name }, 'access.oidc.join', {
      kind: 'user',
      id: user.id,
    })
    return user
  })
}

async function joinable(trx: Db, email: string): Promise<User | null> {
  const user = await findUserByEmail(trx, email)
  if (!user) return null
  const vouched = await maybeOne(
    trx,
    sql`select id from access."user" where id = ${user.id} and email_verified`,
  )
  if (!vouched)
    throw new AppError(
      'address_unconfirmed',
      'There is an account with this address that nobody has confirmed. Ask an administrator.',
      { status: 403 },
    )
  return user
}

async function newcomer(trx: Db, settings: OidcConfig, person: Person, email: string): Promise<User> {
  // An open invitation says that somebody wants this person here, and in which role.
  const invited = await maybeOne<{ id: string; role: User['role'] }>(
    trx,
    sql`
    update access.invitation set accepted_at = ${realTime()}
    where email = ${email} and accepted_at is null and revoked_at is null and expires_at > ${realTime()}
    returning id, role`,
  )
  const domain = email.slice(email.lastIndexOf('@') + 1)
  if (!invited && !settings.allowedDomains.includes(domain))
    throw forbidden('Nobody has asked you in yet. Ask an administrator for an invitation.')
  const role = invited?.role ?? settings.defaultRole
  return createUser(trx, systemActor, { name: person.name ?? email, email, role })
}
