import type { RawBuilder } from '#platform/db/db.ts'
import { compileDemands } from './demands.ts'
import type { BehaviourRule } from './score-models.definition.ts'
import { dayIn } from './zone-days.ts'

/** What a rule demands of an event's own values, in the same words and with the same meaning as in a filter. */
export function ruleHolds(rule: BehaviourRule, moment: { now: Date; zone: string }): RawBuilder<boolean> {
  return compileDemands(rule.where ?? [], rule.event, { ...moment, today: dayIn(moment.zone, moment.now) })
}
