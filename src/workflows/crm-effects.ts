import { listUsers } from '#access/users.ts'
import { addMembers, askTasks, pushNow } from '#crm/actions.ts'
import { requestHandoffs } from '#crm/feed.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { keyOf, takeEffects } from './effects.ts'
import type { Traveller } from './travel.ts'

/** What steps ask of sales and of the CRM; carried out set-based, and there in seconds. */
export async function carryToSales(db: Db, travellers: Traveller[], now: Date): Promise<NewEvent[]> {
  const pushes = takeEffects(travellers, 'crm-push')
  if (pushes.length > 0)
    await pushNow(
      db,
      pushes.map(({ traveller }) => traveller.row.contactId),
      now,
    )
  await askTasks(
    db,
    takeEffects(travellers, 'crm-task').map(({ traveller, effect, node }) => ({
      contactId: traveller.row.contactId,
      connectionId: null,
      subject: effect.subject,
      body: effect.body,
      dueOn: effect.dueOn,
      ownerId: effect.ownerId,
      reason: `workflow:${traveller.row.id}:${node}`,
    })),
    now,
  )
  await addMembers(
    db,
    takeEffects(travellers, 'crm-member').map(({ traveller, effect }) => ({
      contactId: traveller.row.contactId,
      campaignId: effect.campaignId,
      status: effect.status,
    })),
    now,
  )
  return handOver(db, travellers, now)
}

async function handOver(db: Db, travellers: Traveller[], now: Date): Promise<NewEvent[]> {
  const asked = takeEffects(travellers, 'handoff')
  if (asked.length === 0) return []
  const people = new Map((await listUsers(db)).filter(user => user.active).map(user => [user.id, user]))
  const requests = asked.flatMap(({ traveller, effect, seq }) => {
    const person = effect.userIds.map(id => people.get(id)).find(user => user !== undefined)
    const by = keyOf(traveller, seq)
    return person
      ? [{ contactId: traveller.row.contactId, person, words: effect.words, by, causeId: traveller.causeId }]
      : []
  })
  return requestHandoffs(db, requests, now)
}
