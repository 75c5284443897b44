import { type Message, takeMessages } from '#activity/record.ts'
import { type IdentityCall, type Resolved, resolve } from '#audience/identity.ts'
import type { IdentityMemory } from '#audience/identity-memory.ts'
import type { Db } from '#platform/db/db.ts'
import type { Batch, CallItem, Item, Recognised } from './item.ts'

/**
 * Step 9: whose call is it? First the repetitions fall out: SDKs send a batch again when the answer was lost, and
 * an old identify must not overwrite what has been learnt since. Then all ids are looked up together.
 */
export async function recognise(trx: Db, batch: Batch): Promise<Batch> {
  const fresh = await dropRepeated(trx, batch)
  await batch.memory.refresh(trx)
  const owners = fresh.map(item => rememberedOwner(item, batch.memory))
  const strangers = fresh.filter((_item, i) => !owners[i])
  const found = strangers.length === 0 ? null : await lookUp(trx, batch, strangers)
  const recognised = fresh.flatMap((item, i) => {
    const owner = owners[i] ?? found?.get(item)
    return owner ? [ownedBy(item, owner)] : []
  })
  return { ...batch, recognised }
}

/** The commonest call names a known user and nothing else: no rule could give it to anybody but him. */
function rememberedOwner({ call, source }: CallItem, memory: IdentityMemory): Owner | undefined {
  if (source.type !== 'server' || !call.userId || call.email || call.anonymousId || call.kind === 'alias')
    return
  const contactId = memory.find('user_id', call.userId)
  return contactId ? { contactId, known: true, promoted: false, holdsAddress: false } : undefined
}

async function lookUp(
  trx: Db,
  { now, memory, services }: Batch,
  items: CallItem[],
): Promise<Map<CallItem, Resolved | undefined>> {
  const asked = new Map<string, IdentityCall>()
  const keys = items.map(item => {
    const call = identityOf(item)
    const key = `${call.trust}\n${call.email ?? ''}\n${call.userId ?? ''}\n${call.anonymousId ?? ''}`
    asked.set(key, call)
    return key
  })
  const resolved = await resolve(trx, [...asked.values()], { now, memory, repoint: services.repoint })
  const byKey = new Map([...asked.keys()].map((key, i) => [key, resolved[i]]))
  return new Map(items.map((item, i) => [item, byKey.get(keys[i] ?? '')]))
}

type Owner = Pick<Resolved, 'contactId' | 'known' | 'promoted' | 'holdsAddress'>

function ownedBy({ call, source, receivedAt }: CallItem, owner: Owner): Recognised {
  const { contactId, known: isKnown, promoted: isPromoted, holdsAddress } = owner
  return { call, reject: null, source, receivedAt, contactId, isKnown, isPromoted, holdsAddress }
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
    const { key, at } = item.call
    if (key !== null) named.push({ item, key, at: isMoved ? longAgo : at })
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
