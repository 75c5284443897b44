import type { NewEvent } from '#engine/reactor.ts'
import { setTimers } from '#engine/timers.ts'
import { type Db, many, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { advance, emptyScore } from './score-decay.ts'
import { liveScoreModels } from './score-models.ts'
import type { Counted, Pair } from './scoring.count.ts'
import { decayOf, entryOf, gainOf } from './scoring.rules.ts'
import { loadScores, type ScoreRow, writeEntries, writeScores } from './scoring.sql.ts'
import { eventsOf, timersOf } from './scoring.tell.ts'

/** Points from outside the rules. The same `key` in the same model gives its points once, however often it is sent. */
export type Points = {
  contactId: string
  modelId: string
  points: number
  /** For people, in the ledger: "Workflow White paper follow-up". */
  reason: string
  causeId: string | null
  key: string
}

/** The score (alias `s` of decisions.score) at a moment; exact, no matter when it was stored. */
function valueAt(now: Date): RawBuilder<number> {
  // power() refuses to underflow, and nothing is left long before that.
  return sql<number>`(s.fit + s.behaviour * case when s.half_life_ms is null then 1 else power(0.5::float8,
    least(greatest(extract(epoch from ${now}::timestamptz - s.as_of) * 1000, 0)::float8 / s.half_life_ms, 512)) end)`
}

/** The score of the contact in alias `contact` in this model at a moment; 0 where there is none. */
export function scoreAt(modelId: string, now: Date): RawBuilder<number> {
  return sql<number>`coalesce((
    select ${valueAt(now)} from decisions.score s where s.contact_id = contact.id and s.model_id = ${modelId}::bigint), 0)`
}

/** Scores at `now` by contact and model. Whoever is missing has 0. */
export async function scoresOf(
  db: Db,
  contactIds: string[],
  now: Date,
): Promise<Map<string, Map<string, number>>> {
  if (contactIds.length === 0) return new Map()
  const rows = await many<{ contactId: string; modelId: string; score: number }>(
    db,
    sql`
    select s.contact_id as "contactId", s.model_id as "modelId", ${valueAt(now)} as score
    from decisions.score s join decisions.score_model m on m.id = s.model_id and m.status in ('live', 'paused')
    where s.contact_id = any(${contactIds}::bigint[])`,
  )
  const scores = new Map<string, Map<string, number>>()
  for (const { contactId, modelId, score } of rows) {
    const own = scores.get(contactId) ?? new Map<string, number>()
    scores.set(contactId, own.set(modelId, score))
  }
  return scores
}

/** The points that came in since a moment, by `contactId|modelId`; what time took away is not counted. */
export async function gainedSince(db: Db, contactIds: string[], since: Date): Promise<Map<string, number>> {
  const rows = await many<{ contactId: string; modelId: string; points: number }>(
    db,
    sql`
    select contact_id as "contactId", model_id as "modelId", sum(points)::float8 as points from decisions.score_entry
    where contact_id = any(${contactIds}::bigint[]) and at > ${since.toISOString()}::timestamptz
    group by contact_id, model_id`,
  )
  return new Map(rows.map(row => [`${row.contactId}|${row.modelId}`, row.points]))
}

/**
 * Gives points for workflows: written to the ledger and counted at once, so that the next step already sees
 * them. Returns the events that follow (`score.rose`, `score.changed`): hand them on from the reactor. Five
 * statements for any number of rows. Points for a model that is not live are left out.
 */
export async function addPoints(trx: Db, given: Points[], now: Date): Promise<NewEvent[]> {
  const models = new Map((await liveScoreModels(trx)).map(model => [model.id, model]))
  const entries = given
    .filter(row => models.has(row.modelId) && row.points !== 0)
    .map(row => entryOf({ ...row, kind: 'workflow', ruleId: null, at: now }))
  const fresh = await writeEntries(trx, entries)
  const taken = entries.filter(entry => fresh.delete(`${entry.contactId}|${entry.id}`))
  if (taken.length === 0) return []
  const stored = await loadScores(trx, [...new Set(taken.map(row => row.contactId))], [...models.keys()])
  const rows = new Map(stored.map(row => [`${row.contactId}|${row.modelId}`, row]))
  const byPair = Map.groupBy(taken, entry => `${entry.contactId}|${entry.modelId}`)
  const counted = [...byPair].flatMap(([key, own]): Counted[] => {
    const [first] = own
    const model = first && models.get(first.modelId)
    if (!first || !model) return []
    const row = rows.get(key)
    const causeId = own.at(-1)?.causeId ?? null
    const pair: Pair = {
      contactId: first.contactId,
      model,
      row,
      hits: [],
      fit: false,
      recount: false,
      loud: false,
      causeId,
    }
    const step = advance(row ?? emptyScore(now), own.map(gainOf), decayOf(model), now)
    return [{ pair, ...step, fitRules: row?.fitRules ?? [], entries: own, quiet: false }]
  })
  await writeScores(
    trx,
    counted.map(one => ({ ...rowOf(one), halfLifeMs: decayOf(one.pair.model).halfLifeMs })),
  )
  // Whose past was never counted is looked at by a timer of his own, right away.
  const uncounted = counted.filter(one => !one.pair.row && !one.pair.model.counted)
  const soon = uncounted.map(one => ({
    contactId: one.pair.contactId,
    kind: 'score',
    key: one.pair.model.id,
    dueAt: now,
  }))
  await setTimers(trx, [...timersOf(counted), ...soon])
  return eventsOf(counted, now)
}

/** A row that keeps the version by which the rules were counted; 0, which is none, where they never were. */
function rowOf({ pair, state, fitRules }: Counted): Omit<ScoreRow, 'halfLifeMs'> {
  const modelVersion = pair.row?.modelVersion ?? (pair.model.counted ? pair.model.version : 0)
  return { ...state, contactId: pair.contactId, modelId: pair.model.id, fitRules, modelVersion }
}

/**
 * Says which values of a model somebody waits for (the score conditions of a live segment), replacing what the
 * same user said before; none: waits no longer. When a contact's score passes one, by points or by time,
 * `score.changed` is raised at that very moment.
 */
export async function watchScore(
  trx: Db,
  modelId: string,
  values: number[],
  user: { kind: string; id: string },
): Promise<void> {
  await run(
    trx,
    sql`
    delete from decisions.score_watch
    where model_id = ${modelId}::bigint and user_kind = ${user.kind} and user_id = ${user.id}`,
  )
  if (values.length === 0) return
  // A value that nobody waited for so far has no timers yet: a pass over the contacts sets them.
  await run(
    trx,
    sql`
    update decisions.score_model set passes_wanted = passes_wanted + 1
    where id = ${modelId}::bigint and exists (
      select from unnest(${values}::float8[]) as mine (value)
      where not exists (select from decisions.score_watch w where w.model_id = ${modelId}::bigint and w.value = mine.value))`,
  )
  await run(
    trx,
    sql`
    insert into decisions.score_watch (model_id, value, user_kind, user_id)
    select distinct ${modelId}::bigint, value, ${user.kind}, ${user.id} from unnest(${values}::float8[]) as mine (value)
    on conflict do nothing`,
  )
}

/** Ends all waiting of a user, in every model. */
export async function unwatchScores(trx: Db, user: { kind: string; id: string }): Promise<void> {
  await run(
    trx,
    sql`delete from decisions.score_watch where user_kind = ${user.kind} and user_id = ${user.id}`,
  )
}

/** Removes all scores and points of a contact. */
export async function forgetScores(trx: Db, contactIds: string[]): Promise<void> {
  await run(trx, sql`delete from decisions.score_entry where contact_id = any(${contactIds}::bigint[])`)
  await run(trx, sql`delete from decisions.score where contact_id = any(${contactIds}::bigint[])`)
}

/** What is held on a contact, for the person. */
export async function exportScores(db: Db, contactId: string): Promise<unknown> {
  return many(
    db,
    sql`
    select m.name as model, e.points, e.reason, e.at from decisions.score_entry e
    join decisions.score_model m on m.id = e.model_id
    where e.contact_id = ${contactId}::bigint order by e.at, e.id`,
  )
}

/**
 * Gives what workflows have given `from` to `to`. What rules have given is not moved: the events are, and
 * `contact.joined` has them counted anew.
 */
export async function repointScores(trx: Db, from: string, to: string): Promise<void> {
  await run(
    trx,
    sql`
    with gone as (
      delete from decisions.score_entry where contact_id = ${from}::bigint
      returning id, model_id, kind, rule_id, points, reason, cause_id, at, key)
    insert into decisions.score_entry (contact_id, id, model_id, kind, rule_id, points, reason, cause_id, at, key)
    select ${to}::bigint, id, model_id, kind, rule_id, points, reason, cause_id, at, key from gone where kind = 'workflow'
    on conflict (contact_id, id) do nothing`,
  )
  await run(trx, sql`delete from decisions.score where contact_id = ${from}::bigint`)
  // 0 is no version: whatever touches the contact next counts it from its whole past.
  await run(trx, sql`update decisions.score set model_version = 0 where contact_id = ${to}::bigint`)
}
