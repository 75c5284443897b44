import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { type Operand, type Operator, operator } from '../operator.ts'

const flagSchema = z.boolean({ error: 'must be true or false' })
const words = (value: boolean) => (value ? 'yes' : 'no')

// The text of JSON's true is "true"; the word itself counts too.
const matches = ({ lower }: Operand, value: boolean) =>
  sql<boolean>`coalesce(${lower} = ${String(value)}::text, false)`

export const booleanOperators: Operator[] = [
  operator<boolean>({
    name: 'is',
    families: ['boolean'],
    negation: 'is_not',
    title: 'is',
    value: flagSchema,
    describe: value => `is ${words(value)}`,
    compile: matches,
  }),
  operator<boolean>({
    name: 'is_not',
    families: ['boolean'],
    negation: 'is',
    title: 'is not',
    value: flagSchema,
    describe: value => `is not ${words(value)}`,
    compile: (operand, value) => sql<boolean>`not ${matches(operand, value)}`,
  }),
]
