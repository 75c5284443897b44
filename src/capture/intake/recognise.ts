import { type Message, takeMessages } from '#activity/record.ts'
import { type IdentityCall, type Resolved, resolve } from '#audience/identity.ts'
import type { Db } from '#platform/db/db.ts'
import type { Batch, CallItem, Item, Recognised } from './item.ts'

/**
 * Step 8: whose call is it? First the repetitions fall out: SDKs send a batch again when the answer was lost, and
 * an old identify must not overwrite what has been learnt since. Then all ids are looked up together.
 */
export async function recognise(trx: Db, batch: Batch): Promise<Batch> {
  const fresh = await dropRepeated(trx, batch)
  const asked = new Map<string, IdentityCall>()
  const keys = fresh.map(item => {
    const call = identityOf(item)
    const key = `${call.trust}\n${call.email ?? ''}\n${call.userId ?? ''}\n${call.anonymousId ?? ''}`
    asked.set(key, call)
    return key
  })
  const resolved = await resolve(trx, [...asked.values()], { now: batch.now, memory: batch.memory })
  const byKey = new Map([...asked.keys()].map((key, i) => [key, resolved[i]]))
  return { ...batch, recognised: fresh.flatMap((item, i) => known(item, byKey.get(keys[i] ?? ''))) }
}

function known(item: CallItem, resolved: Resolved | undefined): Recognised[] {
  if (!resolved) return []
  const { contactId, known: isKnown, promoted: isPromoted, holdsAddress } = resolved
  return [{ ...item, contactId, isKnown, isPromoted, holdsAddress }]
}

function isCall(item: Item): item is CallItem {
  return item.call !== null
}

async function dropRepeated(trx: Db, { items, now, services }: Batch): Promise<CallItem[]> {
  const calls = items.filter(isCall)
  // While the sandbox clock runs ahead, corrected times do not tell when a message was first sent.
  const isMoved = services.clock.offsetMs() > 0
  const named: (Message & { item: CallItem })[] = []
  for (const item of calls) {
    const { messageId, at } = item.call
    if (messageId !== null)
      named.push({ item, sourceId: item.source.id, messageId, at: isMoved ? longAgo : at })
  }
  const verdicts = await takeMessages(trx, named, now)
  if (verdicts.every(Boolean)) return calls
  const repeated = new Set(named.filter((_one, i) => !verdicts[i]).map(one => one.item))
  return calls.filter(item => !repeated.has(item))
}

const longAgo = new Date(0)

function identityOf({ call, source }: CallItem): IdentityCall {
  const { email, userId, anonymousId, previousId } = call
  const ids: IdentityCall = { trust: source.type }
  if (email) ids.email = email
  if (userId) ids.userId = userId
  // alias: what was known by the previous id becomes this user's.
  const visitor = call.kind === 'alias' ? previousId : anonymousId
  if (visitor) ids.anonymousId = visitor
  return ids
}
