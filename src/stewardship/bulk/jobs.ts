import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { record } from '#activity/record.ts'
import { type FieldEdit, liftBulkWithdrawals, restoreField, setField } from '#audience/bulk-edit.ts'
import { recordConsent } from '#audience/consent.ts'
import { changeMembers } from '#audience/lists.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { plainArray } from '#platform/db/arrays.ts'
import { type Db, inTransaction, many, one, run, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { type Action, skipOf, type Target } from './action.ts'
import { erasedAtOnce, eraseMany } from './erase.ts'
import { meant } from './who.ts'

const input = z.object({ bulkId: idSchema, title: z.string() })
const cursorSchema = z.object({ after: idSchema, done: z.number().int() })
const batchSize = 1000

type Row = { action: Action; target: Target; total: number; by: string; byId: string; at: Date }
type Did = { changed: { id: string; was: unknown }[]; events: NewEvent[] }

function readBulk(db: Db, id: string): Promise<Row> {
  return one(
    db,
    sql`select action, target, total, by, by_id as "byId", at from stewardship.bulk where id = ${id}::bigint`,
  )
}

/** Changes many, in the order of their ids: who comes to match while it runs, with an id already passed, is left. */
export const bulkRun = defineJob({
  name: 'bulk-change',
  input,
  title: ({ title }) => title,
  async run(job, services) {
    const { db, clock } = services
    const { bulkId } = job.input
    const bulk = await readBulk(db, bulkId)
    const who = await meant(services, bulk.target)
    const size = bulk.action.kind === 'delete' ? erasedAtOnce : batchSize
    let { after, done } = cursorSchema.nullable().parse(job.cursor) ?? { after: '0', done: 0 }
    for (;;) {
      const count = await inTransaction(db, async trx => {
        const rows = await many<{ id: string }>(
          trx,
          sql`select contact.id from audience.contact contact
            where contact.id > ${after}::bigint and ${who} order by contact.id limit ${size}`,
        )
        if (rows.length === 0) return 0
        const ids = rows.map(row => row.id)
        await changeBatch(trx, services, { bulkId, bulk, ids })
        after = ids.at(-1) ?? after
        await job.save({
          done: done + ids.length,
          total: bulk.total,
          cursor: { after, done: done + ids.length },
          db: trx,
        })
        return ids.length
      })
      done += count
      if (count < size) break
    }
    await run(db, sql`update stewardship.bulk set finished_at = ${clock.now()} where id = ${bulkId}::bigint`)
  },
})

async function changeBatch(
  trx: Db,
  services: Services,
  { bulkId, bulk, ids }: { bulkId: string; bulk: Row; ids: string[] },
): Promise<void> {
  if (bulk.action.kind === 'delete') {
    const erased = await eraseMany(trx, services, { ids, by: bulk.by })
    await audit(
      trx,
      { kind: 'user', id: bulk.byId, name: bulk.by },
      'contacts.bulk-erased',
      { kind: 'bulk', id: bulkId },
      { ids },
    )
    return count(trx, bulkId, { changed: erased, skipped: ids.length - erased, reason: 'is gone' })
  }
  const did = await act(trx, services, { bulkId, bulk, ids })
  await record(trx, did.events)
  await run(
    trx,
    sql`
    insert into stewardship.bulk_change (contact_id, bulk_id, before)
    select contact_id, ${bulkId}::bigint, was from unnest(${plainArray(did.changed.map(row => row.id))}::bigint[],
      ${did.changed.map(row => JSON.stringify(row.was ?? null))}::jsonb[]) as t (contact_id, was)
    on conflict do nothing`,
  )
  const { length } = did.changed
  await count(trx, bulkId, {
    changed: length,
    skipped: ids.length - length,
    reason: skipOf(bulk.action)?.reason ?? '',
  })
}

async function act(
  trx: Db,
  { clock }: Services,
  { bulkId, bulk, ids }: { bulkId: string; bulk: Row; ids: string[] },
): Promise<Did> {
  const now = clock.now()
  const { action } = bulk
  if (action.kind === 'field')
    return setField(trx, ids, action as FieldEdit, { now, source: `bulk change by ${bulk.by}` })
  if (action.kind === 'list') {
    const events = await changeMembers(
      trx,
      ids.map(contactId => ({ contactId, listId: action.listId, in: action.in })),
      now,
    )
    return { events, changed: events.map(event => ({ id: event.contactId, was: null })) }
  }
  if (action.kind !== 'consent') return { events: [], changed: [] }
  const open = await many<{ id: string; state: string | null; since: string | null }>(
    trx,
    sql`
    select who.id, w.state, to_jsonb(w.since) #>> '{}' as since from unnest(${plainArray(ids)}::bigint[]) as who (id)
    left join audience.consent_current w on w.contact_id = who.id and w.purpose = ${action.purpose} and w.topic_id = 0
    where w.state is distinct from 'withdrawn'`,
  )
  const events = await recordConsent(
    trx,
    open.map(({ id }) => ({
      contactId: id,
      purpose: action.purpose,
      state: 'withdrawn',
      basis: 'request',
      source: 'a bulk change',
      proof: { method: 'bulk change', enteredBy: bulk.by, bulkId },
      at: now,
    })),
  )
  return { events, changed: open.map(({ id, state, since }) => ({ id, was: { state, since } })) }
}

async function count(
  trx: Db,
  bulkId: string,
  given: { changed: number; skipped: number; reason: string },
): Promise<void> {
  const { changed, skipped, reason } = given
  await run(
    trx,
    sql`
    update stewardship.bulk set changed = changed + ${changed}::int, skipped = case when ${skipped}::int = 0 then skipped
      else skipped || jsonb_build_object(${reason}::text, coalesce((skipped ->> ${reason}::text)::int, 0) + ${skipped}::int) end
    where id = ${bulkId}::bigint`,
  )
}

/** Takes a bulk change back; what is done is deleted from the record, so a killed worker goes on where it was. */
export const bulkUndo = defineJob({
  name: 'bulk-undo',
  input,
  title: ({ title }) => `Taking back: ${title}`,
  async run(job, services) {
    const { db, clock } = services
    const { bulkId } = job.input
    const bulk = await readBulk(db, bulkId)
    let done = 0
    for (;;) {
      const taken = await inTransaction(db, async trx => {
        const rows = await many<{ id: string; was: unknown }>(
          trx,
          sql`
          delete from stewardship.bulk_change c where c.bulk_id = ${bulkId}::bigint and c.contact_id in (
            select contact_id from stewardship.bulk_change where bulk_id = ${bulkId}::bigint order by contact_id limit ${batchSize})
          returning c.contact_id as id, c.before as was`,
        )
        const events = rows.length === 0 ? [] : await takeBack(trx, services, { bulkId, bulk, rows })
        // Taking back starts no workflow.
        await record(
          trx,
          events.map(event => ({ ...event, data: { ...event.data, muted: true } })),
        )
        await run(
          trx,
          sql`update stewardship.bulk set undone = undone + ${events.length}::int where id = ${bulkId}::bigint`,
        )
        await job.save({ done: done + rows.length, db: trx })
        return rows.length
      })
      done += taken
      if (taken < batchSize) break
    }
    await run(db, sql`update stewardship.bulk set undone_at = ${clock.now()} where id = ${bulkId}::bigint`)
  },
})

async function takeBack(
  trx: Db,
  { clock }: Services,
  { bulkId, bulk, rows }: { bulkId: string; bulk: Row; rows: { id: string; was: unknown }[] },
): Promise<NewEvent[]> {
  const now = clock.now()
  const { action } = bulk
  const source = `a bulk change by ${bulk.by} was taken back`
  if (action.kind === 'field') return restoreField(trx, rows, action as FieldEdit, { now, source })
  if (action.kind === 'list')
    return changeMembers(
      trx,
      rows.map(({ id }) => ({ contactId: id, listId: action.listId, in: !action.in })),
      now,
    )
  if (action.kind !== 'consent') return []
  const words = rows.map(({ id, was }) => {
    const { state, since } = was as { state: string | null; since: string | null }
    return { id, was: state, since: since === null ? null : new Date(since) }
  })
  const lifted = await liftBulkWithdrawals(trx, words, { bulkId, purpose: action.purpose })
  return lifted.map(contactId => ({
    contactId,
    type: 'contact.updated',
    at: now,
    data: { source, changes: { [`consent to ${action.purpose}`]: { from: 'withdrawn', to: 'as before' } } },
  }))
}
