import { z } from 'zod'
import { notFound } from '#platform/errors.ts'
import { done, idParams, idSchema, type Route, route } from '#platform/http/route.ts'
import { audit } from './audit.ts'
import { requireFresh } from './fresh.ts'
import { sessionSchema } from './me.routes.ts'
import { resetLink } from './reset-links.ts'
import { askAllForSecondFactor, isSecondFactorForAll, removeSecondFactor } from './second-factor.ts'
import { endOtherSessions, endSession, listSessions } from './session-list.ts'
import { emailSchema, nameSchema, roleSchema, tag, userSchema } from './shapes.ts'
import { signInLink } from './sign-in-links.ts'
import { createUser, listUsers, requirePerson, updateUser } from './users.ts'

const people = route({
  method: 'GET',
  url: '/api/v1/users',
  can: 'users.read',
  summary: 'Everybody with an account',
  tag,
  reply: z.object({ items: z.array(userSchema), next: z.null() }),
  async handle(_, { db }) {
    return { items: await listUsers(db), next: null }
  },
})

const add = route({
  method: 'POST',
  url: '/api/v1/users',
  can: 'users.edit',
  summary: 'Add a person at once; answers with a one-time sign-in link to hand over',
  tag,
  body: z.strictObject({ name: nameSchema, email: emailSchema, role: roleSchema }),
  reply: z.object({ user: userSchema, signInLink: z.string() }),
  status: 201,
  async handle({ actor, body, request }, services) {
    if (body.role === 'owner') requireFresh(request)
    const user = await createUser(services.db, actor, body)
    return { user, signInLink: await signInLink(services, user.email) }
  },
})

const change = route({
  method: 'PATCH',
  url: '/api/v1/users/:id',
  can: 'users.edit',
  summary: 'Change a name or role, or switch an account off; its sessions and keys end at once',
  tag,
  params: idParams,
  body: z.strictObject({
    name: nameSchema.optional(),
    role: roleSchema.optional(),
    active: z.boolean().optional(),
  }),
  reply: userSchema,
  handle: ({ actor, params, body, request }, { db }) => {
    if (body.role === 'owner') requireFresh(request)
    return updateUser(db, actor, params.id, body)
  },
})

const relink = route({
  method: 'POST',
  url: '/api/v1/users/:id/sign-in-link',
  can: 'users.edit',
  summary: 'A new one-time sign-in link, for somebody who has no password yet',
  tag,
  params: idParams,
  reply: z.object({ signInLink: z.string() }),
  fresh: true,
  async handle({ actor, params }, services) {
    const user = await requirePerson(services.db, actor, params.id)
    await audit(services.db, actor, 'users.sign-in-link', { kind: 'user', id: user.id })
    return { signInLink: await signInLink(services, user.email) }
  },
})

const reset = route({
  method: 'POST',
  url: '/api/v1/users/:id/reset-link',
  can: 'users.edit',
  summary: 'A link by which somebody who lost the password sets a new one; good once, for a day',
  tag,
  params: idParams,
  reply: z.object({ resetLink: z.string() }),
  fresh: true,
  async handle({ actor, params }, services) {
    const user = await requirePerson(services.db, actor, params.id)
    if (!user.active) throw notFound('user')
    await audit(services.db, actor, 'users.reset-link', { kind: 'user', id: user.id })
    return { resetLink: await resetLink(services, user.id) }
  },
})

const dropFactor = route({
  method: 'DELETE',
  url: '/api/v1/users/:id/second-factor',
  can: 'users.edit',
  summary: 'Take the second factor off somebody who lost it; all sessions of that person end',
  tag,
  params: idParams,
  reply: done,
  fresh: true,
  async handle({ actor, params }, { db }) {
    const user = await requirePerson(db, actor, params.id)
    await removeSecondFactor(db, actor, user.id)
    return { ok: true as const }
  },
})

const sessions = route({
  method: 'GET',
  url: '/api/v1/users/:id/sessions',
  can: 'users.edit',
  summary: 'Where somebody is signed in',
  tag,
  params: idParams,
  reply: z.object({ items: z.array(sessionSchema), next: z.null() }),
  async handle({ actor, params, request }, { db }) {
    const user = await requirePerson(db, actor, params.id)
    return { items: await listSessions(db, user.id, request.proof?.sessionId ?? null), next: null }
  },
})

const endOne = route({
  method: 'DELETE',
  url: '/api/v1/users/:id/sessions/:sessionId',
  can: 'users.edit',
  summary: 'End one session of somebody',
  tag,
  params: z.object({ id: idSchema, sessionId: idSchema }),
  reply: done,
  async handle({ actor, params }, { db }) {
    const user = await requirePerson(db, actor, params.id)
    await endSession(db, actor, { userId: user.id, sessionId: params.sessionId })
    return { ok: true as const }
  },
})

const endAll = route({
  method: 'DELETE',
  url: '/api/v1/users/:id/sessions',
  can: 'users.edit',
  summary: 'End all sessions of somebody',
  tag,
  params: idParams,
  reply: z.object({ ended: z.int() }),
  async handle({ actor, params }, { db }) {
    const user = await requirePerson(db, actor, params.id)
    return { ended: await endOtherSessions(db, actor, user.id, null) }
  },
})

const rules = z.object({ secondFactorForAll: z.boolean() })

const readRules = route({
  method: 'GET',
  url: '/api/v1/access-rules',
  can: 'users.read',
  summary: 'What owners decided for everybody who signs in',
  tag,
  reply: rules,
  handle: async (_, { db }) => ({ secondFactorForAll: await isSecondFactorForAll(db) }),
})

const setRules = route({
  method: 'PATCH',
  url: '/api/v1/access-rules',
  can: 'users.rule',
  summary: 'Ask everybody for a second factor, or no longer',
  tag,
  body: z.strictObject({ secondFactorForAll: z.boolean() }),
  reply: rules,
  fresh: true,
  async handle({ actor, body }, { db }) {
    await askAllForSecondFactor(db, actor, body.secondFactorForAll)
    return body
  },
})

export const peopleRoutes: Route[] = [
  people,
  add,
  change,
  relink,
  reset,
  dropFactor,
  sessions,
  endOne,
  endAll,
  readRules,
  setRules,
]
