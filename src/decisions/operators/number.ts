import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { type Operand, type Operator, operator } from '../operator.ts'

const numberSchema = z.number({ error: 'must be a number' }).min(-1e15).max(1e15)

const compare = ({ number }: Operand, sign: RawBuilder<unknown>, value: number) =>
  sql<boolean>`coalesce(${number} ${sign} ${String(value)}::numeric, false)`

/** What has no number is on neither side of a comparison: "at most 5" is not "not more than 5". */
function comparison(name: string, title: string, sign: RawBuilder<unknown>): Operator {
  return operator<number>({
    name,
    families: ['number'],
    negation: null,
    title,
    value: numberSchema,
    describe: value => `${title} ${value}`,
    compile: (operand, value) => compare(operand, sign, value),
  })
}

export const numberOperators: Operator[] = [
  operator<number>({
    name: 'is',
    families: ['number'],
    negation: 'is_not',
    title: 'is',
    value: numberSchema,
    describe: value => `is ${value}`,
    compile: (operand, value) => compare(operand, sql`=`, value),
  }),
  operator<number>({
    name: 'is_not',
    families: ['number'],
    negation: 'is',
    title: 'is not',
    value: numberSchema,
    describe: value => `is not ${value}`,
    compile: (operand, value) => sql<boolean>`not ${compare(operand, sql`=`, value)}`,
  }),
  comparison('more_than', 'is more than', sql`>`),
  comparison('at_least', 'is at least', sql`>=`),
  comparison('less_than', 'is less than', sql`<`),
  comparison('at_most', 'is at most', sql`<=`),
]
