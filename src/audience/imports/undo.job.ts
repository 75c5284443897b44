import { record } from '#activity/record.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { defineJob } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { recordConsent } from '../consent.ts'
import { selectContacts } from '../contacts.sql.ts'
import { changeMembers } from '../lists.ts'
import { type CoreField, coreFields } from '../traits.ts'
import { type Change, selectImport } from './import.sql.ts'
import { importInput } from './run.job.ts'
import {
  deleteChanges,
  type Restored,
  restoreRows,
  selectChanges,
  takeBackGrants,
  untouchedAmong,
} from './undo.sql.ts'

const batchSize = 1_000

/**
 * Takes an import back: whoever it added and nobody touched goes, changed fields get their earlier values where they
 * still hold what the import wrote, lists and consent that it gave are taken back. Opt-outs stay. What is done is
 * deleted from the record of changes in the same transaction, so a killed worker goes on where it was.
 */
export const importUndo = defineJob({
  name: 'import-undo',
  input: importInput,
  title: ({ name }) => `Taking back the import of ${name}`,
  async run(job, services) {
    const { db, clock } = services
    const { importId } = job.input
    const found = await selectImport(db, importId)
    if (!found) throw notFound('import')
    let done = 0
    for (;;) {
      const batch = await inTransaction(db, async trx => {
        const changes = await selectChanges(trx, importId, batchSize)
        if (changes.length > 0) await undoBatch(trx, services, { importId, name: found.name, changes })
        await job.save({ done: done + changes.length, total: found.added + found.updated, db: trx })
        return changes.length
      })
      done += batch
      if (batch < batchSize) break
    }
    await run(
      db,
      sql`
      update audience.import set stage = 'undone', touched_at = ${clock.now()}, preview = null where id = ${importId}::bigint`,
    )
  },
})

type Batch = { importId: string; name: string; changes: (Change & { version: number })[] }

async function undoBatch(trx: Db, services: Services, { importId, name, changes }: Batch): Promise<void> {
  const now = services.clock.now()
  const source = `undo of the import of ${name}`
  const left = await changeMembers(
    trx,
    changes.flatMap(({ contactId, lists }) => lists.map(listId => ({ contactId, listId, in: false }))),
    now,
  )
  const added = changes.filter(change => change.kind === 'added')
  const removed = await untouchedAmong(trx, importId, added)
  await services.forget(trx, removed)
  const gone = new Set(removed)
  const stay = changes.filter(change => !gone.has(change.contactId))
  const consent = await withdrawGrants(trx, { importId, source, now, changes: stay })
  const restored = await restoreValues(trx, stay, { now, source })
  const events = [...left.filter(event => !gone.has(event.contactId)), ...consent, ...restored]
  await record(
    trx,
    events.map(event => ({ ...event, data: { ...event.data, muted: true } })),
  )
  await deleteChanges(
    trx,
    importId,
    changes.map(change => change.contactId),
  )
  await note(trx, importId, {
    removed: removed.length,
    restored: restored.length,
    kept: added.length - removed.length,
  })
}

/** The ledger of consent says that it was taken back, by whom the screen shows; what holds now is nothing. */
async function withdrawGrants(
  trx: Db,
  given: { importId: string; source: string; now: Date; changes: Change[] },
): Promise<NewEvent[]> {
  const { importId, source, now, changes } = given
  const granted = changes.filter(change => change.granted).map(change => change.contactId)
  const taken = await takeBackGrants(trx, importId, granted)
  const events = await recordConsent(
    trx,
    taken.map(contactId => ({
      contactId,
      purpose: 'marketing',
      state: 'withdrawn' as const,
      basis: 'import undone',
      source,
      proof: { method: 'undo', importId },
      at: now,
    })),
  )
  // Nobody opted out: there is no word any more, as before the import.
  await run(
    trx,
    sql`
    delete from audience.consent_current
    where contact_id = any(${taken}::bigint[]) and purpose = 'marketing' and topic_id = 0`,
  )
  return events
}

const customKey = (field: string) => (field.startsWith('attrs.') ? field.slice(6) : null)

/** Only where a field still holds what the import wrote. */
async function restoreValues(
  trx: Db,
  changes: Change[],
  how: { now: Date; source: string },
): Promise<NewEvent[]> {
  const updated = changes.filter(change => Object.keys(change.changes).length > 0)
  const contacts = new Map(
    (
      await selectContacts(
        trx,
        updated.map(change => change.contactId),
      )
    ).map(contact => [contact.id, contact]),
  )
  const rows: (Restored & { told: Record<string, { from: unknown; to: unknown }> })[] = []
  for (const change of updated) {
    const before = contacts.get(change.contactId)
    if (!before) continue
    const row = { before, core: {}, attrs: {}, told: {} } as (typeof rows)[number]
    for (const [field, { from, to }] of Object.entries(change.changes)) {
      const key = customKey(field)
      const is = key === null ? before[coreFields[field as CoreField]] : (before.attrs[key] ?? null)
      if (is !== to) continue
      if (key === null) row.core[field] = from
      else row.attrs[key] = from
      row.told[field] = { from: to, to: from }
    }
    if (Object.keys(row.told).length > 0) rows.push(row)
  }
  const done = await restoreRows(trx, rows, how)
  return rows
    .filter(row => done.has(row.before.id))
    .map(row => ({
      contactId: row.before.id,
      type: 'contact.updated',
      at: how.now,
      data: { source: how.source, changes: row.told },
    }))
}

async function note(
  trx: Db,
  importId: string,
  counts: Record<'removed' | 'restored' | 'kept', number>,
): Promise<void> {
  await run(
    trx,
    sql`
    update audience.import set undone = jsonb_build_object(
      'removed', coalesce((undone->>'removed')::int, 0) + ${counts.removed}::int,
      'restored', coalesce((undone->>'restored')::int, 0) + ${counts.restored}::int,
      'kept', coalesce((undone->>'kept')::int, 0) + ${counts.kept}::int)
    where id = ${importId}::bigint`,
  )
}
