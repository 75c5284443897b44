import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { consentsAmong, recordConsent } from '#audience/consent.ts'
import type { Contact } from '#audience/contacts.ts'
import { idsLeadingTo, redirectContact } from '#audience/redirects.ts'
import { suppressedAmong } from '#audience/suppression.ts'
import { holdLane } from '#engine/lanes.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { conflict, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { laneOf, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  type Choices,
  checkChoices,
  profileRow,
  readAll,
  sendingAmong,
  unite,
  writeUnited,
} from './merge/profile.sql.ts'
import { noteAfter, noteBefore } from './merge/snapshot.sql.ts'
import { ownedTables } from './merge/tables.sql.ts'

/** A merge can be undone for this long. */
export const undoDays = 30
/** More at once is no duplicate any more. */
export const mostMerged = 9

export type MergeAsk = { contactId: string; others: string[]; choices: Choices; actor: Actor }

/**
 * Makes one contact of several: `contactId` stays, the others go. Its profile takes the chosen values and fills its
 * gaps; ids redirect; history, lists, workflows and messages join; of two words of consent the stricter holds, and
 * who must not be written to under one address is not written to under the other. Waits for ticks that deal with
 * any of them. Throws 404, 409 where one was merged meanwhile or is being written to, 422.
 */
export async function mergeContacts(services: Services, ask: MergeAsk): Promise<{ id: string }> {
  const ids = [ask.contactId, ...ask.others]
  if (new Set(ids).size !== ids.length)
    throw invalid('A contact cannot be merged with itself.', [
      { path: 'others', message: 'must be different contacts' },
    ])
  checkChoices(ask.choices, ids)
  const now = services.clock.now()
  const by = ask.actor.name
  return inTransaction(services.db, async trx => {
    await holdAll(trx, ids)
    const contacts = await readAll(trx, ids)
    const mergeId = newId()
    await run(
      trx,
      sql`
      insert into stewardship.merge (contact_id, id, merged, choices, at, by)
      values (${ask.contactId}::bigint, ${mergeId}::bigint, ${ask.others}::bigint[], ${JSON.stringify(ask.choices)}::jsonb,
        ${now}, ${by})`,
    )
    const before = await profileRow(trx, ask.contactId)
    for (const gone of ask.others) await takeOver(trx, services, { mergeId, gone, stayed: ask.contactId })
    await writeUnited(trx, ask.contactId, unite(contacts, ask.choices), { now, by: `merge by ${by}` })
    await noteProfile(trx, { mergeId, gone: ask.others[0] ?? '0', before, stayed: ask.contactId })
    await forgetPairs(trx, ask.others)
    await record(trx, [
      { contactId: ask.contactId, type: 'contact.merged', at: now, data: { from: ask.others, mergeId, by } },
    ])
    await audit(
      trx,
      ask.actor,
      'contacts.merge',
      { kind: 'contact', id: ask.contactId },
      { mergeId, merged: ask.others, choices: ask.choices },
    )
    return { id: mergeId }
  })
}

/** Waits for running ticks and keeps out new ones; lanes in their order, so that two merges do not block each other. */
export async function holdAll(trx: Db, ids: string[]): Promise<void> {
  const byLane = new Map(ids.map(id => [laneOf(id), id]))
  for (const [, id] of [...byLane].sort(([a], [b]) => a - b)) await holdLane(trx, id)
  const sending = await sendingAmong(trx, ids)
  if (sending.length > 0)
    throw conflict('being_sent', 'A message to one of these contacts is leaving at this moment. Try again.')
}

/** The rows of the one that goes become the other's; before and after are noted. */
async function takeOver(
  trx: Db,
  services: Services,
  pair: { mergeId: string; gone: string; stayed: string },
): Promise<void> {
  const tables = await ownedTables(trx)
  const now = services.clock.now()
  const row = await profileRow(trx, pair.gone)
  await noteBefore(trx, tables, pair)
  await services.repoint(trx, pair.gone, pair.stayed)
  await keepOut(trx, services, pair)
  await noteAfter(trx, tables, pair)
  const leading = await idsLeadingTo(trx, pair.gone)
  await insertProfileRow(trx, pair, { side: 'gone', before: row, after: { leading } })
  await run(trx, sql`delete from audience.contact where id = ${pair.gone}::bigint`)
  await redirectContact(trx, pair.gone, pair.stayed, now)
}

/** Who opted out, complained or was named by hand under one of his addresses is not written to under another. */
async function keepOut(
  trx: Db,
  { secrets, clock }: Services,
  { gone, stayed, mergeId }: { gone: string; stayed: string; mergeId: string },
): Promise<void> {
  const rows = await addressesOf(trx, [gone, stayed])
  const suppressed = await suppressedAmong(trx, secrets, rows)
  if (![...suppressed.values()].some(reason => reason !== 'hard_bounce')) return
  const said = await consentsAmong(trx, [stayed], 'marketing')
  if (said.some(word => word.topicId === '0' && word.state === 'withdrawn')) return
  const events = await recordConsent(trx, [
    {
      contactId: stayed,
      purpose: 'marketing',
      state: 'withdrawn',
      basis: 'request',
      source: 'merge with a record that must not be written to',
      proof: { method: 'merge', mergeId },
      at: clock.now(),
    },
  ])
  await record(trx, events)
}

async function addressesOf(db: Db, ids: string[]): Promise<string[]> {
  const rows = await many<{ value: string }>(
    db,
    sql`select value from audience.identity where contact_id = any(${ids}::bigint[]) and kind = 'email'`,
  )
  return rows.map(row => row.value)
}

async function insertProfileRow(
  trx: Db,
  pair: { mergeId: string; gone: string },
  row: { side: 'gone' | 'stayed'; before: unknown; after: unknown },
): Promise<void> {
  await run(
    trx,
    sql`
    insert into stewardship.merge_row (contact_id, merge_id, n, side, table_name, key, before, after)
    values (${pair.gone}::bigint, ${pair.mergeId}::bigint, ${row.side === 'gone' ? 0 : -1}, ${row.side}, 'audience.contact',
      '{}', ${JSON.stringify(row.before)}::jsonb, ${JSON.stringify(row.after)}::jsonb)`,
  )
}

/** The profile that stays, before and after: kept with the first of those that went. */
async function noteProfile(
  trx: Db,
  given: { mergeId: string; gone: string; stayed: string; before: unknown },
): Promise<void> {
  const after = await profileRow(trx, given.stayed)
  await insertProfileRow(trx, given, { side: 'stayed', before: given.before, after })
}

async function forgetPairs(trx: Db, gone: string[]): Promise<void> {
  await run(
    trx,
    sql`delete from stewardship.duplicate
      where contact_id = any(${gone}::bigint[]) or other_contact_id = any(${gone}::bigint[])`,
  )
}

/** What would become of these contacts, for the screen: the united profile with its source per field. */
export async function previewMerge(
  db: Db,
  ask: Pick<MergeAsk, 'contactId' | 'others' | 'choices'>,
): Promise<{ contacts: Contact[]; united: ReturnType<typeof unite> }> {
  const contacts = await readAll(db, [ask.contactId, ...ask.others])
  return { contacts, united: unite(contacts, ask.choices) }
}
