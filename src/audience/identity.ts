import { record } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import { normalizeAddress } from './address.ts'
import { decideOwner, emptyPlan, type Known, type Lookup, type Plan } from './identity.rules.ts'
import {
  claimIdentities,
  holdVisitors,
  keyOf,
  redirectVisitors,
  selectIdentities,
  selectRedirects,
  shareDevices,
} from './identity.sql.ts'
import type { IdentityMemory } from './identity-memory.ts'
import { type Repoint, repointHere } from './repoint.ts'

export type IdentityCall = {
  email?: string
  userId?: string
  anonymousId?: string
  trust: 'server' | 'browser'
}

export type Resolved = {
  contactId: string
  /** Whether the contact has a profile, or gets one by this call; a visitor has only events. */
  known: boolean
  /** Whether this id was made just now. */
  created: boolean
  /** Whether this batch makes a contact of a visitor (or of nobody): there is no profile yet. */
  promoted: boolean
  /** Whether the address of the call is this contact's, so that it may stand in the profile. */
  holdsAddress: boolean
  /** Visitors whose history became this contact's. */
  joinedFrom: string[]
  /** The address belongs to somebody else, so it was not taken, and nobody was merged. */
  addressTaken: boolean
  /** Who has the taken address; only servers are told. Recorded as `contact.conflict`, once a week per pair. */
  heldBy: string | null
}

export type Resolving = {
  now: Date
  /** The transaction must not have made identities before. */
  memory?: IdentityMemory
  /** Hands what the rooms hold of a visitor to who he turned out to be; left out, the rooms up to this one. */
  repoint?: Repoint | undefined
}

const maxAttempts = 6

/**
 * Whose calls are these? One look-up for all; new ids are claimed under the unique key of `audience.identity`, so
 * that fifty calls at once make one contact. The rules, conflicts among them, are in identity.rules.ts. Joins hand
 * over the visitor's events, pending work and whatever else rooms hold, and are recorded as `contact.joined`.
 * Answers in the order of the calls.
 */
export async function resolve(trx: Db, calls: IdentityCall[], how: Resolving): Promise<Resolved[]> {
  const clean = calls.map(normalize)
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    // What a failed attempt has seen of itself must not be remembered.
    const lookup = await find(trx, clean, attempt === 1 ? how.memory : undefined)
    const plan = emptyPlan()
    const decided = clean.map(call => decideOwner(call, lookup, plan))
    if (!(await write(trx, plan, how.now))) continue
    const resolved = decided.map(one => describe(one, plan))
    for (const [from, to] of plan.joins) await (how.repoint ?? repointHere)(trx, from, to)
    const events = [...joinEvents(plan, how.now), ...conflictEvents(resolved, how.now)]
    if (events.length > 0) await record(trx, events)
    return resolved
  }
  throw new Error('identities changed under us again and again')
}

/** False, and to be decided again, where another transaction was faster with one of the names or visitors. */
async function write(trx: Db, plan: Plan, now: Date): Promise<boolean> {
  const visitors = [...new Set([...plan.known, ...plan.joins.keys()])].filter(id => !plan.made.has(id))
  if (!(await holdVisitors(trx, visitors))) return false
  if (!(await claimIdentities(trx, plan.claims, plan.shares, now))) return false
  await shareDevices(trx, plan.shares)
  if (plan.joins.size > 0) await redirectVisitors(trx, plan.joins, now)
  return true
}

/** What became of a call after all of the batch was decided. */
function describe(one: Omit<Resolved, 'joinedFrom' | 'promoted'>, plan: Plan): Resolved {
  const replacedBy = plan.replaced.get(one.contactId)
  const contactId = replacedBy ?? one.contactId
  const promoted = plan.known.has(contactId)
  const joinedFrom = [...plan.joins].filter(([, to]) => to === contactId).map(([from]) => from)
  // Nobody is replaced by somebody unknown: it takes a name to join.
  return { ...one, contactId, known: one.known || promoted || replacedBy !== undefined, promoted, joinedFrom }
}

function joinEvents({ joins }: Plan, now: Date): NewEvent[] {
  return [...joins].map(([from, to]) => ({ contactId: to, type: 'contact.joined', at: now, data: { from } }))
}

function conflictEvents(resolved: Resolved[], now: Date): NewEvent[] {
  return resolved.flatMap(({ contactId, heldBy }) => {
    if (heldBy === null) return []
    const messageId = `conflict ${contactId} ${heldBy}`
    return [{ contactId, type: 'contact.conflict', at: now, data: { heldBy }, messageId }]
  })
}

function normalize(call: IdentityCall): IdentityCall {
  const email = call.email === undefined ? null : normalizeAddress(call.email)
  const { email: _given, ...rest } = call
  return email === null ? rest : { ...rest, email }
}

/** Everything that the calls name: from memory, and the rest in one statement. */
async function find(db: Db, calls: IdentityCall[], memory?: IdentityMemory): Promise<Lookup> {
  const epoch = await memory?.refresh(db)
  const lookup: Lookup = new Map()
  const wanted = new Map<string, Set<string>>([
    ['email', new Set()],
    ['user_id', new Set()],
    ['anonymous_id', new Set()],
  ])
  const people = new Map<string, Known>()
  const personOf = (contactId: string, known: boolean, shared: boolean) => {
    // One object per contact: whoever becomes known by one of his names is known by all.
    const person = people.get(contactId) ?? { contactId, known, shared }
    people.set(contactId, person)
    return person
  }
  const want = (kind: string, value: string | undefined) => {
    if (!value) return
    const contactId = memory?.find(kind, value)
    if (contactId) lookup.set(keyOf(kind, value), personOf(contactId, true, false))
    else wanted.get(kind)?.add(value)
  }
  for (const call of calls) {
    want('email', call.email)
    want('user_id', call.userId)
    want('anonymous_id', call.anonymousId)
  }
  for (const { kind, value, contactId, known, shared } of await selectIdentities(db, wanted)) {
    lookup.set(keyOf(kind, value), personOf(contactId, known, shared))
    if (memory && epoch && known && kind !== 'anonymous_id') memory.keep(kind, value, contactId, epoch)
  }
  return lookup
}

/** The id that a joined or merged contact goes by today. */
export async function currentIds(db: Db, contactIds: string[]): Promise<Map<string, string>> {
  const moved = await selectRedirects(db, contactIds)
  return new Map(contactIds.map(id => [id, moved.get(id) ?? id]))
}
