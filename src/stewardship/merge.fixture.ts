import { record } from '#activity/record.ts'
import { type ConsentState, recordConsent } from '#audience/consent.ts'
import { upsertContacts } from '#audience/contacts.ts'
import { resolve } from '#audience/identity.ts'
import { changeMembers, createList } from '#audience/lists.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { ownedTables } from './merge/tables.sql.ts'

/** What somebody has behind him, for tests. */
export type History = {
  traits: Record<string, string | number>
  events: string[]
  lists: number[]
  consents: { topic: number; state: ConsentState }[]
  stays: { workflow: number; active: boolean }[]
  messages: { reason: string; state: string }[]
  counters: { metric: number; n: number }[]
  segments: number[]
  devices: number
}

let counter = 0
const listIds: string[] = []

export async function makeLists(db: Db, now: Date): Promise<string[]> {
  for (const name of ['Fair', 'News', 'Partners'])
    listIds.push((await createList(db, { name, description: '', createdBy: 'test' }, now)).id)
  return listIds
}

/** Makes a contact with a history, through the doors where there are doors. */
export async function makeContact({ db, clock }: Services, history: History): Promise<string> {
  const now = clock.now()
  return inTransaction(db, async trx => {
    const n = ++counter
    const email = `person${n}@example.org`
    const calls = Array.from({ length: history.devices + 1 }, (_, i) => ({
      email,
      trust: 'server' as const,
      ...(i === 0 ? { userId: `user-${n}` } : { anonymousId: `device-${n}-${i}` }),
    }))
    const [who] = await resolve(trx, calls, { now })
    const contactId = who?.contactId ?? ''
    const created = await upsertContacts(trx, [{ contactId, email, traits: history.traits }], {
      now,
      source: 'test',
    })
    const joined = await changeMembers(
      trx,
      history.lists.map(i => ({ contactId, listId: listIds[i] ?? '0', in: true })),
      now,
    )
    const words = await recordConsent(
      trx,
      history.consents.map(({ topic, state }) => ({
        contactId,
        purpose: 'marketing',
        topicId: topic === 0 ? null : String(topic),
        state,
        basis: 'opt-in',
        source: 'test',
        proof: {},
        at: now,
      })),
    )
    const tracked = history.events.map(name => ({
      contactId,
      type: 'event.tracked',
      name,
      at: now,
      data: {},
    }))
    await record(trx, [...created, ...joined, ...words, ...tracked])
    await fillRooms(trx, contactId, history, now)
    return contactId
  })
}

async function fillRooms(trx: Db, contactId: string, history: History, now: Date): Promise<void> {
  for (const { workflow, active } of history.stays) {
    const id = newId()
    await run(
      trx,
      sql`
      insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps,
        wake_at, listens, held, state, why, entered_at, rev)
      values (${contactId}::bigint, ${id}::bigint, ${workflow}, 1, 'once', ${active ? 'active' : 'done'}, 'wait', ${now}, 1,
        ${active ? now : null}, '{}', false, '{}', '{}', ${now}, 1) on conflict do nothing`,
    )
    if (active)
      await run(
        trx,
        sql`insert into engine.timer (contact_id, kind, key, due_at, lane)
          values (${contactId}::bigint, 'workflow', ${id}::bigint, ${now}::timestamptz + interval '3 days', ${contactId}::bigint & 63)`,
      )
  }
  for (const { reason, state } of history.messages)
    await run(
      trx,
      sql`
      insert into outreach.message (contact_id, id, lane, urgency, channel, class, state, reason, generation, why, purpose,
        topic_id, queued_at, not_before, attempt, history)
      values (${contactId}::bigint, ${newId()}::bigint, ${contactId}::bigint & 63, 1, 'email', 'marketing', ${state}, ${reason}, 0,
        '{}', 'marketing', 0, ${now}, ${now}, 0, '[]') on conflict do nothing`,
    )
  for (const { metric, n } of history.counters)
    await run(
      trx,
      sql`insert into decisions.counter (contact_id, metric_id, day, n)
        values (${contactId}::bigint, ${metric}, '2026-11-20', ${n}) on conflict do nothing`,
    )
  for (const segment of history.segments) {
    await run(
      trx,
      sql`insert into decisions.segment_member (contact_id, segment_id, entered_at)
        values (${contactId}::bigint, ${segment}, ${now}) on conflict do nothing`,
    )
    await run(
      trx,
      sql`insert into engine.timer (contact_id, kind, key, due_at, lane) values (${contactId}::bigint, 'segment', ${segment},
        ${now}::timestamptz + make_interval(days => ${segment}), ${contactId}::bigint & 63) on conflict do nothing`,
    )
  }
}

/** Everything that is held about these contacts, in one order; who touched a profile last is left out. */
export async function stateOf(db: Db, ids: string[]): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {}
  for (const table of await ownedTables(db)) {
    const rows = await many<{ row: string }>(
      db,
      sql`select to_jsonb(t)::text as row from ${sql.id(table.schema, table.table)} t
        where t.contact_id = any(${ids}::bigint[])
          and ${table.name === 'activity.event' ? sql`t.type <> 'contact.merged'` : sql`true`} order by 1`,
    )
    state[table.name] = rows.map(({ row }) => row)
  }
  const profiles = await many<{ row: string }>(
    db,
    sql`select (to_jsonb(c) - 'version' - 'updated_at' - 'updated_by')::text as row from audience.contact c
      where c.id = any(${ids}::bigint[]) order by c.id`,
  )
  const redirects = await many<{ row: string }>(
    db,
    sql`select (to_jsonb(r) - 'at')::text as row from audience.redirect r
      where r.contact_id = any(${ids}::bigint[]) or r.to_contact_id = any(${ids}::bigint[]) order by 1`,
  )
  return { ...state, profiles: profiles.map(({ row }) => row), redirects: redirects.map(({ row }) => row) }
}
