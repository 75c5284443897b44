import { newId } from '#platform/ids.ts'
import type { IdentityCall, Resolved } from './identity.ts'

export type Known = { contactId: string; known: boolean }
/**
 * What is known of `kind\nvalue`; decisions within a batch are added, so that later calls see them. All names of
 * one contact share one object.
 */
export type Lookup = Map<string, Known>

/** What a batch of calls changes. */
export type Plan = {
  /** New identities: `kind\nvalue` to contact. */
  claims: Map<string, string>
  /** Devices that belong to somebody else from now on. */
  moves: Map<string, string>
  /** Visitors that turned out to be a contact: from, to. */
  joins: Map<string, string>
  /** Ids given out earlier in the batch that turned out to be somebody else's, made in this batch or not: from, to. */
  replaced: Map<string, string>
  made: Set<string>
  known: Set<string>
}

type Decision = Omit<Resolved, 'joinedFrom' | 'promoted'>

const email = (value: string) => `email\n${value}`
const userId = (value: string) => `user_id\n${value}`
const device = (value: string) => `anonymous_id\n${value}`

/**
 * The rules of recognition.
 * Server: the user id is the strongest, then the address, then the device. A visitor (no profile yet) joins who he
 * turns out to be. Two profiles are never merged here: where user id and address are two people's, the user id
 * wins and the address stays where it is. A device that two people identify on belongs to the latest; the history
 * of each stays with him.
 * Browser (its key is public): only the device counts. An address that nobody has may give the visitor a profile,
 * without consent; one that somebody has changes nothing, and the visitor stays who he is. A user id is a claim
 * that only a server can make.
 */
export function decideOwner(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  return call.trust === 'server' ? decideServer(call, lookup, plan) : decideBrowser(call, lookup, plan)
}

function decideServer(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  const byUser = call.userId ? lookup.get(userId(call.userId)) : undefined
  const byEmail = call.email ? lookup.get(email(call.email)) : undefined
  const byDevice = call.anonymousId ? lookup.get(device(call.anonymousId)) : undefined
  const names = Boolean(call.userId || call.email)
  // A device's owner who is known is not taken over by another person's first sign-in on it.
  const own = byDevice && (!names || !byDevice.known) ? byDevice : undefined
  const candidates = [byUser, byEmail, own].filter(found => found !== undefined)
  const owner = candidates.find(found => found.known) ?? candidates[0] ?? make(plan)
  const addressTaken = Boolean(byEmail?.known && byEmail.contactId !== owner.contactId) || loses(byUser, byEmail)
  const chosen = loses(byUser, byEmail) && byUser ? byUser : owner
  if (names) promote(chosen, plan)
  for (const other of candidates) if (other.contactId !== chosen.contactId && !other.known) join(other, chosen, lookup, plan)
  if (call.userId) hold(userId(call.userId), chosen, lookup, plan)
  if (call.email && !addressTaken) hold(email(call.email), chosen, lookup, plan)
  if (call.anonymousId) hold(device(call.anonymousId), chosen, lookup, plan, names)
  return { ...decision(call, chosen, lookup, plan), addressTaken }
}

/** User id and address are two known people's. */
function loses(byUser: Known | undefined, byEmail: Known | undefined): boolean {
  return Boolean(byUser?.known && byEmail?.known && byUser.contactId !== byEmail.contactId)
}

function decideBrowser(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  // Without a device of his own a browser's caller is nobody we could know.
  const found = call.anonymousId ? lookup.get(device(call.anonymousId)) : undefined
  const owner = found ?? make(plan)
  if (call.anonymousId) hold(device(call.anonymousId), owner, lookup, plan)
  const holder = call.email ? lookup.get(email(call.email)) : undefined
  const addressTaken = Boolean(holder && holder.contactId !== owner.contactId)
  if (call.email && !holder && !owner.known) {
    promote(owner, plan)
    hold(email(call.email), owner, lookup, plan)
  }
  return { ...decision(call, owner, lookup, plan), addressTaken }
}

function decision(call: IdentityCall, { contactId, known }: Known, lookup: Lookup, plan: Plan): Omit<Decision, 'addressTaken'> {
  const holdsAddress = call.email !== undefined && lookup.get(email(call.email))?.contactId === contactId
  return { contactId, known, holdsAddress, created: plan.made.has(contactId) }
}

function make(plan: Plan): Known {
  const contactId = newId()
  plan.made.add(contactId)
  return { contactId, known: false }
}

function promote(owner: Known, plan: Plan): void {
  if (owner.known) return
  owner.known = true
  plan.known.add(owner.contactId)
}

/** Gives an identity to its owner: claimed if new, re-pointed if it may be. */
function hold(key: string, owner: Known, lookup: Lookup, plan: Plan, mayMove = false): void {
  const holder = lookup.get(key)
  if (!holder) {
    plan.claims.set(key, owner.contactId)
    lookup.set(key, owner)
  } else if (holder.contactId !== owner.contactId && mayMove) {
    plan.moves.set(key, owner.contactId)
    lookup.set(key, owner)
  }
}

function join(from: Known, to: Known, lookup: Lookup, plan: Plan): void {
  if (!plan.made.has(from.contactId)) plan.joins.set(from.contactId, to.contactId)
  for (const [key, holder] of lookup) {
    if (holder.contactId !== from.contactId) continue
    lookup.set(key, to)
    if (plan.claims.has(key)) plan.claims.set(key, to.contactId)
  }
  plan.replaced.set(from.contactId, to.contactId)
  // Who was to join the one that now joins somebody else goes along.
  for (const links of [plan.joins, plan.replaced]) {
    for (const [earlier, target] of links) if (target === from.contactId) links.set(earlier, to.contactId)
  }
}
