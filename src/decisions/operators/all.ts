import type { Family, Operator, Value } from '../operator.ts'
import { booleanOperators } from './boolean.ts'
import { choiceOperators } from './choice.ts'
import { dateOperators } from './date.ts'
import { numberOperators } from './number.ts'
import { textOperators } from './text.ts'

export const operators: Operator[] = [
  ...textOperators,
  ...numberOperators,
  ...dateOperators,
  ...booleanOperators,
  ...choiceOperators,
]

/** Every name, once: `is` stands for text, numbers and yes/no, told apart by the value it is given. */
export const operatorNames: [string, ...string[]] = [
  'is',
  ...new Set(operators.map(each => each.name).filter(name => name !== 'is')),
]

/**
 * The operator of this name for this value; `family` narrows it to those that fit a field's type. Gives words for
 * what is wrong where there is none.
 */
export function findOperator(
  name: string,
  value: Value,
  family?: Family,
): Operator | { problem: string; at: 'op' | 'value' } {
  const named = operators.filter(each => each.name === name)
  if (named.length === 0) return { problem: `is no operator. Known: ${operatorNames.join(', ')}`, at: 'op' }
  const fitting = family ? named.filter(each => each.families.includes(family)) : named
  if (fitting.length === 0) return { problem: `cannot be asked of a ${family} field`, at: 'op' }
  const found = fitting.find(each => each.accepts(value))
  if (found) return found
  const problems = fitting.map(
    each => each.value.safeParse(value).error?.issues[0]?.message ?? 'is not valid',
  )
  return { problem: [...new Set(problems)].join(' or '), at: 'value' }
}

/** The operators that a field of this type is offered. */
export function operatorsFor(family: Family): Operator[] {
  return operators.filter(each => each.families.includes(family))
}
