import { z } from 'zod'
import { type RawBuilder, sql } from '#platform/db/db.ts'
import { type Family, type Operand, type Operator, operator, quoted, wordsSchema } from '../operator.ts'

type Choices = (string | number)[]
const choicesSchema = z
  .array(z.union([wordsSchema, z.number().min(-1e15).max(1e15)]), { error: 'must be a list' })
  .min(1, 'must name at least one')
  .max(500)
const everyFamily: Family[] = ['text', 'number', 'choice', 'boolean', 'date']

const listed = (values: Choices) =>
  values
    .map(value => (typeof value === 'string' ? quoted(value) : String(value)))
    .join(values.length > 2 ? ', ' : ' or ')

function matches({ lower, number }: Operand, values: Choices): RawBuilder<boolean> {
  const words = values.filter(value => typeof value === 'string')
  const numbers = values.filter(value => typeof value === 'number')
  const parts: RawBuilder<boolean>[] = []
  if (words.length > 0)
    parts.push(sql<boolean>`${lower} in (${sql.join(words.map(word => sql`lower(${word}::text)`))})`)
  if (numbers.length > 0)
    parts.push(sql<boolean>`${number} in (${sql.join(numbers.map(value => sql`${String(value)}::numeric`))})`)
  return sql<boolean>`(${sql.join(
    parts.map(part => sql`coalesce(${part}, false)`),
    sql` or `,
  )})`
}

// An empty text is no value.
const isSet = ({ text }: Operand) => sql<boolean>`coalesce(${text} <> '', false)`
const noValue = z.undefined({ error: 'takes no value' })

export const choiceOperators: Operator[] = [
  operator<Choices>({
    name: 'is_any_of',
    families: ['text', 'choice', 'number'],
    negation: 'is_none_of',
    title: 'is any of',
    value: choicesSchema,
    describe: values => `is ${listed(values)}`,
    compile: matches,
  }),
  operator<Choices>({
    name: 'is_none_of',
    families: ['text', 'choice', 'number'],
    negation: 'is_any_of',
    title: 'is none of',
    value: choicesSchema,
    describe: values => `is none of ${listed(values)}`,
    compile: (operand, values) => sql<boolean>`not ${matches(operand, values)}`,
  }),
  operator<undefined>({
    name: 'is_set',
    families: everyFamily,
    negation: 'is_not_set',
    title: 'has a value',
    value: noValue,
    describe: () => 'has a value',
    compile: isSet,
  }),
  operator<undefined>({
    name: 'is_not_set',
    families: everyFamily,
    negation: 'is_set',
    title: 'has no value',
    value: noValue,
    describe: () => 'has no value',
    compile: operand => sql<boolean>`not ${isSet(operand)}`,
  }),
]
