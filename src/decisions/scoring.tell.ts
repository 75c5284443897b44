import type { NewEvent, Timer } from '#engine/reactor.ts'
import { nextCrossing, scoreOf } from './score-decay.ts'
import { halfLifeMs } from './score-models.definition.ts'
import type { Counted } from './scoring.count.ts'
import { decayOf } from './scoring.rules.ts'

/** When time alone will cross the next value, by contact and model. */
export function timersOf(counted: Pick<Counted, 'pair' | 'state'>[]): Timer[] {
  return counted.flatMap(({ pair, state }) => {
    const next = nextCrossing(state, decayOf(pair.model))
    return next ? [{ contactId: pair.contactId, kind: 'score', key: pair.model.id, dueAt: next.at }] : []
  })
}

/** Rises and falls over thresholds, each at its own moment. */
function crossingEvents({ pair, crossings }: Counted, score: number): NewEvent[] {
  const { model, contactId, causeId } = pair
  const names = new Map(model.definition.thresholds.map(threshold => [threshold.value, threshold.name]))
  return crossings.flatMap(({ level, up, at, byDecay }) => {
    const threshold = names.get(level)
    if (threshold === undefined) return []
    return [
      {
        contactId,
        type: up ? 'score.rose' : 'score.fell',
        name: model.name,
        at,
        causeId: byDecay ? null : causeId,
        data: {
          modelId: model.id,
          modelName: model.name,
          threshold,
          value: level,
          score: byDecay ? level : score,
          byDecay,
        },
      },
    ]
  })
}

/**
 * What is told of a batch: rises and falls, and one `score.changed` per pair that crossed a value somebody waits
 * for. Other changes stand in the ledger of points only, for each event costs a row for ever.
 */
export function eventsOf(counted: Counted[], now: Date): NewEvent[] {
  return counted.flatMap(one => {
    const { pair, state, entries, crossings, quiet } = one
    const { model, contactId, causeId } = pair
    if (crossings.length === 0 && !quiet) return []
    const score = scoreOf(state, halfLifeMs(model.definition), now)
    const only = entries.length === 1 ? entries[0] : undefined
    const data = {
      modelId: model.id,
      modelName: model.name,
      by: entries.length > 0 ? 'points' : quiet ? 'recount' : 'decay',
      points: entries.reduce((sum, entry) => sum + entry.points, 0),
      score,
      ruleId: only?.ruleId ?? null,
      reason: only?.reason ?? null,
    }
    const changed = { contactId, type: 'score.changed', name: model.name, at: now, causeId, data }
    return [...crossingEvents(one, score), changed]
  })
}
