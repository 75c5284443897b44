import type { z } from 'zod'
import type { Thing } from '#access/references.ts'
import type { RawBuilder } from '#platform/db/db.ts'
import type { When } from './operator.ts'

/** The contacts that a statement looks at. Sub-selects on other tables repeat it, so that they stay as small. */
export type Scope =
  | { of: 'all' }
  | { of: 'ids'; ids: string[] }
  | { of: 'range'; after: string; upTo: string }

/** What conditions may know of a contact's counters at no further price: sums from a day on, and last days. */
export type Tally = {
  sum(metricId: string, from: string | null): RawBuilder<number>
  /** The last day, not before `from`, as a date or null. */
  lastDay(metricId: string, from: string): RawBuilder<string | null>
}

export type Share = <T>(key: string, value: RawBuilder<T>) => RawBuilder<T>

/** What a condition is compiled with. The alias of audience.contact in the statement is `contact`. */
export type Context = When & {
  scope: Scope
  /** Metrics whose counters may be used: canonical key -> id. Others are counted from the ledger itself. */
  metrics: ReadonlyMap<string, string>
  /** Counters that the statement has joined; null: ask for yourself. */
  tally: Tally | null
  /** Has the statement work out once per contact what several conditions look at; `key` names the expression. */
  share: Share | null
}

/** "Look again when an event of this type comes." `about` narrows it: an event's name, a field, a list. */
export type Wake = { type: string; about?: string }

/** What is counted: events of a type, maybe of one name, maybe with demands on their values. */
export type Metric = { event: string; name: string | null; where: Demand[] }
export type Demand = {
  property: string
  op: string
  value?: string | number | boolean | (string | number)[] | undefined
}

/** The name of what a condition points at, for sentences; undefined when it is gone. */
export type Names = (thing: Thing) => string | undefined

/** How a kind of condition is written down. One file in `conditions/`, one line in `conditions/all.ts`. */
export type ConditionKind<S> = {
  type: string
  title: string
  schema: z.ZodType<S>
  /** Rough price per contact; cheap ones are asked first. A column is 1. */
  cost(settings: S): number
  describe(settings: S, names: Names): string
  /** The events that can change the answer. That a contact appears or is joined wakes every filter anyhow. */
  wakesOn(settings: S): Wake[]
  uses?(settings: S): Thing[]
  metrics?(settings: S): Metric[]
  /** A boolean over the alias `contact` that is never null. */
  compile(settings: S, context: Context): RawBuilder<boolean>
  /** The value that the answer came from, for "why": anything that to_jsonb takes. */
  actual(settings: S, context: Context): RawBuilder<unknown>
  /** The next moment after now at which time alone changes the answer (null: none), or null for conditions that do not turn. */
  turningPoint?(settings: S, context: Context): RawBuilder<Date | null> | null
}

/** A condition with its settings, ready to be asked. */
export type Condition = {
  type: string
  cost: number
  wakes: Wake[]
  uses: Thing[]
  metrics: Metric[]
  describe(names: Names): string
  compile(context: Context): RawBuilder<boolean>
  actual(context: Context): RawBuilder<unknown>
  turningPoint(context: Context): RawBuilder<Date | null> | null
}

/** A kind with its settings' type closed over, so that all kinds fit one list. */
export type Kind = {
  type: string
  title: string
  schema: z.ZodType
  /** Reads raw settings; throws ZodError when they are not valid. */
  bind(raw: unknown): Condition
}

/** Declares a kind of condition. */
export function conditionKind<S>(kind: ConditionKind<S>): Kind {
  return {
    type: kind.type,
    title: kind.title,
    schema: kind.schema,
    bind(raw) {
      const settings = kind.schema.parse(raw)
      return {
        type: kind.type,
        cost: kind.cost(settings),
        wakes: kind.wakesOn(settings),
        uses: kind.uses?.(settings) ?? [],
        metrics: kind.metrics?.(settings) ?? [],
        describe: names => kind.describe(settings, names),
        compile: context => kind.compile(settings, context),
        actual: context => kind.actual(settings, context),
        turningPoint: context => kind.turningPoint?.(settings, context) ?? null,
      }
    },
  }
}
