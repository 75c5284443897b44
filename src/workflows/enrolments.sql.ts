import type { RawBuilder } from 'kysely'
import { ledger } from '#activity/ledger.ts'
import type { Event } from '#engine/reactor.ts'
import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Reentry } from './definition.ts'
import type { Heard } from './node.ts'

/** A link of the chain that answers "why did Ann get this?", oldest first. */
export type WhyLink =
  | { kind: 'event'; id: string; type: string; name: string | null; at: string; words: string }
  | { kind: 'workflow'; id: string; name: string; version: number; enrolmentId: string; at: string }
  | { kind: 'step'; node: string; type: string; words: string }
  | { kind: 'person'; id: string; name: string; at: string }

/**
 * What a participant carries along: messages sent by step, events heard by what was listened for, and the events
 * that moved him on since he came in.
 */
export type CarriedState = { sent: Record<string, string>; heard: Record<string, Heard>; because: WhyLink[] }

export type Enrolment = {
  contactId: string
  id: string
  workflowId: string
  version: number
  entryKey: string
  status: 'active' | 'done' | 'left' | 'parked'
  node: string
  arrivedAt: Date
  steps: number
  wakeAt: Date | null
  listens: string[]
  held: boolean
  state: CarriedState
  why: WhyLink[]
  causeId: string | null
  enteredAt: Date
  endedAt: Date | null
  endReason: string | null
  rev: number
}

const columns = sql`e.contact_id as "contactId", e.id, e.workflow_id as "workflowId", e.version, e.entry_key as "entryKey", e.status,
  e.node,
  e.arrived_at as "arrivedAt", e.steps, e.wake_at as "wakeAt", e.listens, e.held, e.state, e.why,
  e.cause_id as "causeId", e.entered_at as "enteredAt", e.ended_at as "endedAt", e.end_reason as "endReason", e.rev`

/** A contact who asks to come in. */
export type Asking = { contactId: string; workflowId: string; reentry: Reentry }

/**
 * The entry keys of those who may come in, null for the others, in the order asked. A key counts the stays that no
 * longer stand in the way: none for "once", those that have ended for "after leaving", those that have ended and
 * began long enough ago for "after n days". Whoever races makes the same key, or meets the index that allows one
 * stay at a time.
 */
export async function entryKeys(db: Db, asking: Asking[], now: Date): Promise<(string | null)[]> {
  if (asking.length === 0) return []
  const days = asking.map(({ reentry }) => (typeof reentry === 'object' ? reentry.afterDays : 0))
  const rows = await many<{ place: number; over: number; inside: boolean; keys: string[] }>(
    db,
    sql`select ask.place::int, count(*) filter (where before.status <> 'active'
          and before.entered_at <= ${now}::timestamptz - ask.days * interval '24 hours')::int as over,
        bool_or(before.status = 'active') as inside, array_agg(before.entry_key) as keys
      from unnest(${plainArray(asking.map(row => row.contactId))}::bigint[],
        ${plainArray(asking.map(row => row.workflowId))}::bigint[], ${plainArray(days)}::int[])
        with ordinality as ask(contact_id, workflow_id, days, place)
      join workflows.enrolment before
        on before.contact_id = ask.contact_id and before.workflow_id = ask.workflow_id
      group by ask.place`,
  )
  const byPlace = new Map(rows.map(row => [row.place - 1, row]))
  return asking.map(({ reentry }, place) => {
    const before = byPlace.get(place)
    const key = `g${reentry === 'once' ? 0 : (before?.over ?? 0)}`
    return before && (before.inside || before.keys.includes(key)) ? null : key
  })
}

/** Writes new stays as they are by now; the ids of those that nobody else had written first. */
export async function insertEnrolments(db: Db, rows: Enrolment[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const inserted = await many<{ id: string }>(
    db,
    sql`insert into workflows.enrolment (contact_id, id, workflow_id, version, entry_key, status, node, arrived_at,
        steps, wake_at, listens, held, state, why, cause_id, entered_at, ended_at, end_reason, rev)
      select contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps, wake_at,
        string_to_array(listens, ','), held, state::jsonb, why::jsonb, cause_id, entered_at, ended_at, end_reason, 0
      from rows from (unnest(${plainArray(rows.map(row => row.contactId))}::bigint[],
        ${plainArray(rows.map(row => row.id))}::bigint[], ${plainArray(rows.map(row => row.workflowId))}::bigint[],
        ${plainArray(rows.map(row => row.version))}::int[], ${textArray(rows.map(row => row.entryKey))}::text[],
        ${textArray(rows.map(row => row.status))}::text[], ${textArray(rows.map(row => row.node))}::text[],
        ${times(rows.map(row => row.arrivedAt))}::timestamptz[], ${plainArray(rows.map(row => row.steps))}::int[],
        ${times(rows.map(row => row.wakeAt))}::timestamptz[], ${textArray(rows.map(row => row.listens.join(',')))}::text[],
        ${plainArray(rows.map(row => String(row.held)))}::boolean[],
        ${plainArray(rows.map(row => row.causeId))}::bigint[],
        ${times(rows.map(row => row.enteredAt))}::timestamptz[],
        ${times(rows.map(row => row.endedAt))}::timestamptz[], ${textArray(rows.map(row => row.endReason))}::text[]),
        string_to_table(${lines(rows.map(row => row.state))}, E'\\n'), string_to_table(${lines(rows.map(row => row.why))}, E'\\n'))
        as new(contact_id, id, workflow_id, version, entry_key, status, node, arrived_at, steps, wake_at, listens,
          held, cause_id, entered_at, ended_at, end_reason, state, why)
      on conflict do nothing
      returning id`,
  )
  return new Set(inserted.map(row => row.id))
}

/** JSON as lines of one text (it never holds a raw line break): cheaper than an array, whose quoting doubles it. */
function lines(values: unknown[]): string {
  return values.map(value => JSON.stringify(value)).join('\n')
}

function times(moments: (Date | null)[]): string {
  return plainArray(moments.map(moment => moment?.toISOString() ?? null))
}

/** The participants named, as far as they are still inside. */
export function loadEnrolments(db: Db, refs: { contactId: string; id: string }[]): Promise<Enrolment[]> {
  if (refs.length === 0) return Promise.resolve([])
  return readAll(
    db,
    sql`select ${columns} from unnest(${refs.map(ref => ref.contactId)}::bigint[],
        ${refs.map(ref => ref.id)}::bigint[]) as ask(contact_id, id)
      join workflows.enrolment e on e.contact_id = ask.contact_id and e.id = ask.id
      where e.status = 'active'`,
  )
}

/** The participants among these contacts whom an event of one of these types may move on. */
export function loadListening(db: Db, contactIds: string[], types: string[]): Promise<Enrolment[]> {
  if (contactIds.length === 0) return Promise.resolve([])
  return readAll(
    db,
    sql`select ${columns} from workflows.enrolment e
      where e.contact_id = any(${contactIds}::bigint[]) and e.status = 'active'
        and e.listens && ${types}::text[]`,
  )
}

async function readAll(db: Db, query: RawBuilder<Enrolment>): Promise<Enrolment[]> {
  const rows = await many(db, query)
  for (const row of rows) {
    // Times inside JSON come back as text.
    for (const heard of Object.values(row.state.heard)) heard.at = new Date(heard.at)
  }
  return rows
}

/** What these contacts did since, of these types. */
export function selectRecent(
  db: Db,
  wanted: { contactIds: string[]; types: string[]; since: Date },
): Promise<Event[]> {
  return many(
    db,
    sql`select event.contact_id as "contactId", event.id, event.type, event.name, event.at, event.data,
        event.cause_id as "causeId", event.depth
      from ${ledger} event
      where event.contact_id = any(${wanted.contactIds}::bigint[]) and event.at > ${wanted.since}::timestamptz
        and event.type = any(${wanted.types}::text[])
      order by event.at, event.id limit 20000`,
  )
}

/** Writes back where participants stand now. Each must still be at the revision that was read. */
export async function saveEnrolments(db: Db, rows: Enrolment[]): Promise<void> {
  if (rows.length === 0) return
  const saved = await run(
    db,
    sql`update workflows.enrolment e set version = new.version, status = new.status, node = new.node,
        arrived_at = new.arrived_at, steps = new.steps, wake_at = new.wake_at,
        listens = string_to_array(new.listens, ','), held = new.held, state = new.state::jsonb,
        cause_id = new.cause_id, ended_at = new.ended_at, end_reason = new.end_reason, rev = new.rev + 1
      from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.id))}::bigint[],
        ${plainArray(rows.map(row => row.rev))}::int[], ${plainArray(rows.map(row => row.version))}::int[],
        ${textArray(rows.map(row => row.status))}::text[], ${textArray(rows.map(row => row.node))}::text[],
        ${times(rows.map(row => row.arrivedAt))}::timestamptz[], ${plainArray(rows.map(row => row.steps))}::int[],
        ${times(rows.map(row => row.wakeAt))}::timestamptz[], ${rows.map(row => row.listens.join(','))}::text[],
        ${rows.map(row => row.held)}::boolean[], ${rows.map(row => JSON.stringify(row.state))}::text[],
        ${plainArray(rows.map(row => row.causeId))}::bigint[], ${times(rows.map(row => row.endedAt))}::timestamptz[],
        ${textArray(rows.map(row => row.endReason))}::text[])
        as new(contact_id, id, rev, version, status, node, arrived_at, steps, wake_at, listens, held, state,
          cause_id, ended_at, end_reason)
      where e.contact_id = new.contact_id and e.id = new.id and e.rev = new.rev`,
  )
  if (saved !== rows.length)
    throw new Error(`another process moved ${rows.length - saved} participants meanwhile`)
}

export type StepRow = {
  contactId: string
  enrolmentId: string
  id: number
  node: string
  exit: string
  at: Date
  causeId: string | null
}

/** Appends to the step log. A step that is already there means that it was done twice, and fails. */
export async function insertSteps(db: Db, rows: StepRow[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`insert into workflows.step (contact_id, enrolment_id, id, node, exit, at, cause_id)
      select * from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[],
        ${plainArray(rows.map(row => row.enrolmentId))}::bigint[], ${plainArray(rows.map(row => row.id))}::int[],
        ${textArray(rows.map(row => row.node))}::text[], ${textArray(rows.map(row => row.exit))}::text[],
        ${times(rows.map(row => row.at))}::timestamptz[], ${plainArray(rows.map(row => row.causeId))}::bigint[])`,
  )
}

export type Tally = { workflowId: string; version: number; node: string; exit: string; n: number }

/** Adds to the counters per step and exit. `shard` is a lane of this tick: no other worker writes it meanwhile. */
export async function addTally(db: Db, rows: Tally[], shard: number): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`insert into workflows.tally (workflow_id, version, node, exit, shard, n)
      select workflow_id, version, node, exit, ${shard}::smallint, n
      from unnest(${rows.map(row => row.workflowId)}::bigint[], ${plainArray(rows.map(row => row.version))}::int[],
        ${rows.map(row => row.node)}::text[], ${rows.map(row => row.exit)}::text[],
        ${rows.map(row => row.n)}::bigint[]) as new(workflow_id, version, node, exit, n)
      order by workflow_id, version, node, exit
      on conflict (workflow_id, version, node, exit, shard)
      do update set n = workflows.tally.n + excluded.n`,
  )
}
