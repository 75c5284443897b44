import type { Event } from '#engine/reactor.ts'
import { idFrom } from '#platform/ids.ts'
import type { Decay, Gain } from './score-decay.ts'
import type { BehaviourRule, CapPeriod } from './score-models.definition.ts'
import { behaviourRules, halfLifeMs, reasonOf } from './score-models.definition.ts'
import type { LiveModel } from './score-models.ts'
import { addDays, dayIn } from './zone-days.ts'

/** An event as the rules look at it. `bot` and `verdict` were looked at before. */
export type Happening = Pick<Event, 'contactId' | 'id' | 'type' | 'name' | 'at'>

/** An event that a rule gives points for. */
export type Hit = { model: LiveModel; rule: BehaviourRule; event: Happening }

/** A row of the ledger of points, as it is written. */
export type Entry = {
  contactId: string
  id: string
  modelId: string
  kind: 'behaviour' | 'fit' | 'workflow'
  ruleId: string | null
  points: number
  reason: string
  causeId: string | null
  at: Date
  key: string
}

/** The same points for the same thing have the same id, however often they are worked out. */
export function entryOf(entry: Omit<Entry, 'id'>): Entry {
  return { ...entry, id: idFrom('score', entry.modelId, entry.kind, entry.key) }
}

export function gainOf(entry: Pick<Entry, 'points' | 'at' | 'kind'>): Gain {
  return entry.kind === 'fit'
    ? { points: entry.points, at: entry.at, fit: true }
    : { points: entry.points, at: entry.at }
}

/** Rules by the type of event they wait for, so that an event meets only its own. */
export function indexRules(models: LiveModel[]): Map<string, { model: LiveModel; rule: BehaviourRule }[]> {
  const index = new Map<string, { model: LiveModel; rule: BehaviourRule }[]>()
  for (const model of models) {
    for (const rule of behaviourRules(model.definition)) {
      const list = index.get(rule.event) ?? []
      list.push({ model, rule })
      index.set(rule.event, list)
    }
  }
  return index
}

/** The rules whose event and name fit; what they demand of the event's properties is asked of the database. */
export function candidatesOf(
  index: ReturnType<typeof indexRules>,
  event: Happening,
): { model: LiveModel; rule: BehaviourRule }[] {
  const list = index.get(event.type) ?? []
  return list.filter(({ rule }) => rule.name === undefined || rule.name === event.name)
}

/** The calendar period of the installation's zone in which `at` lies: its first day, or one period for ever. */
export function periodOf(at: Date, per: CapPeriod, zone: string): string {
  if (per === 'ever') return ''
  const day = dayIn(zone, at)
  if (per === 'day') return day
  if (per === 'month') return day.slice(0, 7)
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
  return addDays(day, -weekday)
}

/** What rules with a cap have given so far, per contact, rule and period. */
export type Caps = {
  /** What may still be given of the rule's points: all, some, or 0. Taking it is noted. */
  take(hit: Hit): number
  /** Points that are in the ledger already. */
  note(given: { contactId: string; modelId: string; rule: BehaviourRule; points: number; at: Date }): void
}

export function createCaps(zone: string): Caps {
  const used = new Map<string, number>()
  const keyOf = (contactId: string, modelId: string, rule: BehaviourRule, at: Date) =>
    `${contactId}|${modelId}|${rule.id}|${periodOf(at, rule.cap?.per ?? 'ever', zone)}`
  return {
    note({ contactId, modelId, rule, points, at }) {
      if (!rule.cap) return
      const key = keyOf(contactId, modelId, rule, at)
      used.set(key, (used.get(key) ?? 0) + Math.abs(points))
    },
    take({ model, rule, event }) {
      if (!rule.cap) return rule.points
      const key = keyOf(event.contactId, model.id, rule, event.at)
      const before = used.get(key) ?? 0
      const size = Math.min(Math.abs(rule.points), Math.max(0, rule.cap.points - before))
      used.set(key, before + size)
      return Math.sign(rule.points) * size
    },
  }
}

/** Ids as text in the order of their numbers, without making numbers of them. */
const byArrival = ({ event: a }: Hit, { event: b }: Hit) =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : a.id === b.id ? 0 : 1)

/**
 * Points for hits, first come, first counted: ids grow with arrival, so a recount from the ledger of events
 * shares a cap out as it was shared out when the events came in.
 */
export function grant(hits: Hit[], caps: Caps): Entry[] {
  return [...hits].sort(byArrival).flatMap(hit => {
    const points = caps.take(hit)
    if (points === 0) return []
    const { model, rule, event } = hit
    return [
      entryOf({
        contactId: event.contactId,
        modelId: model.id,
        kind: 'behaviour',
        ruleId: rule.id,
        points,
        reason: reasonOf(rule),
        causeId: event.id,
        at: event.at,
        key: `${rule.id}:${event.id}`,
      }),
    ]
  })
}

/** How a model decays, and the values at which somebody is told: thresholds and watched ones. */
export function decayOf(model: LiveModel): Decay {
  const values = [...model.definition.thresholds.map(threshold => threshold.value), ...model.watched]
  return { halfLifeMs: halfLifeMs(model.definition), levels: [...new Set(values)] }
}
