import { ledger } from '#activity/ledger.ts'
import type { Event } from '#engine/reactor.ts'
import { plainArray, textArray } from '#platform/db/arrays.ts'
import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'
import type { ScoreState } from './score-decay.ts'
import type { BehaviourRule } from './score-models.definition.ts'
import type { Entry, Happening } from './scoring.rules.ts'

/** A row of decisions.score. */
export type ScoreRow = ScoreState & {
  contactId: string
  modelId: string
  fitRules: string[]
  halfLifeMs: number | null
  modelVersion: number
}

const iso = (dates: Date[]) => dates.map(date => date.toISOString())

/** The stored scores of these contacts in these models. */
export function loadScores(db: Db, contactIds: string[], modelIds: string[]): Promise<ScoreRow[]> {
  return many(
    db,
    sql`
    select contact_id as "contactId", model_id as "modelId", behaviour, as_of as "asOf", fit,
      settled_at as "settledAt", fit_rules as "fitRules", half_life_ms as "halfLifeMs", model_version as "modelVersion"
    from decisions.score
    where contact_id = any(${plainArray(contactIds)}::bigint[]) and model_id = any(${plainArray(modelIds)}::bigint[])`,
  )
}

/** Writes scores, one statement for all. Lists of rules go as text, because unnest would flatten arrays of arrays. */
export async function writeScores(db: Db, rows: ScoreRow[]): Promise<void> {
  if (rows.length === 0) return
  await run(
    db,
    sql`
    insert into decisions.score
      (contact_id, model_id, behaviour, as_of, fit, settled_at, half_life_ms, model_version, fit_rules)
    select contact_id, model_id, behaviour, as_of, fit, settled_at, half_life_ms, model_version,
      rules::text[]
    from unnest(${plainArray(rows.map(row => row.contactId))}::bigint[], ${plainArray(rows.map(row => row.modelId))}::bigint[],
      ${plainArray(rows.map(row => row.behaviour))}::float8[], ${plainArray(iso(rows.map(row => row.asOf)))}::timestamptz[],
      ${plainArray(rows.map(row => row.fit))}::float8[], ${plainArray(iso(rows.map(row => row.settledAt)))}::timestamptz[],
      ${plainArray(rows.map(row => row.halfLifeMs))}::float8[], ${plainArray(rows.map(row => row.modelVersion))}::int[],
      ${textArray(rows.map(row => textArray(row.fitRules)))}::text[])
      as fresh (contact_id, model_id, behaviour, as_of, fit, settled_at, half_life_ms, model_version, rules)
    on conflict (contact_id, model_id) do update set behaviour = excluded.behaviour, as_of = excluded.as_of,
      fit = excluded.fit, settled_at = excluded.settled_at, half_life_ms = excluded.half_life_ms,
      model_version = excluded.model_version, fit_rules = excluded.fit_rules`,
  )
}

/** Writes points to their ledger and returns the keys of those that were new: nothing is given twice. */
export async function writeEntries(db: Db, entries: Entry[]): Promise<Set<string>> {
  if (entries.length === 0) return new Set()
  const rows = await many<{ contactId: string; id: string }>(
    db,
    sql`
    insert into decisions.score_entry (contact_id, id, model_id, kind, rule_id, points, reason, cause_id, at, key)
    select contact_id, id, model_id, kind, rule_id, points, reason, cause_id, at, key
    from unnest(${plainArray(entries.map(row => row.contactId))}::bigint[], ${plainArray(entries.map(row => row.id))}::bigint[],
      ${plainArray(entries.map(row => row.modelId))}::bigint[], ${textArray(entries.map(row => row.kind))}::text[],
      ${textArray(entries.map(row => row.ruleId))}::text[], ${plainArray(entries.map(row => row.points))}::float8[],
      ${textArray(entries.map(row => row.reason))}::text[], ${plainArray(entries.map(row => row.causeId))}::bigint[],
      ${plainArray(iso(entries.map(row => row.at)))}::timestamptz[], ${textArray(entries.map(row => row.key))}::text[])
      as fresh (contact_id, id, model_id, kind, rule_id, points, reason, cause_id, at, key)
    on conflict (contact_id, id) do nothing
    returning contact_id as "contactId", id`,
  )
  return new Set(rows.map(row => `${row.contactId}|${row.id}`))
}

/** Takes back what rules have given, before it is counted anew; points from workflows stay. */
export async function dropCounted(db: Db, pairs: { contactId: string; modelId: string }[]): Promise<void> {
  if (pairs.length === 0) return
  await run(
    db,
    sql`
    delete from decisions.score_entry e
    using unnest(${pairs.map(pair => pair.contactId)}::bigint[], ${pairs.map(pair => pair.modelId)}::bigint[])
      as again (contact_id, model_id)
    where e.contact_id = again.contact_id and e.model_id = again.model_id and e.kind <> 'workflow'`,
  )
}

type Given = Pick<Entry, 'contactId' | 'modelId' | 'ruleId' | 'points' | 'at' | 'key'>
const givenColumns = sql`contact_id as "contactId", model_id as "modelId", rule_id as "ruleId", points, at, key`

/** What these rules, which have a cap, have given to these contacts since a moment, or ever. */
export function loadCapped(
  db: Db,
  wanted: { contactIds: string[]; ruleIds: string[]; since: Date | null },
): Promise<Given[]> {
  return many(
    db,
    sql`
    select ${givenColumns} from decisions.score_entry
    where contact_id = any(${wanted.contactIds}::bigint[]) and kind = 'behaviour'
      and rule_id = any(${wanted.ruleIds}::text[])
      and at >= coalesce(${wanted.since?.toISOString() ?? null}::timestamptz, '-infinity')`,
  )
}

/** What workflows have given to these contacts in these models. */
export function loadWorkflowPoints(db: Db, contactIds: string[], modelIds: string[]): Promise<Given[]> {
  return many(
    db,
    sql`
    select ${givenColumns} from decisions.score_entry
    where contact_id = any(${contactIds}::bigint[]) and model_id = any(${modelIds}::bigint[]) and kind = 'workflow'`,
  )
}

/** One boolean per rule: whether the row of alias `event` is what the rule asks for. */
function answers(
  rules: BehaviourRule[],
  holds: (rule: BehaviourRule) => RawBuilder<boolean>,
): RawBuilder<boolean[]> {
  if (rules.length === 0) return sql`'{}'::boolean[]`
  return sql`array[${sql.join(rules.map(rule => sql`coalesce(${holds(rule)}, false)`))}]`
}

/** `isHuman` of the activity catalogue: what machines did, or may have done, is kept and shown, but gives no points. */
const human = sql<boolean>`event.data -> 'bot' is distinct from 'true'::jsonb and coalesce(event.data ->> 'verdict', 'human') = 'human'`

/** Which of these rules' demands on properties hold for each of these events: answers by the event's id. */
export async function testEvents(
  db: Db,
  events: Pick<Event, 'id' | 'at' | 'data'>[],
  rules: BehaviourRule[],
  holds: (rule: BehaviourRule) => RawBuilder<boolean>,
): Promise<Map<string, boolean[]>> {
  if (events.length === 0 || rules.length === 0) return new Map()
  const rows = await many<{ id: string; answers: boolean[] }>(
    db,
    sql`
    select event.id, ${answers(rules, holds)} as answers
    from unnest(${events.map(event => event.id)}::bigint[], ${iso(events.map(event => event.at))}::timestamptz[],
      ${events.map(event => JSON.stringify(event.data))}::jsonb[]) as event (id, at, data)`,
  )
  return new Map(rows.map(row => [row.id, row.answers]))
}

/** The past of these contacts as far as rules look at it, with the answers to their demands on properties. */
export function loadHistory(
  db: Db,
  wanted: {
    contactIds: string[]
    types: string[]
    rules: BehaviourRule[]
    holds: (rule: BehaviourRule) => RawBuilder<boolean>
  },
): Promise<(Happening & { answers: boolean[] })[]> {
  if (wanted.types.length === 0) return Promise.resolve([])
  return many(
    db,
    sql`
    select event.contact_id as "contactId", event.id, event.type, event.name, event.at,
      ${answers(wanted.rules, wanted.holds)} as answers
    from ${ledger} event
    where event.contact_id = any(${wanted.contactIds}::bigint[]) and event.type = any(${wanted.types}::text[]) and ${human}`,
  )
}
