import { createHash } from 'node:crypto'
import { APIError, createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { userOfPerson } from './oidc.people.ts'
import { beginJourney, endJourney, type Journey } from './oidc.ts'
import { minuteMs, realTime } from './real-time.ts'

const lifeMs = 10 * minuteMs
const identifierOf = (state: string) => `oidc:${createHash('sha256').update(state).digest('base64url')}`
const journeySchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() })

const lost = () =>
  new APIError('BAD_REQUEST', {
    code: 'lost_way',
    message: 'This sign-in was not begun in this browser, or it took longer than ten minutes. Begin anew.',
  })

function told(error: unknown): never {
  if (!(error instanceof AppError)) throw error
  const status = error.status === 403 ? 'FORBIDDEN' : error.status === 409 ? 'CONFLICT' : 'BAD_GATEWAY'
  throw new APIError(status, { code: error.code, message: error.message })
}

/** In which ways one can sign in here, for the page that asks. */
function ways({ config }: Services) {
  return createAuthEndpoint('/ways', { method: 'GET' }, async ctx =>
    ctx.json({ provider: config.oidc ? new URL(config.oidc.issuer).host : null }),
  )
}

/** Begins at the identity provider. The cookie binds what comes back to this browser. */
function beginOidc(services: Services, cookie: string) {
  return createAuthEndpoint('/oidc/begin', { method: 'POST', body: z.strictObject({}) }, async ctx => {
    const settings = services.config.oidc
    if (!settings) throw new APIError('NOT_FOUND', { code: 'not_found', message: 'There is no such way in.' })
    const { address, journey } = await beginJourney(services, settings).catch(told)
    await ctx.context.internalAdapter.createVerificationValue({
      identifier: identifierOf(journey.state),
      value: JSON.stringify(journey),
      expiresAt: new Date(realTime().getTime() + lifeMs),
    })
    const { attributes } = ctx.context.authCookies.sessionToken
    await ctx.setSignedCookie(cookie, journey.state, ctx.context.secret, {
      ...attributes,
      maxAge: lifeMs / 1000,
    })
    return ctx.json({ address })
  })
}

/** Ends there: what the provider sent the browser back with, handed over once. */
function finishOidc(services: Services, cookie: string) {
  return createAuthEndpoint(
    '/oidc/finish',
    { method: 'POST', body: z.strictObject({ search: z.string().max(4000) }) },
    async ctx => {
      const settings = services.config.oidc
      const state = await ctx.getSignedCookie(cookie, ctx.context.secret)
      if (!settings || !state || new URLSearchParams(ctx.body.search).get('state') !== state) throw lost()
      const { internalAdapter } = ctx.context
      const begun = await internalAdapter.consumeVerificationValue(identifierOf(state))
      if (!begun) throw lost()
      const journey: Journey = journeySchema.parse(JSON.parse(begun.value))
      const person = await endJourney(services, settings, { search: ctx.body.search, journey }).catch(told)
      const found = await userOfPerson(services.db, settings, person).catch(told)
      const user = await internalAdapter.findUserById(found.id)
      const session = user && (await internalAdapter.createSession(found.id))
      if (!user || !session)
        throw new APIError('FORBIDDEN', { code: 'closed', message: 'This account is closed.' })
      await setSessionCookie(ctx, { session, user })
      return ctx.json({ ok: true })
    },
  )
}

export function oidcEndpoints(services: Services) {
  const secure = services.config.officeUrl.startsWith('https://')
  const cookie = `${secure ? '__Host-tend' : 'tend'}.oidc`
  return {
    ways: ways(services),
    beginOidc: beginOidc(services, cookie),
    finishOidc: finishOidc(services, cookie),
  }
}
