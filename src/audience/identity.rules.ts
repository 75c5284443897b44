import { newId } from '#platform/ids.ts'
import type { IdentityCall, Resolved } from './identity.ts'

/** Whom a name belongs to. `shared`: the anonymous owner of a device that several people use. */
export type Known = { contactId: string; known: boolean; shared?: boolean }
/**
 * What is known of `kind\nvalue`; decisions within a batch are added, so that later calls see them. All names of
 * one contact share one object.
 */
export type Lookup = Map<string, Known>

/** What a batch of calls changes. */
export type Plan = {
  /** New identities: `kind\nvalue` to contact. */
  claims: Map<string, string>
  /** Devices that turned out to be several people's: `kind\nvalue` to their new anonymous owner. */
  shares: Map<string, string>
  /** Visitors that turned out to be a contact: from, to. */
  joins: Map<string, string>
  /** Ids given out earlier in the batch that turned out to be somebody else's, made in this batch or not: from, to. */
  replaced: Map<string, string>
  made: Set<string>
  known: Set<string>
}

export function emptyPlan(): Plan {
  return {
    claims: new Map(),
    shares: new Map(),
    joins: new Map(),
    replaced: new Map(),
    made: new Set(),
    known: new Set(),
  }
}

type Decision = Omit<Resolved, 'joinedFrom' | 'promoted'>

const email = (value: string) => `email\n${value}`
const userId = (value: string) => `user_id\n${value}`
const device = (value: string) => `anonymous_id\n${value}`

/**
 * The rules of recognition.
 *
 * Server (its key is secret): the user id is the strongest, then the address, then the device.
 * - A visitor, who has no profile yet, joins who he turns out to be, with his history.
 * - Two profiles are never merged here. Where user id and address are two people's, the user id wins, the address
 *   stays where it is, and `heldBy` says whose it is.
 * - A device on which a second person makes himself known belongs to neither from then on: it gets an anonymous
 *   owner who joins nobody. What was done before stays with whose it was; later calls that name nobody are nobody's.
 *
 * Browser (its key is public, so whatever it says may be a lie): only the device counts.
 * - An address that nobody has gives the visitor a profile under his own id, without consent; not so if the device is
 *   somebody's already, or several people's.
 * - An address that somebody has changes nothing: the visitor stays who he is.
 * - A user id is a claim that only a server can make.
 */
export function decideOwner(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  return call.trust === 'server' ? decideServer(call, lookup, plan) : decideBrowser(call, lookup, plan)
}

function decideServer(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  const byUser = call.userId ? lookup.get(userId(call.userId)) : undefined
  const byEmail = call.email ? lookup.get(email(call.email)) : undefined
  const byDevice = call.anonymousId ? lookup.get(device(call.anonymousId)) : undefined
  const isNamed = Boolean(call.userId || call.email)
  const visitor = byDevice && (!isNamed || !(byDevice.known || byDevice.shared)) ? byDevice : undefined
  const candidates = [byUser, byEmail, visitor].filter(found => found !== undefined)
  const owner = candidates.find(found => found.known) ?? candidates[0] ?? make(plan)
  const heldBy = byEmail?.known && byEmail.contactId !== owner.contactId ? byEmail.contactId : null
  if (isNamed) promote(owner, plan)
  for (const other of candidates)
    if (other.contactId !== owner.contactId && !other.known) join(other, owner, lookup, plan)
  if (call.userId) hold(userId(call.userId), owner, lookup, plan)
  if (call.email && !heldBy) hold(email(call.email), owner, lookup, plan)
  if (call.anonymousId) holdDevice(device(call.anonymousId), owner, lookup, plan)
  return { ...decision(call, owner, lookup, plan), addressTaken: heldBy !== null, heldBy }
}

function decideBrowser(call: IdentityCall, lookup: Lookup, plan: Plan): Decision {
  // Without a device of his own a browser's caller is nobody we could know again.
  const owner = (call.anonymousId && lookup.get(device(call.anonymousId))) || make(plan)
  if (call.anonymousId) hold(device(call.anonymousId), owner, lookup, plan)
  const holder = call.email ? lookup.get(email(call.email)) : undefined
  const addressTaken = Boolean(holder && holder.contactId !== owner.contactId)
  if (call.email && !holder && !owner.known && !owner.shared) {
    promote(owner, plan)
    hold(email(call.email), owner, lookup, plan)
  }
  // Whose it is would be an answer to a question that anybody may ask.
  return { ...decision(call, owner, lookup, plan), addressTaken, heldBy: null }
}

type Whose = Omit<Decision, 'addressTaken' | 'heldBy'>

function decision(call: IdentityCall, { contactId, known }: Known, lookup: Lookup, plan: Plan): Whose {
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

/** Gives a name that nobody has to its owner. */
function hold(key: string, owner: Known, lookup: Lookup, plan: Plan): void {
  if (lookup.has(key)) return
  plan.claims.set(key, owner.contactId)
  lookup.set(key, owner)
}

/** A device that is another person's becomes nobody's; a visitor's has been joined by now. */
function holdDevice(key: string, owner: Known, lookup: Lookup, plan: Plan): void {
  const holder = lookup.get(key)
  if (!holder) hold(key, owner, lookup, plan)
  if (!holder || holder.contactId === owner.contactId || holder.shared) return
  const nobody: Known = { ...make(plan), shared: true }
  plan.shares.set(key, nobody.contactId)
  lookup.set(key, nobody)
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
