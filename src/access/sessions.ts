import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { run, sql } from '#platform/db/db.ts'
import { AppError, notFound } from '#platform/errors.ts'
import { type Actor, type Role, roles } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { actorOfKey } from './api-keys.ts'
import { openPaths } from './auth.endpoints.ts'
import { addressHeader, library, sessionLimits } from './auth.library.ts'
import { minuteMs, realTime } from './real-time.ts'
import { hasBearer, requireSameOrigin } from './same-origin.ts'
import { isSecondFactorForAll } from './second-factor.ts'

/** How often a session in use is moved on: often enough for 12 hours, seldom enough to spare a write per call. */
const slideMs = 5 * minuteMs

/** The headers of a call as the sign-in library reads them, with the caller's address as we know it. */
function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    for (const part of Array.isArray(value) ? value : [value ?? '']) headers.append(name, part)
  }
  headers.set(addressHeader, request.ip)
  return headers
}

/** Moves the end of a session that is in use, up to 7 days after it began. */
async function slide(
  services: Services,
  session: { token: string; createdAt: Date; expiresAt: Date },
): Promise<void> {
  const now = realTime().getTime()
  const end = new Date(
    Math.min(now + sessionLimits.idleMs, session.createdAt.getTime() + sessionLimits.absoluteMs),
  )
  if (end.getTime() - session.expiresAt.getTime() < slideMs) return
  await run(
    services.db,
    sql`
    update access.session set expires_at = ${end}, updated_at = ${new Date(now)}
    where token = ${session.token} and expires_at < ${end}`,
  )
}

const isRole = (word: unknown): word is Role => roles.some(role => role === word)

/**
 * Who is calling, or null: an API key where the header brings one (then no cookie is looked at), else the
 * session of a person whose account is open. Role and account are read anew with every call, so that taking
 * them away works at once.
 */
export async function authenticate(request: FastifyRequest, services: Services): Promise<Actor | null> {
  if (hasBearer(request)) return actorOfKey(services.db, request.headers.authorization)
  if (!request.headers.cookie) return null
  const found = await library(services).api.getSession({ headers: headersOf(request) })
  if (!found) return null
  const { user, session } = found
  if (!user.active || !isRole(user.role)) return null
  const isLeaving = request.routeOptions.url === '/api/v1/sign-out'
  if (!isLeaving) await requireSecondFactor(request, services, { user, session })
  await slide(services, session)
  request.proof = { sessionId: session.id, provenAt: session.provenAt ?? null }
  return { kind: 'user', id: user.id, name: user.name, email: user.email, role: user.role, scopes: null }
}

/**
 * A session opens nothing before its second factor was given, where the person has one; where owners ask everybody
 * for one, who has none reaches only his own account, to set it up.
 */
async function requireSecondFactor(
  request: FastifyRequest,
  services: Services,
  {
    user,
    session,
  }: { user: { secondFactor: boolean }; session: { secondFactorAt?: Date | null | undefined } },
): Promise<void> {
  if (user.secondFactor && !session.secondFactorAt)
    throw new AppError('second_factor', 'Give the code of your authenticator app.', { status: 401 })
  if (user.secondFactor || request.routeOptions.url?.startsWith('/api/v1/me')) return
  if (await isSecondFactorForAll(services.db))
    throw new AppError('second_factor_setup', 'Here everybody needs a second factor. Set yours up first.', {
      status: 403,
    })
}

/** A refusal of the library in the one shape that all errors of the API have. */
async function refusal(response: Response): Promise<AppError> {
  const told: unknown = await response.json().catch(() => null)
  const part = (name: string) =>
    typeof told === 'object' && told !== null && name in told
      ? String(Object.entries(told).find(([key]) => key === name)?.[1])
      : null
  const seconds = Number(response.headers.get('retry-after') ?? 0)
  return new AppError((part('code') ?? 'refused').toLowerCase(), part('message') ?? 'This was refused.', {
    status: response.status,
    ...(seconds > 0 ? { detail: { retryAfterSeconds: seconds } } : {}),
  })
}

/** Hands the answer of the sign-in library to Fastify, with every cookie it sets. */
async function pass(answer: FastifyReply, response: Response): Promise<unknown> {
  if (response.status >= 400) throw await refusal(response)
  answer.code(response.status)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') answer.header(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) answer.header('set-cookie', cookies)
  answer.header('cache-control', 'no-store')
  return answer.send(await response.text())
}

/** Sends one call to the sign-in library. The body was parsed by Fastify under its size limit. */
async function forward(request: FastifyRequest, services: Services, path: string): Promise<Response> {
  const headers = headersOf(request)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  const body = request.method === 'POST' ? JSON.stringify(request.body ?? {}) : null
  if (body !== null) headers.set('content-type', 'application/json')
  const url = new URL(`/api/auth${path}`, services.config.officeUrl)
  return library(services).handler(new Request(url, { method: request.method, headers, body }))
}

/** Mounts `/api/auth/*` on the office: only the doors in `openPaths`, all behind the origin check. */
export function mountAuth(app: FastifyInstance, services: Services): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    schema: { hide: true },
    onRequest: async request => requireSameOrigin(request, services.config.officeUrl),
    handler: async (request, answer) => {
      const path = new URL(request.url, services.config.officeUrl).pathname.slice('/api/auth'.length)
      if (!openPaths.has(`${request.method} ${path}`)) throw notFound('address')
      return pass(answer, await forward(request, services, path))
    },
  })
}

/** Ends the session of this call and takes its cookie back. */
export async function signOut(
  request: FastifyRequest,
  answer: FastifyReply,
  services: Services,
): Promise<void> {
  const response = await library(services).api.signOut({ headers: headersOf(request), asResponse: true })
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) answer.header('set-cookie', cookies)
}
