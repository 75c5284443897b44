import type { Db } from '#platform/db/db.ts'
import { matchContacts } from './match.ts'
import {
  advance,
  type Crossing,
  crossingsBetween,
  emptyScore,
  heldAt,
  type ScoreState,
  scoreOf,
} from './score-decay.ts'
import {
  type BehaviourRule,
  behaviourRules,
  fitRules,
  halfLifeMs,
  reasonOf,
} from './score-models.definition.ts'
import type { LiveModel } from './score-models.ts'
import {
  type Caps,
  candidatesOf,
  createCaps,
  decayOf,
  type Entry,
  entryOf,
  gainOf,
  grant,
  type Hit,
  indexRules,
} from './scoring.rules.ts'
import {
  dropCounted,
  loadCapped,
  loadHistory,
  loadWorkflowPoints,
  type ScoreRow,
  writeEntries,
} from './scoring.sql.ts'
import { ruleHolds } from './scoring.where.ts'

/** One contact in one model, and why it is counted. */
export type Pair = {
  contactId: string
  model: LiveModel
  row: ScoreRow | undefined
  /** What has just happened and gives points. */
  hits: Hit[]
  /** The fit rules are tested again. */
  fit: boolean
  /** Everything is counted anew from the ledger of events. */
  recount: boolean
  /** What a recount finds is told as rises and falls: the contact has just become known, or another one's past. */
  loud: boolean
  causeId: string | null
}

/** `dry`: nothing is written, and nothing that is stored is looked at: the preview of a draft. */
export type Moment = { now: Date; zone: string; dry?: boolean }

export type Counted = {
  pair: Pair
  state: ScoreState
  fitRules: string[]
  entries: Entry[]
  crossings: Crossing[]
  quiet: boolean
}

const keyOf = (row: { contactId: string; modelId: string }) => `${row.contactId}|${row.modelId}`
const pairKey = (pair: Pair) => `${pair.contactId}|${pair.model.id}`
const unique = (values: string[]) => [...new Set(values)]

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

/** All hits in the past of these contacts. One statement for all models. */
async function pastHits(db: Db, pairs: Pair[], moment: Moment): Promise<Map<string, Hit[]>> {
  const models = [...new Map(pairs.map(pair => [pair.model.id, pair.model])).values()]
  const index = indexRules(models)
  const demanding = [...index.values()]
    .flat()
    .filter(({ rule }) => rule.where?.length)
    .map(({ rule }) => rule)
  const place = new Map(demanding.map((rule, i) => [rule, i]))
  const history = await loadHistory(db, {
    contactIds: unique(pairs.map(pair => pair.contactId)),
    types: [...index.keys()],
    rules: demanding,
    holds: rule => ruleHolds(rule, moment),
  })
  const wanted = new Set(pairs.map(pairKey))
  const holds = (rule: BehaviourRule, answers: boolean[]) => answers[place.get(rule) ?? -1] ?? true
  const hits = history.flatMap(event =>
    candidatesOf(index, event)
      .filter(({ model, rule }) => wanted.has(`${event.contactId}|${model.id}`) && holds(rule, event.answers))
      .map(({ model, rule }) => ({ model, rule, event })),
  )
  return groupBy(hits, hit => `${hit.event.contactId}|${hit.model.id}`)
}

/** Earlier than any calendar period that holds `at` begins. */
const longestPeriodMs = 33 * 86_400_000

/** Notes what capped rules have given already, for the contacts that meet such a rule now. */
async function notePastCaps(db: Db, pairs: Pair[], caps: Caps): Promise<void> {
  const capped = pairs.filter(pair => pair.hits.some(hit => hit.rule.cap))
  if (capped.length === 0) return
  const hits = capped.flatMap(pair => pair.hits.filter(hit => hit.rule.cap))
  const forEver = hits.some(hit => hit.rule.cap?.per === 'ever')
  const earliest = Math.min(...hits.map(hit => hit.event.at.getTime()))
  const given = await loadCapped(db, {
    contactIds: unique(capped.map(pair => pair.contactId)),
    ruleIds: unique(hits.map(hit => hit.rule.id)),
    since: forEver ? null : new Date(earliest - longestPeriodMs),
  })
  const rules = new Map(
    capped.flatMap(pair =>
      behaviourRules(pair.model.definition).map(rule => [`${pair.model.id}|${rule.id}`, rule]),
    ),
  )
  const again = new Set(
    hits.map(hit => `${hit.event.contactId}|${hit.model.id}|${hit.rule.id}:${hit.event.id}`),
  )
  for (const row of given) {
    const rule = rules.get(`${row.modelId}|${row.ruleId}`)
    // An event that was counted before and is here again must not use up its own cap.
    if (rule && !again.has(`${keyOf(row)}|${row.key}`)) caps.note({ ...row, rule })
  }
}

/** The fit rules that match now, by pair. One statement for all models, rules and contacts. */
async function testFit(db: Db, pairs: Pair[], moment: Moment): Promise<Map<string, string[]>> {
  const tested = pairs.filter(pair => pair.fit && fitRules(pair.model.definition).length > 0)
  if (tested.length === 0) return new Map()
  const models = new Map(tested.map(pair => [pair.model.id, pair.model]))
  const asks = [...models.values()].flatMap(model =>
    fitRules(model.definition).map(rule => ({ key: `${model.id}:${rule.id}`, filter: rule.filter })),
  )
  const matches = await matchContacts(db, asks, unique(tested.map(pair => pair.contactId)), moment)
  return new Map(
    tested.map(pair => {
      const rules = fitRules(pair.model.definition).filter(rule =>
        matches.get(`${pair.model.id}:${rule.id}`)?.has(pair.contactId),
      )
      return [pairKey(pair), rules.map(rule => rule.id)]
    }),
  )
}

/** Points for fit rules that match and did not, and taken back for those that did and do not. */
function fitEntries(pair: Pair, matching: string[], now: Date): Entry[] {
  const before = pair.recount ? [] : (pair.row?.fitRules ?? [])
  const rules = new Map(fitRules(pair.model.definition).map(rule => [rule.id, rule]))
  const entry = (ruleId: string, sign: 1 | -1) => {
    const rule = rules.get(ruleId)
    if (!rule) return []
    const reason = sign === 1 ? reasonOf(rule) : `${reasonOf(rule)}: no longer`
    const key = `${ruleId}:${sign}:${pair.causeId ?? now.getTime()}`
    const points = sign * rule.points
    return [
      entryOf({
        contactId: pair.contactId,
        modelId: pair.model.id,
        kind: 'fit',
        ruleId,
        points,
        reason,
        causeId: pair.causeId,
        at: now,
        key,
      }),
    ]
  }
  return [
    ...matching.filter(id => !before.includes(id)).flatMap(id => entry(id, 1)),
    ...before.filter(id => !matching.includes(id)).flatMap(id => entry(id, -1)),
  ]
}

/** The new state of a pair, from its old one or from nothing, and what was crossed on the way. */
function settlePair(
  pair: Pair,
  entries: Entry[],
  earlier: Entry[],
  now: Date,
): Pick<Counted, 'state' | 'crossings' | 'quiet'> {
  const decay = decayOf(pair.model)
  if (!pair.recount) {
    return { ...advance(pair.row ?? emptyScore(now), entries.map(gainOf), decay, now), quiet: false }
  }
  const past = earlier.map(gainOf)
  const first = past.reduce((soonest, gain) => (gain.at < soonest ? gain.at : soonest), now)
  const base = advance(emptyScore(first), past, decay, now).state
  const before = pair.row ? scoreOf(pair.row, pair.row.halfLifeMs, now) : 0
  const step = advance(base, entries.map(gainOf), decay, now)
  const moved = (to: ScoreState) =>
    crossingsBetween(
      heldAt(before, decay.levels),
      heldAt(scoreOf(to, decay.halfLifeMs, now), decay.levels),
      now,
    )
  if (pair.loud) return { state: step.state, crossings: moved(step.state), quiet: false }
  // A new definition is nobody's doing: whoever waits for a value looks again, but no rise or fall is told for it.
  return { ...step, quiet: moved(base).length > 0 }
}

/** Grants points for all hits, old and new, in the order of their arrival. */
async function grantAll(
  db: Db,
  pairs: Pair[],
  moment: Moment,
): Promise<{ entries: Map<string, Entry[]>; fresh: Set<string> }> {
  const again = pairs.filter(pair => pair.recount)
  const past = again.length > 0 ? await pastHits(db, again, moment) : new Map<string, Hit[]>()
  const caps = createCaps(moment.zone)
  await notePastCaps(
    db,
    pairs.filter(pair => !pair.recount),
    caps,
  )
  const hits = pairs.flatMap(pair => {
    const now = pair.hits.map(hit => hit.event.id)
    return [...(past.get(pairKey(pair)) ?? []).filter(hit => !now.includes(hit.event.id)), ...pair.hits]
  })
  const fresh = new Set(
    pairs.flatMap(pair => pair.hits.map(hit => `${hit.event.contactId}|${hit.model.id}|${hit.event.id}`)),
  )
  return { entries: groupBy(grant(hits, caps), keyOf), fresh }
}

/**
 * Counts a batch of pairs: a fixed number of statements for any number of contacts, models and rules. The ledger
 * of points is written first, and only what is new in it changes a score: work that is repeated counts once.
 */
export async function count(db: Db, pairs: Pair[], moment: Moment): Promise<Counted[]> {
  if (pairs.length === 0) return []
  const again = pairs
    .filter(pair => pair.recount)
    .map(pair => ({ contactId: pair.contactId, modelId: pair.model.id }))
  const granted = await grantAll(db, pairs, moment)
  const fit = await testFit(db, pairs, moment)
  const drafts = pairs.map(pair => {
    const matching = fit.get(pairKey(pair)) ?? (pair.recount ? [] : (pair.row?.fitRules ?? []))
    return {
      pair,
      matching,
      behaviour: granted.entries.get(pairKey(pair)) ?? [],
      fit: fitEntries(pair, matching, moment.now),
    }
  })
  const all = drafts.flatMap(draft => [...draft.behaviour, ...draft.fit])
  if (!moment.dry) await dropCounted(db, again)
  const written = moment.dry ? null : await writeEntries(db, all)
  const kept = moment.dry || again.length === 0 ? [] : await workflowPoints(db, again)
  const byWorkflow = groupBy(kept, keyOf)
  return drafts.flatMap(({ pair, matching, behaviour, fit: fitPoints }) => {
    const isNew = (entry: Entry) =>
      pair.recount || written === null || written.has(`${entry.contactId}|${entry.id}`)
    const isFresh = (entry: Entry) => granted.fresh.has(`${keyOf(entry)}|${entry.causeId}`)
    const given = [...behaviour, ...fitPoints].filter(isNew)
    const others = byWorkflow.get(pairKey(pair)) ?? []
    if (!pair.row && given.length + others.length === 0) return []
    const entries =
      pair.recount && !pair.loud ? given.filter(entry => entry.kind === 'behaviour' && isFresh(entry)) : given
    const earlier = [...given.filter(entry => !entries.includes(entry)), ...others]
    return [{ pair, fitRules: matching, entries, ...settlePair(pair, entries, earlier, moment.now) }]
  })
}

/** What workflows have given: it was decided once and is not decided again. */
async function workflowPoints(db: Db, pairs: { contactId: string; modelId: string }[]): Promise<Entry[]> {
  const contactIds = unique(pairs.map(pair => pair.contactId))
  const rows = await loadWorkflowPoints(db, contactIds, unique(pairs.map(pair => pair.modelId)))
  return rows.map(row => ({ ...row, id: '', kind: 'workflow' as const, reason: '', causeId: null }))
}

/** The rows to store. */
export function rowsOf(counted: Counted[]): ScoreRow[] {
  return counted.map(({ pair, state, fitRules: matching }) => ({
    ...state,
    contactId: pair.contactId,
    modelId: pair.model.id,
    fitRules: matching,
    halfLifeMs: halfLifeMs(pair.model.definition),
    modelVersion: pair.model.version,
  }))
}
