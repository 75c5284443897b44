import { z } from 'zod'
import { notFound } from '#platform/errors.ts'
import { done, idParams, idSchema, type Route, roles, route, timeSchema } from '#platform/http/route.ts'
import { createKey, listKeys, revokeKey } from './api-keys.ts'
import { audit, listAudit, verifyAudit } from './audit.ts'
import { isAction, roleMay, roleSentences } from './policy.ts'
import { signOut } from './sessions.ts'
import { signInLink } from './sign-in-links.ts'
import { createUser, getUser, listUsers, requireMayName, updateSelf, updateUser } from './users.ts'

const roleSchema = z.enum(roles)
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine(text => !text.includes('\u0000'), 'must not hold a NUL')
const emailSchema = z.email().max(254)

const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: roleSchema,
  active: z.boolean(),
  hasPassword: z.boolean(),
  createdAt: timeSchema,
})

const keySchema = z.object({
  id: idSchema,
  name: z.string(),
  prefix: z.string(),
  role: roleSchema,
  scopes: z.array(z.string()).nullable(),
  createdAt: timeSchema,
  createdBy: z.string().nullable(),
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
})

const me = route({
  method: 'GET',
  url: '/api/v1/me',
  can: 'signed-in',
  summary: 'Who I am and what I may do',
  tag: 'access',
  reply: z.object({
    kind: z.enum(['user', 'key', 'system']),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: roleSchema,
    roleSentence: z.string(),
    scopes: z.array(z.string()).nullable(),
    hasPassword: z.boolean(),
  }),
  async handle({ actor }, { db }) {
    const user = actor.kind === 'user' ? await getUser(db, actor.id) : undefined
    return { ...actor, roleSentence: roleSentences[actor.role], hasPassword: user?.hasPassword ?? false }
  },
})

const changeMe = route({
  method: 'PATCH',
  url: '/api/v1/me',
  can: 'signed-in',
  summary: 'Change my name or address; a new address takes the password and ends all sessions',
  tag: 'access',
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
  tag: 'access',
  reply: done,
  async handle({ request, answer }, services) {
    await signOut(request, answer, services)
    return { ok: true as const }
  },
})

const people = route({
  method: 'GET',
  url: '/api/v1/users',
  can: 'users.read',
  summary: 'Everybody with an account',
  tag: 'access',
  reply: z.object({ items: z.array(userSchema), next: z.null() }),
  async handle(_, { db }) {
    return { items: await listUsers(db), next: null }
  },
})

const invite = route({
  method: 'POST',
  url: '/api/v1/users',
  can: 'users.edit',
  summary: 'Add a person; answers with a one-time sign-in link to hand over',
  tag: 'access',
  body: z.strictObject({ name: nameSchema, email: emailSchema, role: roleSchema }),
  reply: z.object({ user: userSchema, signInLink: z.string() }),
  status: 201,
  async handle({ actor, body }, services) {
    const user = await createUser(services.db, actor, body)
    return { user, signInLink: await signInLink(services, user.email) }
  },
})

const changeUser = route({
  method: 'PATCH',
  url: '/api/v1/users/:id',
  can: 'users.edit',
  summary: 'Change a name or role, or switch an account off; its sessions and keys end at once',
  tag: 'access',
  params: idParams,
  body: z.strictObject({
    name: nameSchema.optional(),
    role: roleSchema.optional(),
    active: z.boolean().optional(),
  }),
  reply: userSchema,
  handle: ({ actor, params, body }, { db }) => updateUser(db, actor, params.id, body),
})

const relink = route({
  method: 'POST',
  url: '/api/v1/users/:id/sign-in-link',
  can: 'users.edit',
  summary: 'A new one-time sign-in link, for somebody who lost the password',
  tag: 'access',
  params: idParams,
  reply: z.object({ signInLink: z.string() }),
  async handle({ actor, params }, services) {
    const user = await getUser(services.db, params.id)
    if (!user) throw notFound('user')
    requireMayName(actor, user.role)
    await audit(services.db, actor, 'users.sign-in-link', { kind: 'user', id: user.id })
    return { signInLink: await signInLink(services, user.email) }
  },
})

const keys = route({
  method: 'GET',
  url: '/api/v1/api-keys',
  can: 'keys.read',
  summary: 'API keys; the keys themselves are shown only when they are made',
  tag: 'access',
  reply: z.object({ items: z.array(keySchema), next: z.null() }),
  async handle(_, { db }) {
    return { items: await listKeys(db), next: null }
  },
})

const addKey = route({
  method: 'POST',
  url: '/api/v1/api-keys',
  can: 'keys.edit',
  summary: 'Make an API key; the answer is the only place where it is shown',
  tag: 'access',
  body: z.strictObject({
    name: nameSchema,
    role: roleSchema,
    scopes: z.array(z.string().max(60)).min(1).max(100).nullable().optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .transform(text => new Date(text))
      .nullable()
      .optional(),
  }),
  reply: keySchema.extend({ key: z.string() }),
  status: 201,
  async handle({ actor, body }, { db }) {
    const { key, row } = await createKey(db, actor, body)
    return { ...row, key }
  },
})

const endKey = route({
  method: 'DELETE',
  url: '/api/v1/api-keys/:id',
  can: 'keys.edit',
  summary: 'End an API key at once',
  tag: 'access',
  params: idParams,
  reply: done,
  async handle({ actor, params }, { db }) {
    await revokeKey(db, actor, params.id)
    return { ok: true as const }
  },
})

const auditTrail = route({
  method: 'GET',
  url: '/api/v1/audit',
  can: 'audit.read',
  summary: 'Who changed what, newest first',
  tag: 'access',
  query: z.object({
    cursor: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: z.object({
    items: z.array(
      z.object({
        position: z.string(),
        at: timeSchema,
        actorKind: z.string(),
        actorId: z.string(),
        actorName: z.string(),
        action: z.string(),
        subjectKind: z.string(),
        subjectId: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
    next: z.string().nullable(),
  }),
  async handle({ query }, { db }) {
    const items = await listAudit(db, { before: query.cursor ?? null, limit: query.limit })
    return { items, next: items.length === query.limit ? (items.at(-1)?.position ?? null) : null }
  },
})

const auditCheck = route({
  method: 'GET',
  url: '/api/v1/audit/check',
  can: 'audit.read',
  summary: 'Whether the chain of the audit is unbroken, or the first row that does not fit',
  tag: 'access',
  reply: z.object({ sound: z.boolean(), brokenAt: z.string().nullable() }),
  async handle(_, { db }) {
    const brokenAt = await verifyAudit(db)
    return { sound: brokenAt === null, brokenAt }
  },
})

const roleList = route({
  method: 'GET',
  url: '/api/v1/roles',
  can: 'signed-in',
  summary: 'The roles in words, and which of the asked actions each may do',
  tag: 'access',
  query: z.object({ actions: z.string().max(2000).optional() }),
  reply: z.object({
    items: z.array(z.object({ role: roleSchema, sentence: z.string(), may: z.array(z.string()) })),
  }),
  async handle({ query }) {
    const actions = (query.actions ?? '').split(',').filter(isAction)
    return {
      items: roles.map(role => ({
        role,
        sentence: roleSentences[role],
        may: actions.filter(action => roleMay(role, action)),
      })),
    }
  },
})

export const accessRoutes: Route[] = [
  me,
  changeMe,
  leave,
  people,
  invite,
  changeUser,
  relink,
  keys,
  addKey,
  endKey,
  auditTrail,
  auditCheck,
  roleList,
]
