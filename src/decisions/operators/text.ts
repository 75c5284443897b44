import { type RawBuilder, sql } from '#platform/db/db.ts'
import { type Operand, type Operator, operator, quoted, wordsSchema } from '../operator.ts'

type Test = (actual: RawBuilder<string | null>, wanted: RawBuilder<string>) => RawBuilder<boolean>

/** A pair: what matches, and everybody else, those without a value among them. Case never matters. */
function pair(
  names: [string, string],
  titles: [string, string],
  families: Operator['families'],
  test: Test,
): Operator[] {
  const [name, opposite] = names
  const matches = ({ lower }: Operand, value: string) =>
    sql<boolean>`coalesce(${test(lower, sql<string>`lower(${value}::text)`)}, false)`
  return [
    operator<string>({
      name,
      families,
      negation: opposite,
      title: titles[0],
      value: wordsSchema,
      describe: value => `${titles[0]} ${quoted(value)}`,
      compile: matches,
    }),
    operator<string>({
      name: opposite,
      families,
      negation: name,
      title: titles[1],
      value: wordsSchema,
      describe: value => `${titles[1]} ${quoted(value)}`,
      compile: (operand, value) => sql<boolean>`not ${matches(operand, value)}`,
    }),
  ]
}

export const textOperators: Operator[] = [
  ...pair(['is', 'is_not'], ['is', 'is not'], ['text', 'choice'], (a, b) => sql<boolean>`${a} = ${b}`),
  ...pair(
    ['contains', 'does_not_contain'],
    ['contains', 'does not contain'],
    ['text'],
    (a, b) => sql<boolean>`strpos(${a}, ${b}) > 0`,
  ),
  ...pair(
    ['starts_with', 'does_not_start_with'],
    ['starts with', 'does not start with'],
    ['text'],
    (a, b) => sql<boolean>`starts_with(${a}, ${b})`,
  ),
  ...pair(
    ['ends_with', 'does_not_end_with'],
    ['ends with', 'does not end with'],
    ['text'],
    (a, b) => sql<boolean>`right(${a}, length(${b})) = ${b}`,
  ),
]
