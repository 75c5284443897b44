import { audit } from '#access/audit.ts'
import { closeRequest, requestsOf } from '#audience/requests.ts'
import { suppress } from '#audience/suppression.ts'
import { eraseThere } from '#crm/people.ts'
import { holdLane } from '#engine/lanes.ts'
import type { Module } from '#engine/module.ts'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { scrub } from './erase.scrub.ts'
import { contactTables, countRows, ownedBy } from './subject.catalogue.ts'
import { findPerson, type Person, wordOf } from './subject.ts'

/**
 * What stays of an erased contact: keyed hashes of addresses, so that links to unsubscribe still work; that he asked
 * for it; and that it was done. None of it names him.
 */
export const staysBehind = new Set(['outreach.farewell', 'audience.request', 'stewardship.erasure'])

/** What is written by those who were under way in the moment of the erasure is removed by a second pass. */
export const recheckMs = 3 * 86_400_000

export type Erasure = { removed: Record<string, number>; scrubbed: Record<string, number> }

type Ask = {
  id: string
  actor: Actor
  /** Whether nobody may write to his addresses again, also after an import; whoever opted out is kept out anyway. */
  keepOut: boolean
}

/**
 * Erases a contact in all rooms at once, the highest first, so that nothing that decides is left without what it
 * decides on; then whatever table still knows him; then the texts elsewhere that name him. Throws 404 where there
 * is no such contact.
 */
export async function eraseContact(modules: Module[], services: Services, ask: Ask): Promise<Erasure> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const person = await findPerson(trx, ask.id)
    const scrubbed = await scrub(trx, person)
    await keepOut(trx, services, { person, always: ask.keepOut, now })
    await answerRequests(trx, { person, by: ask.actor.name, now })
    for (const id of person.ids) await holdLane(trx, id)
    const removed = Object.fromEntries(
      (await countRows(trx, person.ids))
        .filter(({ table }) => !staysBehind.has(table))
        .map(({ table, rows }) => [table, rows]),
    )
    const inCrm = await eraseThere(trx, person.ids, now)
    await forgetEverywhere(trx, modules, person.ids)
    await noteErasure(trx, { person, by: ask.actor.name, removed: { ...removed, ...scrubbed }, now })
    const total = Object.values(removed).reduce((sum, rows) => sum + rows, 0)
    await audit(
      trx,
      ask.actor,
      'contacts.erase',
      { kind: 'contact', id: ask.id },
      { rows: total, keptOut: ask.keepOut, inCrm },
    )
    return { removed, scrubbed }
  })
}

/** By the rooms' own doors, and then by the catalogue: a table whose room forgot to forget is emptied all the same. */
async function forgetEverywhere(trx: Db, modules: Module[], ids: string[]): Promise<void> {
  for (const module of [...modules].reverse()) await module.forget?.(trx, ids)
  for (const table of await contactTables(trx)) {
    if (staysBehind.has(table.name)) continue
    await run(trx, sql`delete from ${sql.id(table.schema, table.table)} t where ${ownedBy(table, ids)}`)
  }
}

async function keepOut(
  trx: Db,
  { secrets }: Services,
  { person, always, now }: { person: Person; always: boolean; now: Date },
): Promise<void> {
  const row = await maybeOne(
    trx,
    sql`
    select from audience.consent_current where contact_id = any(${person.ids}::bigint[])
      and purpose = 'marketing' and topic_id = 0 and state = 'withdrawn' limit 1`,
  )
  if (!always && !row) return
  const why = row
    ? { reason: 'unsubscribed' as const, source: 'contact deleted', at: now }
    : { reason: 'erased' as const, source: 'erasure', at: now }
  await suppress(
    trx,
    secrets,
    person.addresses.map(address => ({ address, ...why })),
  )
}

/** The erasure answers whoever asked for it; a copy of what is gone can no longer be given. */
async function answerRequests(
  trx: Db,
  { person, by, now }: { person: Person; by: string; now: Date },
): Promise<void> {
  for (const id of person.ids)
    for (const { id: requestId, kind, state } of await requestsOf(trx, id))
      if (state === 'open' && kind === 'erase')
        await closeRequest(trx, { id: requestId, state: 'fulfilled', by, now })
}

async function noteErasure(
  trx: Db,
  given: { person: Person; by: string; removed: Record<string, number>; now: Date },
): Promise<void> {
  const { person, by, removed, now } = given
  for (const id of person.ids)
    await run(
      trx,
      sql`
      insert into stewardship.erasure (contact_id, id, at, by, removed, recheck_until)
      values (${id}::bigint, ${newId()}::bigint, ${now.toISOString()}::timestamptz, ${by},
        ${JSON.stringify(removed)}::jsonb, ${new Date(now.getTime() + recheckMs).toISOString()}::timestamptz)`,
    )
}

/** The second pass: whoever was erased in the last days is forgotten once more. Returns how many rows that were. */
export async function eraseAgain(modules: Module[], { db, clock }: Services): Promise<number> {
  return inTransaction(db, async trx => {
    const rows = await many<{ id: string }>(
      trx,
      sql`
      select distinct contact_id as id from stewardship.erasure
      where recheck_until >= ${clock.now().toISOString()}::timestamptz limit 10000`,
    )
    const ids = rows.map(row => row.id)
    if (ids.length === 0) return 0
    const late = (await countRows(trx, ids)).filter(({ table }) => !staysBehind.has(table))
    const total = late.reduce((sum, { rows }) => sum + rows, 0)
    // A number that has rows again and a profile is no leftover: ids are never given twice, so this cannot be.
    if (total > 0) await forgetEverywhere(trx, modules, ids)
    return total
  })
}

export type Consequences = {
  name: string | null
  addresses: string[]
  rows: { table: string; words: string; rows: number }[]
  total: number
  queuedMessages: number
  activeWorkflows: number
}

/** What an erasure would take away, in numbers, before anybody confirms it. */
export async function erasureConsequences(db: Db, id: string): Promise<Consequences> {
  const person = await findPerson(db, id)
  const rows = (await countRows(db, person.ids)).filter(({ table }) => !staysBehind.has(table))
  const open = await maybeOne<{ queued: number; active: number }>(
    db,
    sql`
    select (select count(*)::int from outreach.message where contact_id = any(${person.ids}::bigint[])
        and state in ('queued', 'deferred')) as queued,
      (select count(*)::int from workflows.enrolment where contact_id = any(${person.ids}::bigint[])
        and status = 'active') as active`,
  )
  return {
    name: person.name,
    addresses: person.addresses,
    rows: rows.map(row => ({ ...row, words: wordOf(row.table) })),
    total: rows.reduce((sum, row) => sum + row.rows, 0),
    queuedMessages: open?.queued ?? 0,
    activeWorkflows: open?.active ?? 0,
  }
}
