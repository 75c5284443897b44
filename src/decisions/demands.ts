import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import type { Demand, Metric } from './condition.ts'
import { eventOperand } from './operand.ts'
import { type Operator, valueSchema, type When, wordsSchema } from './operator.ts'
import { findOperator, operators } from './operators/all.ts'

/** Time alone must not change what was counted: an event's own values are asked by operators that do not turn. */
const timeless = operators.filter(each => each.turningPoint === null)
const names: [string, ...string[]] = ['is', ...new Set(timeless.map(each => each.name))]

const demandSchema = z
  .strictObject({ property: wordsSchema.max(200), op: z.enum(names), value: valueSchema.optional() })
  .superRefine(({ op, value }, context) => {
    const found = findOperator(op, value)
    if ('problem' in found) context.addIssue({ code: 'custom', path: [found.at], message: found.problem })
  })

/** Demands on an event's own values; all of them must hold. */
export const whereSchema = z.array(demandSchema).max(20)

function operatorOf({ op, value }: Demand): Operator {
  const found = findOperator(op, value)
  if ('problem' in found) throw new Error(`${op} ${found.problem}`)
  return found
}

/** Whether an event (alias `event`) fulfils the demands; never null. */
export function compileDemands(where: Demand[], type: string, when: When): RawBuilder<boolean> {
  if (where.length === 0) return sql<boolean>`true`
  const parts = where.map(demand =>
    operatorOf(demand).compile(eventOperand(demand.property, type, when.zone), demand.value, when),
  )
  return sql<boolean>`(${sql.join(parts, sql` and `)})`
}

/**
 * Whether an event (alias `event`) is one of a metric's. Only what people did is counted; this is
 * `isHuman` of the activity catalogue in SQL.
 */
export function compileMetric(metric: Metric, when: When): RawBuilder<boolean> {
  const name = metric.name === null ? sql`` : sql` and event.name = ${metric.name}::text`
  return sql<boolean>`(event.type = ${metric.event}::text${name} and event.data -> 'bot' is distinct from 'true'::jsonb
    and coalesce(event.data ->> 'verdict', 'human') = 'human' and ${compileDemands(metric.where, metric.event, when)})`
}

/** Two conditions that count the same thing have the same key, however they are written down. */
export function metricKey(metric: Metric): string {
  const demands = metric.where.map(({ property, op, value }) => JSON.stringify([property, op, value ?? null]))
  return JSON.stringify([metric.event, metric.name, ...[...new Set(demands)].sort()])
}

/** "path starts with “/pricing” and amount is at least 5" */
export function describeDemands(where: Demand[]): string {
  return where.map(demand => `${demand.property} ${operatorOf(demand).describe(demand.value)}`).join(' and ')
}
