import { createHash } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api'
import type { Config } from '#platform/config.ts'
import { maybeOne, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { audit } from './audit.ts'
import { tendEndpoints } from './auth.endpoints.ts'
import { countAttempt, forgetAttempts } from './auth.throttle.ts'
import { hashPassword, passwordLength, verifyPassword } from './passwords.ts'
import { dayMs, hourMs, realTime } from './real-time.ts'
import { officeOrigins } from './same-origin.ts'

/** ASVS 7.3: a session ends after 12 idle hours, and after 7 days in any case. */
export const sessionLimits = { idleMs: 12 * hourMs, absoluteMs: 7 * dayMs }

/** The header in which our own mount tells the library the caller's address; what a caller sends is replaced. */
export const addressHeader = 'x-tend-client-address'
const isSecure = (config: Config) => config.officeUrl.startsWith('https://')
/** The name of a cookie of ours, spelt like the library's own. */
export const cookieName = (config: Config, word: string) =>
  `${isSecure(config) ? '__Host-tend' : 'tend'}.${word}`

/** Column names of the library's fields in our spelling. */
const columns = {
  user: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
  session: {
    expiresAt: 'expires_at',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
    ipAddress: 'ip_address',
    userAgent: 'user_agent',
    userId: 'user_id',
  },
  account: {
    accountId: 'account_id',
    providerId: 'provider_id',
    userId: 'user_id',
    accessToken: 'access_token',
    refreshToken: 'refresh_token',
    idToken: 'id_token',
    accessTokenExpiresAt: 'access_token_expires_at',
    refreshTokenExpiresAt: 'refresh_token_expires_at',
    createdAt: 'created_at',
    updatedAt: 'updated_at',
  },
  verification: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
}

const accountOf = (email: unknown) =>
  createHash('sha256')
    .update(
      String(email ?? '')
        .trim()
        .toLowerCase(),
    )
    .digest('base64url')

/** What is guessed at from inside a session: it counts per person, wherever the guesses come from. */
const ownProofs = new Set(['/password', '/confirm', '/second-factor'])

/** Refuses too many tries before a password is looked at; the answer is the same for unknown accounts. */
function throttleGuesses(services: Services) {
  return createAuthMiddleware(async ctx => {
    if (ctx.path !== '/sign-in/email' && !ownProofs.has(ctx.path)) return
    const signedIn = ownProofs.has(ctx.path) ? await getSessionFromCtx(ctx) : null
    const account = signedIn ? `own ${signedIn.user.id}` : accountOf(ctx.body?.email)
    const device = await ctx.getSignedCookie(cookieName(services.config, 'device'), ctx.context.secret)
    const seconds = await countAttempt(services.db, {
      account,
      address: ctx.headers?.get(addressHeader) ?? '',
      knownDevice: signedIn !== null || device === account,
    })
    if (seconds === 0) return
    throw new APIError(
      'TOO_MANY_REQUESTS',
      { code: 'too_many_tries', message: 'Too many tries. Wait some minutes, then try again.' },
      { 'retry-after': String(seconds) },
    )
  })
}

/** After a new session: marks the device, ends the count of tries, and writes to the audit how it came about. */
function noteSession(services: Services) {
  return createAuthMiddleware(async ctx => {
    const signedIn = ctx.context.newSession
    if (!signedIn) return
    const { id, name, email } = signedIn.user
    const account = accountOf(email)
    const attributes = { ...ctx.context.authCookies.sessionToken.attributes, maxAge: 180 * 86_400 }
    await ctx.setSignedCookie(cookieName(services.config, 'device'), account, ctx.context.secret, attributes)
    const address = ctx.headers?.get(addressHeader) ?? ''
    await forgetAttempts(services.db, { account, address })
    // The password alone must not clear the count of guesses at the code.
    if (!signedIn.user.secondFactor || signedIn.session.secondFactorAt)
      await forgetAttempts(services.db, { account: `own ${id}`, address })
    const action = `access${ctx.path.replaceAll('/', '.')}`
    await audit(services.db, { kind: 'user', id, name }, action, { kind: 'user', id }, { address })
  })
}

/** A session starts with 12 hours to live, and none starts for an account that was switched off. */
async function openSession(services: Services, session: { userId: string } & Record<string, unknown>) {
  const user = await maybeOne<{ active: boolean }>(
    services.db,
    sql`
    select active from access."user" where id = ${session.userId}`,
  )
  if (!user?.active) return false
  const now = realTime()
  return { data: { ...session, provenAt: now, expiresAt: new Date(now.getTime() + sessionLimits.idleMs) } }
}

/** A refusal is an answer, not news; anything else is a bug and is logged once. */
function reportBug(services: Services, error: unknown): void {
  if (error instanceof APIError && error.statusCode < 500) return
  services.log.error({ part: 'sign-in', err: error }, 'the sign-in library failed')
}

/** Accounts, passwords and sessions as the library shall keep them: nobody signs up by himself. */
const people = {
  emailAndPassword: {
    enabled: true,
    disableSignUp: true,
    minPasswordLength: passwordLength.min,
    maxPasswordLength: passwordLength.max,
    password: {
      hash: hashPassword,
      verify: ({ hash, password }: { hash: string; password: string }) => verifyPassword(password, hash),
    },
  },
  user: {
    fields: columns.user,
    additionalFields: {
      role: { type: 'string' as const, required: true, input: false, defaultValue: 'viewer' },
      active: { type: 'boolean' as const, required: true, input: false, defaultValue: true },
      secondFactor: {
        type: 'boolean' as const,
        required: true,
        input: false,
        defaultValue: false,
        fieldName: 'second_factor',
      },
    },
  },
  // The cookie lives as long as a session can; how long the row behind it lives is ours to say (sessions.ts).
  session: {
    fields: columns.session,
    expiresIn: sessionLimits.absoluteMs / 1000,
    disableSessionRefresh: true,
    additionalFields: {
      provenAt: { type: 'date' as const, required: false, input: false, fieldName: 'proven_at' },
      secondFactorAt: { type: 'date' as const, required: false, input: false, fieldName: 'second_factor_at' },
    },
  },
  account: { fields: columns.account },
  verification: { fields: columns.verification },
}

function librarySettings(services: Services) {
  const { config, db, log, secrets } = services
  return {
    appName: 'Tend',
    baseURL: config.officeUrl,
    basePath: '/api/auth',
    secret: secrets.keyFor('sessions').export().toString('base64'),
    trustedOrigins: officeOrigins(config.officeUrl),
    database: { db, type: 'postgres' as const, schemaName: 'access', transaction: true },
    plugins: [tendEndpoints(services)],
    ...people,
    databaseHooks: {
      session: {
        create: {
          before: (session: { userId: string } & Record<string, unknown>) => openSession(services, session),
        },
      },
    },
    hooks: { before: throttleGuesses(services), after: noteSession(services) },
    // Ours counts per account and device as well, and in the database, so that it holds over several processes.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    onAPIError: { onError: (error: unknown) => reportBug(services, error) },
    logger: {
      level: 'error' as const,
      log: (_level: string, message: string) => log.error({ part: 'sign-in' }, message),
    },
    advanced: {
      // Under https the name itself makes browsers refuse a cookie that another host or plain http has set.
      cookiePrefix: isSecure(config) ? '__Host-tend' : 'tend',
      useSecureCookies: false,
      defaultCookieAttributes: {
        secure: isSecure(config),
        sameSite: 'lax' as const,
        httpOnly: true,
        path: '/',
      },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: () => newId() },
    },
  }
}

const made = new WeakMap<Services, ReturnType<typeof createLibrary>>()

function createLibrary(services: Services) {
  return betterAuth(librarySettings(services))
}

/** The sign-in library for these services, made once. */
export function library(services: Services): ReturnType<typeof createLibrary> {
  const known = made.get(services)
  if (known) return known
  const created = createLibrary(services)
  made.set(services, created)
  return created
}
