import { z } from 'zod'
import { AppError, forbidden } from '#platform/errors.ts'
import { type Actor, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { roleSentences } from './policy.ts'
import {
  beginSecondFactor,
  confirmSecondFactor,
  removeSecondFactor,
  renewRecoveryCodes,
  secondFactorOf,
} from './second-factor.ts'
import { endOtherSessions, endSession, listSessions } from './session-list.ts'
import { signOut } from './sessions.ts'
import { emailSchema, nameSchema, roleSchema, tag, userSchema } from './shapes.ts'
import { countOwnGuess, getUser, updateSelf } from './users.ts'

const secondFactor = z.object({
  on: z.boolean(),
  codesLeft: z.int(),
  /** Owners ask everybody for one. */
  forAll: z.boolean(),
})

export const sessionSchema = z.object({
  id: idSchema,
  device: z.string(),
  address: z.string().nullable(),
  createdAt: timeSchema,
  lastUsedAt: timeSchema,
  expiresAt: timeSchema,
  current: z.boolean(),
})

/** The person behind a call; a key has neither sessions nor a second factor. */
function personOf(actor: Actor): { id: string; email: string } {
  if (actor.kind !== 'user' || !actor.email) throw forbidden('Only a person has this, a key has not.')
  return { id: actor.id, email: actor.email }
}

const me = route({
  method: 'GET',
  url: '/api/v1/me',
  can: 'signed-in',
  summary: 'Who I am and what I may do',
  tag,
  reply: z.object({
    kind: z.enum(['user', 'key', 'system']),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: roleSchema,
    roleSentence: z.string(),
    scopes: z.array(z.string()).nullable(),
    hasPassword: z.boolean(),
    secondFactor: secondFactor.nullable(),
  }),
  async handle({ actor }, { db }) {
    const user = actor.kind === 'user' ? await getUser(db, actor.id) : undefined
    return {
      ...actor,
      roleSentence: roleSentences[actor.role],
      hasPassword: user?.hasPassword ?? false,
      secondFactor: user ? await secondFactorOf(db, user.id) : null,
    }
  },
})

const changeMe = route({
  method: 'PATCH',
  url: '/api/v1/me',
  can: 'signed-in',
  summary: 'Change my name or address; a new address takes the password and ends all sessions',
  tag,
  body: z.strictObject({
    name: nameSchema.optional(),
    email: emailSchema.optional(),
    current: z.string().max(1000).optional(),
  }),
  reply: userSchema,
  handle: ({ actor, body }, { db }) => updateSelf(db, actor, body),
})

const leave = route({
  method: 'POST',
  url: '/api/v1/sign-out',
  can: 'signed-in',
  summary: 'End this session',
  tag,
  reply: done,
  async handle({ request, answer }, services) {
    await signOut(request, answer, services)
    return { ok: true as const }
  },
})

const beginFactor = route({
  method: 'POST',
  url: '/api/v1/me/second-factor',
  can: 'signed-in',
  summary: 'Begin to set up an authenticator app: its secret, which counts once a code of it was given',
  tag,
  reply: z.object({ secret: z.string(), address: z.string() }),
  status: 201,
  fresh: true,
  handle: ({ actor }, services) => beginSecondFactor(services, personOf(actor)),
})

const confirmFactor = route({
  method: 'POST',
  url: '/api/v1/me/second-factor/confirm',
  can: 'signed-in',
  summary: 'End the set-up with a code of the app; answers with the recovery codes, for the only time',
  tag,
  body: z.strictObject({ code: z.string().max(20) }),
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  async handle({ actor, body, request }, services) {
    personOf(actor)
    await countOwnGuess(services.db, actor)
    const sessionId = request.proof?.sessionId ?? null
    const recoveryCodes = await confirmSecondFactor(services, actor, { code: body.code, sessionId })
    return { recoveryCodes }
  },
})

const renewCodes = route({
  method: 'POST',
  url: '/api/v1/me/recovery-codes',
  can: 'signed-in',
  summary: 'New recovery codes; the old ones are void',
  tag,
  reply: z.object({ recoveryCodes: z.array(z.string()) }),
  status: 201,
  fresh: true,
  async handle({ actor }, { db }) {
    personOf(actor)
    return { recoveryCodes: await renewRecoveryCodes(db, actor) }
  },
})

const dropFactor = route({
  method: 'DELETE',
  url: '/api/v1/me/second-factor',
  can: 'signed-in',
  summary: 'Go without a second factor, where owners do not ask for one',
  tag,
  reply: done,
  fresh: true,
  async handle({ actor }, { db }) {
    await removeSecondFactor(db, actor, personOf(actor).id)
    return { ok: true as const }
  },
})

const mySessions = route({
  method: 'GET',
  url: '/api/v1/me/sessions',
  can: 'signed-in',
  summary: 'Where I am signed in',
  tag,
  reply: z.object({ items: z.array(sessionSchema), next: z.null() }),
  async handle({ actor, request }, { db }) {
    const items = await listSessions(db, personOf(actor).id, request.proof?.sessionId ?? null)
    return { items, next: null }
  },
})

const endMine = route({
  method: 'DELETE',
  url: '/api/v1/me/sessions/:id',
  can: 'signed-in',
  summary: 'End one of my sessions',
  tag,
  params: idParams,
  reply: done,
  async handle({ actor, params }, { db }) {
    await endSession(db, actor, { userId: personOf(actor).id, sessionId: params.id })
    return { ok: true as const }
  },
})

const endOthers = route({
  method: 'DELETE',
  url: '/api/v1/me/sessions',
  can: 'signed-in',
  summary: 'End all my sessions but this one',
  tag,
  reply: z.object({ ended: z.int() }),
  async handle({ actor, request }, { db }) {
    if (!request.proof) throw new AppError('no_session', 'A key has no sessions.', { status: 403 })
    return { ended: await endOtherSessions(db, actor, personOf(actor).id, request.proof.sessionId) }
  },
})

export const meRoutes: Route[] = [
  me,
  changeMe,
  leave,
  beginFactor,
  confirmFactor,
  renewCodes,
  dropFactor,
  mySessions,
  endMine,
  endOthers,
]
