import { move } from '#activity/ledger.ts'
import { record } from '#activity/record.ts'
import { engineModule } from '#engine/module.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { normalizeAddress } from './address.ts'
import type { IdentityMemory } from './identity-memory.ts'
import { decideOwner, type Known, type Lookup, type Plan } from './identity.rules.ts'

export type IdentityCall = { email?: string; userId?: string; anonymousId?: string; trust: 'server' | 'browser' }

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
  /** The address belongs to somebody else, so it was not taken: shown to people, merged by nobody. */
  addressTaken: boolean
}

const maxAttempts = 6

/**
 * Whose calls are these? One look-up for all; new ids are claimed under the unique key of `audience.identity`, so
 * that fifty calls at once make one contact. The rules are in identity.rules.ts. Joins move the visitor's events
 * and pending work to the contact and are recorded as `contact.joined`. With a `memory` the transaction must not
 * have made identities before.
 */
export async function resolve(
  trx: Db,
  calls: IdentityCall[],
  { now, memory }: { now: Date; memory?: IdentityMemory },
): Promise<Resolved[]> {
  const clean = calls.map(normalize)
  for (let attempt = 1; ; attempt++) {
    // What a failed attempt has seen of itself must not be remembered.
    const lookup = await find(trx, clean, attempt === 1 ? memory : undefined)
    const plan: Plan = { claims: new Map(), moves: new Map(), joins: new Map(), replaced: new Map(), made: new Set(), known: new Set() }
    const resolved = clean.map(call => decideOwner(call, lookup, plan))
    if (await claim(trx, plan, now)) {
      await apply(trx, plan, now)
      return resolved.map(one => describe(one, plan))
    }
    if (attempt === maxAttempts) throw new Error('identities changed under us again and again')
  }
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

function normalize(call: IdentityCall): IdentityCall {
  const email = call.email === undefined ? null : normalizeAddress(call.email)
  const { email: _given, ...rest } = call
  return email === null ? rest : { ...rest, email }
}

const keyOf = (kind: string, value: string) => `${kind}\n${value}`

function splitKey(key: string): [string, string] {
  const end = key.indexOf('\n')
  return [key.slice(0, end), key.slice(end + 1)]
}

/** Everything that the calls name: from memory, and the rest in one statement. */
async function find(db: Db, calls: IdentityCall[], memory?: IdentityMemory): Promise<Lookup> {
  const epoch = await memory?.refresh(db)
  const lookup: Lookup = new Map()
  const wanted = new Map<string, Set<string>>([['email', new Set()], ['user_id', new Set()], ['anonymous_id', new Set()]])
  const want = (kind: string, value: string | undefined) => {
    if (!value) return
    const contactId = memory?.find(keyOf(kind, value))
    if (contactId) lookup.set(keyOf(kind, value), { contactId, known: true })
    else wanted.get(kind)?.add(value)
  }
  for (const call of calls) {
    want('email', call.email)
    want('user_id', call.userId)
    want('anonymous_id', call.anonymousId)
  }
  const people = new Map<string, Known>()
  for (const { kind, value, contactId, known } of await select(db, wanted)) {
    // One object per contact: whoever becomes known by one of his names is known by all.
    const person = people.get(contactId) ?? { contactId, known }
    people.set(contactId, person)
    lookup.set(keyOf(kind, value), person)
    if (memory && epoch && known && kind !== 'anonymous_id') memory.keep(keyOf(kind, value), contactId, epoch)
  }
  return lookup
}

type Row = { kind: string; value: string; contactId: string; known: boolean }

/** One scan of the index per kind: half the price of joining with the list of names. */
async function select(db: Db, wanted: Map<string, Set<string>>): Promise<Row[]> {
  const parts = [...wanted].filter(([, values]) => values.size > 0).map(([kind, values]) => sql`
    select i.kind, i.value, i.contact_id as "contactId",
      exists (select from audience.contact c where c.id = i.contact_id) as known
    from audience.identity i where i.kind = ${kind} and i.value = any(${[...values]}::text[])`)
  return parts.length === 0 ? [] : many<Row>(db, sql`${sql.join(parts, sql` union all `)}`)
}

/** Claims new identities, in sorted order against deadlocks. False where another transaction was faster. */
async function claim(trx: Db, plan: Plan, now: Date): Promise<boolean> {
  const claims = [...plan.claims].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, contactId]) => [...splitKey(key), contactId])
  if (claims.length === 0) return true
  const won = await many<{ value: string }>(trx, sql`
    insert into audience.identity (kind, value, contact_id, created_at)
    select kind, value, contact_id, ${now}::timestamptz
    from unnest(${claims.map(row => row[0])}::text[], ${claims.map(row => row[1])}::text[], ${claims.map(row => row[2])}::bigint[])
      as fresh (kind, value, contact_id)
    on conflict do nothing returning value`)
  if (won.length === claims.length) return true
  // Ids made for a lost claim must not keep what they won: all of it is decided again.
  await run(trx, sql`
    delete from audience.identity i
    using unnest(${claims.map(row => row[0])}::text[], ${claims.map(row => row[1])}::text[], ${claims.map(row => row[2])}::bigint[])
      as mine (kind, value, contact_id)
    where i.kind = mine.kind and i.value = mine.value and i.contact_id = mine.contact_id`)
  return false
}

/** Re-points devices and joins visitors: rare, so one after the other. */
async function apply(trx: Db, plan: Plan, now: Date): Promise<void> {
  for (const [key, to] of plan.moves) {
    const [kind, value] = splitKey(key)
    await run(trx, sql`update audience.identity set contact_id = ${to}::bigint where kind = ${kind} and value = ${value}`)
  }
  for (const [from, to] of plan.joins) await join(trx, from, to, now)
}

async function join(trx: Db, from: string, to: string, now: Date): Promise<void> {
  await run(trx, sql`update audience.identity set contact_id = ${to}::bigint where contact_id = ${from}::bigint`)
  await run(trx, sql`
    insert into audience.redirect (contact_id, to_contact_id, at) values (${from}::bigint, ${to}::bigint, ${now})
    on conflict (contact_id) do update set to_contact_id = excluded.to_contact_id`)
  await move(trx, from, to)
  await engineModule.repoint?.(trx, from, to)
  await record(trx, [{ contactId: to, type: 'contact.joined', at: now, data: { from } }])
}

/** The id that a joined or merged contact goes by today. */
export async function currentIds(db: Db, contactIds: string[]): Promise<Map<string, string>> {
  const rows = await many<{ from: string; to: string }>(db, sql`
    select contact_id as "from", to_contact_id as "to" from audience.redirect where contact_id = any(${contactIds}::bigint[])`)
  const moved = new Map(rows.map(row => [row.from, row.to]))
  return new Map(contactIds.map(id => [id, moved.get(id) ?? id]))
}

