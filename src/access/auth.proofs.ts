import type { GenericEndpointContext } from 'better-auth'
import { APIError, createAuthEndpoint, getSessionFromCtx } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { audit } from './audit.ts'
import { passwordProblem } from './passwords.ts'
import { realTime } from './real-time.ts'
import { resetIdentifier } from './reset-links.ts'
import { takeCode } from './second-factor.ts'

const text = z.string().max(1000)

const wrongCode = () =>
  new APIError('FORBIDDEN', {
    code: 'wrong_code',
    message: 'This code does not fit, or it was used already. Wait for the next one.',
  })

/** The session of this call, or a refusal. It may still lack its second factor. */
export async function requireSession(ctx: GenericEndpointContext) {
  const signedIn = await getSessionFromCtx(ctx)
  if (!signedIn) throw new APIError('UNAUTHORIZED', { code: 'not_signed_in', message: 'Sign in first.' })
  return signedIn as typeof signedIn & {
    user: { secondFactor?: boolean }
    session: { secondFactorAt?: Date | null }
  }
}

/** The password kept for a user, where there is one. */
export async function passwordOf(ctx: GenericEndpointContext, userId: string) {
  const accounts = await ctx.context.internalAdapter.findAccounts(userId)
  return accounts.find(row => row.providerId === 'credential')
}

/** Keeps a new password; every session of the user ends, and one new begins. */
export async function keepPassword(
  ctx: GenericEndpointContext,
  user: { id: string; name: string; email: string } & Record<string, unknown>,
  given: { password: string; secondFactorAt: Date | null },
): Promise<void> {
  const { internalAdapter, password } = ctx.context
  const problem = passwordProblem(given.password, user)
  if (problem)
    throw new APIError('UNPROCESSABLE_ENTITY', { code: 'invalid', message: `The password ${problem}.` })
  const hash = await password.hash(given.password)
  const account = await passwordOf(ctx, user.id)
  if (account) await internalAdapter.updateAccount(account.id, { password: hash })
  else
    await internalAdapter.createAccount({
      userId: user.id,
      providerId: 'credential',
      accountId: user.id,
      password: hash,
    })
  await internalAdapter.deleteUserSessions(user.id)
  const session = await internalAdapter.createSession(user.id, false, {
    secondFactorAt: given.secondFactorAt,
  })
  const kept = await internalAdapter.findUserById(user.id)
  if (!session || !kept)
    throw new APIError('FORBIDDEN', { code: 'closed', message: 'This account is closed.' })
  await setSessionCookie(ctx, { session, user: kept })
}

/** Gives the second factor: an app's code or a recovery code. The session goes on under a new id. */
function giveSecondFactor(services: Services) {
  return createAuthEndpoint(
    '/second-factor',
    { method: 'POST', requireHeaders: true, body: z.strictObject({ code: text }) },
    async ctx => {
      const { user, session } = await requireSession(ctx)
      if (!(await takeCode(services, user.id, ctx.body.code))) throw wrongCode()
      const { internalAdapter } = ctx.context
      await internalAdapter.deleteSession(session.token)
      const next = await internalAdapter.createSession(user.id, false, { secondFactorAt: realTime() })
      if (!next) throw wrongCode()
      await setSessionCookie(ctx, { session: next, user })
      return ctx.json({ ok: true })
    },
  )
}

/** Shows once more who one is, by password or code, before something grave. */
function confirmMyself(services: Services) {
  return createAuthEndpoint(
    '/confirm',
    {
      method: 'POST',
      requireHeaders: true,
      body: z.strictObject({ password: text.optional(), code: text.optional() }),
    },
    async ctx => {
      const { user, session } = await requireSession(ctx)
      if (user.secondFactor && !session.secondFactorAt) throw wrongCode()
      const kept = await passwordOf(ctx, user.id)
      const byPassword =
        ctx.body.password !== undefined &&
        Boolean(kept?.password) &&
        (await ctx.context.password.verify({ hash: kept?.password ?? '', password: ctx.body.password }))
      const fits =
        byPassword || (ctx.body.code !== undefined && (await takeCode(services, user.id, ctx.body.code)))
      if (!fits)
        throw new APIError('FORBIDDEN', { code: 'not_confirmed', message: 'That is not right. Try again.' })
      await run(
        services.db,
        sql`update access.session set proven_at = ${realTime()} where token = ${session.token}`,
      )
      await audit(services.db, { kind: 'user', id: user.id, name: user.name }, 'access.confirm', {
        kind: 'user',
        id: user.id,
      })
      return ctx.json({ ok: true })
    },
  )
}

/** A new password by a link that an administrator made, for somebody who lost the old one. */
const resetPassword = createAuthEndpoint(
  '/reset',
  { method: 'POST', body: z.strictObject({ token: z.string().min(20).max(200), password: text }) },
  async ctx => {
    const { internalAdapter } = ctx.context
    const identifier = resetIdentifier(ctx.body.token)
    const found = await internalAdapter.findVerificationValue(identifier)
    const user = found && found.expiresAt > realTime() && (await internalAdapter.findUserById(found.value))
    const problem = user ? passwordProblem(ctx.body.password, user) : null
    // A weak password must not cost the link.
    if (problem)
      throw new APIError('UNPROCESSABLE_ENTITY', { code: 'invalid', message: `The password ${problem}.` })
    const taken = user ? await internalAdapter.consumeVerificationValue(identifier) : null
    if (!user || !taken)
      throw new APIError('UNAUTHORIZED', {
        code: 'bad_link',
        message: 'This link has been used or is too old. Ask for a new one.',
      })
    await keepPassword(ctx, user, { password: ctx.body.password, secondFactorAt: null })
    return ctx.json({ ok: true })
  },
)

export const proofEndpoints = (services: Services) => ({
  giveSecondFactor: giveSecondFactor(services),
  confirmMyself: confirmMyself(services),
  resetPassword,
})
