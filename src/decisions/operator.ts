import { z } from 'zod'
import type { RawBuilder } from '#platform/db/db.ts'

/** A value as SQL sees it, in the readings that operators ask for. Each is null where there is no such reading. */
export type Operand = {
  text: RawBuilder<string | null>
  /** The text without regard to case: what comparisons of text look at. */
  lower: RawBuilder<string | null>
  /** numeric; of a text only a plain decimal number counts. */
  number: RawBuilder<string | null>
  /** timestamptz; a day without a time begins at midnight in the workspace zone. */
  moment: RawBuilder<Date | null>
}

/** When a filter is asked: business time, the workspace zone, and the calendar day that it is there. */
export type When = {
  now: Date
  zone: string
  today: string
  /** The beginning of a day from tomorrow to `within` days ahead, looked up in a calendar that the statement holds. */
  soon?: ((day: RawBuilder<unknown>, within: number) => RawBuilder<Date>) | undefined
}

export const families = ['text', 'number', 'date', 'boolean', 'choice'] as const
export type Family = (typeof families)[number]

/** What a condition compares with. */
export const valueSchema = z.union([
  z.string().max(1000),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string().max(1000), z.number()])).max(500),
])
export type Value = z.infer<typeof valueSchema> | undefined

/**
 * How an operator is written down. `compile` gives a boolean that is never null: a missing value is an answer,
 * not an accident. An operator with a `negation` and that negation split every audience in two.
 */
export type OperatorKind<V> = {
  name: string
  /** The types of fields it is offered for. */
  families: Family[]
  negation: string | null
  /** `is at least`, as the builder shows it. */
  title: string
  value: z.ZodType<V>
  describe(value: V): string
  compile(operand: Operand, value: V, when: When): RawBuilder<boolean>
  /** The next moment after now at which time alone changes the answer, null where there is none. */
  turningPoint?(operand: Operand, value: V, when: When): RawBuilder<Date | null>
}

/** An operator with the type of its value closed over, so that all fit one list. */
export type Operator = {
  name: string
  families: Family[]
  negation: string | null
  title: string
  value: z.ZodType
  accepts(value: Value): boolean
  describe(value: Value): string
  compile(operand: Operand, value: Value, when: When): RawBuilder<boolean>
  turningPoint: ((operand: Operand, value: Value, when: When) => RawBuilder<Date | null>) | null
}

/** Declares an operator. */
export function operator<V>(kind: OperatorKind<V>): Operator {
  const { turningPoint } = kind
  return {
    name: kind.name,
    families: kind.families,
    negation: kind.negation,
    title: kind.title,
    value: kind.value,
    accepts: value => kind.value.safeParse(value).success,
    describe: value => kind.describe(kind.value.parse(value)),
    compile: (operand, value, when) => kind.compile(operand, kind.value.parse(value), when),
    turningPoint: turningPoint
      ? (operand, value, when) => turningPoint(operand, kind.value.parse(value), when)
      : null,
  }
}

/** “plan” */
export const quoted = (text: string) => `“${text}”`

/** Text that PostgreSQL can hold and somebody can mean. */
export const wordsSchema = z
  .string({ error: 'must be text' })
  .min(1, 'must not be empty')
  .max(1000)
  .refine(text => !text.includes('\u0000'), 'must not hold a NUL')
