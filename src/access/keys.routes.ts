import { z } from 'zod'
import { invalid } from '#platform/errors.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { createKey, listKeys, revokeKey } from './api-keys.ts'
import { realTime } from './real-time.ts'
import { nameSchema, roleSchema, tag } from './shapes.ts'

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

const keys = route({
  method: 'GET',
  url: '/api/v1/api-keys',
  can: 'keys.read',
  summary: 'API keys; the keys themselves are shown only when they are made',
  tag,
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
  tag,
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
  fresh: true,
  async handle({ actor, body }, { db }) {
    if (body.expiresAt && body.expiresAt <= realTime())
      throw invalid('A key cannot have run out before it is made.', [
        { path: 'expiresAt', message: 'must lie ahead' },
      ])
    const { key, row } = await createKey(db, actor, body)
    return { ...row, key }
  },
})

const endKey = route({
  method: 'DELETE',
  url: '/api/v1/api-keys/:id',
  can: 'keys.edit',
  summary: 'End an API key at once',
  tag,
  params: idParams,
  reply: done,
  async handle({ actor, params }, { db }) {
    await revokeKey(db, actor, params.id)
    return { ok: true as const }
  },
})

export const keyRoutes: Route[] = [keys, addKey, endKey]
