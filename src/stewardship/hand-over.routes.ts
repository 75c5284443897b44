import { z } from 'zod'
import { audit } from '#access/audit.ts'
import type { Owned } from '#access/ownership.ts'
import { getUser, requirePerson } from '#access/users.ts'
import type { Module } from '#engine/module.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { invalid } from '#platform/errors.ts'
import { idParams, idSchema, type Route, route } from '#platform/http/route.ts'

const tag = 'Stewardship'
const reply = z.object({ items: z.array(z.object({ kind: z.string(), count: z.int() })), next: z.null() })

async function ownedBy(db: Db, rooms: Module[], userId: string): Promise<Owned[]> {
  const parts: Owned[] = []
  for (const room of rooms) parts.push(...((await room.owned?.(db, userId)) ?? []))
  return parts
}

/** What somebody answers for, and handing it over before he leaves. All rooms have a say, so they are handed in. */
export function handOverRoutes(rooms: Module[]): Route[] {
  return [
    route({
      method: 'GET',
      url: '/api/v1/users/:id/owned',
      can: 'users.edit',
      summary: 'How many segments, emails, workflows and score models somebody answers for',
      tag,
      params: idParams,
      reply,
      async handle({ actor, params }, { db }) {
        const person = await requirePerson(db, actor, params.id)
        return { items: await ownedBy(db, rooms, person.id), next: null }
      },
    }),
    route({
      method: 'POST',
      url: '/api/v1/users/:id/hand-over',
      can: 'users.edit',
      summary: 'Make somebody else answer for all that a person answers for',
      tag,
      params: idParams,
      body: z.strictObject({ toId: idSchema }),
      reply,
      async handle({ actor, params, body }, { db }) {
        return inTransaction(db, async trx => {
          const from = await requirePerson(trx, actor, params.id)
          const to = await getUser(trx, body.toId)
          if (!to?.active || to.id === from.id)
            throw invalid('Nobody can take this over.', [
              { path: 'toId', message: 'must be another person who can sign in' },
            ])
          const items = await ownedBy(trx, rooms, from.id)
          for (const room of rooms) await room.handOver?.(trx, from.id, to.id)
          await audit(trx, actor, 'users.hand-over', { kind: 'user', id: from.id }, { to: to.id, items })
          return { items, next: null }
        })
      },
    }),
  ]
}
