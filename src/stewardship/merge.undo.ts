import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { type ConsentEntry, consentsAmong, recordConsent } from '#audience/consent.ts'
import { unredirectContact } from '#audience/redirects.ts'
import { partWork } from '#engine/part.ts'
import { markAllOf, markContacts } from '#insight/marks.ts'
import { type Db, inTransaction, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { bringBack, giveBack, profileRow } from './merge/profile.sql.ts'
import { eventsOf, restoreAll } from './merge/restore.sql.ts'
import { ownedTables } from './merge/tables.sql.ts'
import { holdAll, undoDays } from './merge.ts'

export type Merge = {
  id: string
  contactId: string
  merged: string[]
  at: Date
  by: string
  undoneAt: Date | null
  undoneBy: string | null
  /** Until when it can be undone; null: no longer. */
  undoUntil: Date | null
}

const columns = sql`id, contact_id as "contactId", merged::text[] as merged, at, by, undone_at as "undoneAt", undone_by as "undoneBy"`
const dayMs = 86_400_000

const withUndo = (row: Omit<Merge, 'undoUntil'>, now: Date): Merge => {
  const until = new Date(row.at.getTime() + undoDays * dayMs)
  return { ...row, undoUntil: row.undoneAt === null && until > now ? until : null }
}

/** Merges that a contact stayed in, the newest first. */
export async function mergesOf(db: Db, contactId: string, now: Date): Promise<Merge[]> {
  const rows = await many<Omit<Merge, 'undoUntil'>>(
    db,
    sql`select ${columns} from stewardship.merge where contact_id = ${contactId}::bigint order by id desc limit 50`,
  )
  return rows.map(row => withUndo(row, now))
}

/** The newest merges, `limit` of them, older than `before`. */
export async function listMerges(
  db: Db,
  { before, limit, now }: { before: string | null; limit: number; now: Date },
): Promise<Merge[]> {
  const rows = await many<Omit<Merge, 'undoUntil'>>(
    db,
    sql`select ${columns} from stewardship.merge
      where ${before === null ? sql`true` : sql`id < ${before}::bigint`} order by id desc limit ${limit}`,
  )
  return rows.map(row => withUndo(row, now))
}

export async function getMerge(db: Db, id: string, now: Date): Promise<Merge> {
  const row = await maybeOne<Omit<Merge, 'undoUntil'>>(
    db,
    sql`select ${columns} from stewardship.merge where id = ${id}::bigint`,
  )
  if (!row) throw notFound('merge')
  return withUndo(row, now)
}

/**
 * Makes several contacts of one again, within 30 days: those that went come back with their own values, names,
 * lists and history, also where that history has gone on; what came since stays with the one that stayed. Who
 * opted out meanwhile opted out for all of them. 409 where it was undone, is too old, or the contact is gone or was
 * merged into another since.
 */
export async function undoMerge(services: Services, id: string, actor: Actor): Promise<Merge> {
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const first = await getMerge(trx, id, now)
    await holdAll(trx, [first.contactId, ...first.merged])
    const merge = await getMerge(trx, id, now)
    await requireUndoable(trx, merge)
    const how = { now, by: `undo of a merge by ${actor.name}` }
    const tables = await ownedTables(trx)
    for (const gone of merge.merged.toReversed()) {
      const pair = { mergeId: id, gone, stayed: merge.contactId }
      await restoreAll(trx, tables, pair)
      await partWork(trx, { from: merge.contactId, to: gone, eventIds: await eventsOf(trx, pair) })
      await restoreProfile(trx, pair)
      await carryOptOuts(trx, { pair, since: merge.at, now })
    }
    await giveBackProfile(trx, merge, how)
    await recount(trx, services, [merge.contactId, ...merge.merged])
    await run(
      trx,
      sql`delete from stewardship.merge_row where contact_id = any(${merge.merged}::bigint[]) and merge_id = ${id}::bigint`,
    )
    await run(
      trx,
      sql`update stewardship.merge set undone_at = ${now}, undone_by = ${actor.name}
        where contact_id = ${merge.contactId}::bigint and id = ${id}::bigint`,
    )
    await record(
      trx,
      [merge.contactId, ...merge.merged].map(contactId => ({
        contactId,
        type: 'contact.merged',
        at: now,
        data: { undone: true, mergeId: id, by: actor.name },
      })),
    )
    await audit(
      trx,
      actor,
      'contacts.unmerge',
      { kind: 'contact', id: merge.contactId },
      { mergeId: id, merged: merge.merged },
    )
    return getMerge(trx, id, now)
  })
}

async function requireUndoable(trx: Db, merge: Merge): Promise<void> {
  if (merge.undoneAt) throw conflict('undone_already', 'This merge was undone already.')
  if (!merge.undoUntil) throw conflict('too_late', `A merge can be undone for ${undoDays} days.`)
  if (!(await profileRow(trx, merge.contactId)))
    throw conflict('gone', 'The merged contact is gone, or was merged into another since: undo that first.')
  const later = await maybeOne<{ id: string }>(
    trx,
    sql`select id from stewardship.merge where contact_id = ${merge.contactId}::bigint and id > ${merge.id}::bigint
      and undone_at is null order by id desc limit 1`,
  )
  if (later)
    throw conflict(
      'later_merge',
      'This contact was merged once more since: undo the later merge first.',
      later,
    )
}

type Pair = { mergeId: string; gone: string; stayed: string }

type ProfileRow = { before: Record<string, unknown> | null; after: Record<string, unknown> | null }

function noted(trx: Db, pair: Pair, side: 'gone' | 'stayed'): Promise<ProfileRow | undefined> {
  return maybeOne(
    trx,
    sql`select before, after from stewardship.merge_row where contact_id = ${pair.gone}::bigint
      and merge_id = ${pair.mergeId}::bigint and table_name = 'audience.contact' and side = ${side}`,
  )
}

async function restoreProfile(trx: Db, pair: Pair): Promise<void> {
  const row = await noted(trx, pair, 'gone')
  if (!row?.before) throw conflict('too_late', 'What it takes to undo this merge is no longer kept.')
  await bringBack(trx, row.before)
  // Ids that were joined into it before the merge are found by being older than it.
  const old = await many<{ id: string }>(
    trx,
    sql`select r.contact_id as id from audience.redirect r, audience.redirect own
      where own.contact_id = ${pair.gone}::bigint and r.to_contact_id = ${pair.stayed}::bigint
        and r.contact_id = any(${(row.after?.leading ?? []) as string[]}::bigint[])`,
  )
  await unredirectContact(
    trx,
    pair.gone,
    old.map(each => each.id),
  )
}

async function giveBackProfile(trx: Db, merge: Merge, how: { now: Date; by: string }): Promise<void> {
  const pair = { mergeId: merge.id, gone: merge.merged[0] ?? '0', stayed: merge.contactId }
  const row = await noted(trx, pair, 'stayed')
  if (row?.before && row.after)
    await giveBack(trx, merge.contactId, { before: row.before, after: row.after }, how)
}

/** Whoever said no since the merge may have been either of them. */
async function carryOptOuts(
  trx: Db,
  { pair, since, now }: { pair: Pair; since: Date; now: Date },
): Promise<void> {
  const words = await many<{ purpose: string; topicId: string }>(
    trx,
    sql`select purpose, topic_id as "topicId" from audience.consent_current
      where contact_id = ${pair.stayed}::bigint and state = 'withdrawn' and since > ${since}`,
  )
  const entries: ConsentEntry[] = []
  for (const { purpose, topicId } of words) {
    const said = await consentsAmong(trx, [pair.gone], purpose)
    if (said.some(word => word.topicId === topicId && word.state === 'withdrawn')) continue
    entries.push({
      contactId: pair.gone,
      purpose,
      topicId: topicId === '0' ? null : topicId,
      state: 'withdrawn',
      basis: 'request',
      source: 'said while merged with another record',
      proof: { method: 'undo of a merge', mergeId: pair.mergeId },
      at: now,
    })
  }
  await record(trx, await recordConsent(trx, entries))
}

/** Reports count again, and scores whose entries went on meanwhile are worked out from the whole past. */
async function recount(trx: Db, services: Services, ids: string[]): Promise<void> {
  await markContacts(trx, ids)
  await markAllOf(trx, ids, services.config.zone)
}
