import { createHash } from 'node:crypto'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import type { Services } from '#platform/services.ts'
import { arrivalEndpoints } from './auth.arrivals.ts'
import { oidcEndpoints } from './auth.oidc.ts'
import { keepPassword, passwordOf, proofEndpoints, requireSession } from './auth.proofs.ts'
import { passwordProblem } from './passwords.ts'

/** How a link's token is found again: the database holds its hash only. */
export function linkIdentifier(token: string): string {
  return `sign-in-link:${createHash('sha256').update(token).digest('base64url')}`
}

const badLink = () =>
  new APIError('UNAUTHORIZED', {
    code: 'bad_link',
    message: 'This link has been used or is too old. Ask for a new one.',
  })

/**
 * Signs in with a one-time link. Only this POST does: opening the page changes nothing, because mail scanners
 * open links too. The token is consumed atomically, so of two clicks at once one gets the session.
 */
const signInWithLink = createAuthEndpoint(
  '/sign-in/link',
  { method: 'POST', body: z.strictObject({ token: z.string().min(20).max(200) }) },
  async ctx => {
    const { internalAdapter } = ctx.context
    const found = await internalAdapter.consumeVerificationValue(linkIdentifier(ctx.body.token))
    if (!found) throw badLink()
    const user = await internalAdapter.findUserById(found.value)
    const session = user && (await internalAdapter.createSession(user.id))
    if (!user || !session) throw badLink()
    await setSessionCookie(ctx, { session, user })
    const accounts = await internalAdapter.findAccounts(user.id)
    return ctx.json({ hasPassword: accounts.some(account => account.password) })
  },
)

/**
 * Sets the signed-in user's first password, or changes it against the current one. Every session of the user
 * ends, and this one goes on under a new id.
 */
const setPassword = createAuthEndpoint(
  '/password',
  {
    method: 'POST',
    requireHeaders: true,
    body: z.strictObject({ password: z.string().max(1000), current: z.string().max(1000).optional() }),
  },
  async ctx => {
    const { user, session } = await requireSession(ctx)
    if (user.secondFactor && !session.secondFactorAt)
      throw new APIError('UNAUTHORIZED', {
        code: 'second_factor',
        message: 'Give the code of your app first.',
      })
    const problem = passwordProblem(ctx.body.password, user)
    if (problem)
      throw new APIError('UNPROCESSABLE_ENTITY', { code: 'invalid', message: `The password ${problem}.` })
    const account = await passwordOf(ctx, user.id)
    if (account?.password) {
      const { password } = ctx.context
      const fits = await password.verify({ hash: account.password, password: ctx.body.current ?? '' })
      if (!fits)
        throw new APIError('FORBIDDEN', {
          code: 'wrong_password',
          message: 'The current password is not right.',
        })
    }
    await keepPassword(ctx, user, {
      password: ctx.body.password,
      secondFactorAt: session.secondFactorAt ?? null,
    })
    return ctx.json({ hasPassword: true })
  },
)

/** What Tend adds to the sign-in library. Its own magic-link and password-reset plugins stay off. */
export const tendEndpoints = (services: Services) =>
  ({
    id: 'tend',
    endpoints: {
      signInWithLink,
      setPassword,
      ...proofEndpoints(services),
      ...arrivalEndpoints(services),
      ...oidcEndpoints(services),
    },
  }) satisfies BetterAuthPlugin

/** Everything else that the library would answer is 404: a door that is not listed does not exist. */
export const openPaths = new Set([
  'POST /sign-in/email',
  'POST /sign-in/link',
  'POST /password',
  'POST /sign-out',
  'POST /second-factor',
  'POST /confirm',
  'POST /reset',
  'POST /invitation/look',
  'POST /invitation',
  'GET /ways',
  'POST /oidc/begin',
  'POST /oidc/finish',
])
