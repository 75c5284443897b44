/**
 * Conditions of forms. This file imports nothing, so that the server and the form script in the browser ask the very
 * same code; its operators mean what those of the filter language mean.
 */
export type Answer = string | number | boolean | string[] | null
export type Answers = Readonly<Record<string, Answer | undefined>>

/** One question about one field, or a group of them. An empty group says yes. */
export type Logic =
  | { all: Logic[] }
  | { any: Logic[] }
  | { not: Logic }
  | { field: string; op: string; value?: string | number | boolean | (string | number)[] | undefined }

type Text = (actual: string, wanted: string) => boolean
type Compare = (actual: number, wanted: number) => boolean

const texts: Record<string, Text> = {
  is: (a, b) => a === b,
  contains: (a, b) => a.includes(b),
  starts_with: (a, b) => a.startsWith(b),
  ends_with: (a, b) => a.endsWith(b),
}
const numbers: Record<string, Compare> = {
  is: (a, b) => a === b,
  more_than: (a, b) => a > b,
  at_least: (a, b) => a >= b,
  less_than: (a, b) => a < b,
  at_most: (a, b) => a <= b,
}
/** Days are compared as they are written: 2026-11-23. */
const days: Record<string, Text> = { before: (a, b) => a < b, after: (a, b) => a > b, on: (a, b) => a === b }
const opposites: Record<string, string> = {
  is_not: 'is',
  does_not_contain: 'contains',
  does_not_start_with: 'starts_with',
  does_not_end_with: 'ends_with',
  is_none_of: 'is_any_of',
  is_not_set: 'is_set',
  not_on: 'on',
}

/** Every operator a form may use. */
export const logicOperators: readonly string[] = [
  ...new Set([...Object.keys(texts), ...Object.keys(numbers), ...Object.keys(days)]),
  'is_any_of',
  'is_set',
  ...Object.keys(opposites),
]

const isSet = (answer: Answer | undefined) =>
  answer !== undefined && answer !== null && answer !== '' && !(Array.isArray(answer) && answer.length === 0)

/** A text that is a plain decimal number is one; everything else is none. */
function numberOf(actual: string | number | boolean): number | null {
  if (typeof actual === 'number') return actual
  return /^\s*[+-]?\d+(\.\d+)?\s*$/.test(String(actual)) ? Number(actual) : null
}

function booleanOf(actual: string | number | boolean): boolean | null {
  const text = String(actual).toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : null
}

/** The day that a text begins with, if the calendar has it. */
function dayOf(actual: string | number | boolean): string | null {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(String(actual))?.[0]
  const moment = new Date(day ?? '')
  return day && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day) ? day : null
}

function one(actual: string | number | boolean, op: string, wanted: unknown): boolean {
  if (typeof wanted === 'boolean') return op === 'is' && booleanOf(actual) === wanted
  if (typeof wanted === 'number') {
    const number = numberOf(actual)
    const compare = Object.hasOwn(numbers, op) ? numbers[op] : undefined
    return number !== null && (compare?.(number, wanted) ?? false)
  }
  const compareDays = Object.hasOwn(days, op) ? days[op] : undefined
  if (compareDays) {
    const day = dayOf(actual)
    return day !== null && compareDays(day, String(wanted))
  }
  const text = Object.hasOwn(texts, op) ? texts[op] : undefined
  return text?.(String(actual).toLowerCase(), String(wanted).toLowerCase()) ?? false
}

function question(answer: Answer | undefined, op: string, wanted: unknown): boolean {
  const opposite = Object.hasOwn(opposites, op) ? opposites[op] : undefined
  if (opposite) return !question(answer, opposite, wanted)
  if (op === 'is_set') return isSet(answer)
  if (answer === undefined || answer === null || !isSet(answer)) return false
  const given = Array.isArray(answer) ? answer : [answer]
  if (op === 'is_any_of')
    return (Array.isArray(wanted) ? wanted : []).some(each => given.some(value => one(value, 'is', each)))
  return given.some(value => one(value, op, wanted))
}

/** Whether the answers given so far satisfy a condition. */
export function holds(logic: Logic, answers: Answers): boolean {
  if ('all' in logic) return logic.all.every(part => holds(part, answers))
  if ('any' in logic) return logic.any.length === 0 || logic.any.some(part => holds(part, answers))
  if ('not' in logic) return !holds(logic.not, answers)
  return question(answers[logic.field], logic.op, logic.value)
}

/** The fields that a condition looks at. */
export function fieldsIn(logic: Logic): string[] {
  if ('all' in logic) return logic.all.flatMap(fieldsIn)
  if ('any' in logic) return logic.any.flatMap(fieldsIn)
  if ('not' in logic) return fieldsIn(logic.not)
  return [logic.field]
}

type FlowField = { key: string; show?: Logic | null | undefined }
type FlowStep = {
  id: string
  fields: readonly FlowField[]
  jumps: readonly { when: Logic; to: string }[]
}

/**
 * The way through a form with these answers: the steps that are reached, in order, and the fields that are shown on
 * them. An answer counts for later questions only where its own field is shown. Jumps lead forward only.
 */
export function walk(steps: readonly FlowStep[], answers: Answers): { steps: string[]; shown: Set<string> } {
  const shown = new Set<string>()
  const counted: Record<string, Answer | undefined> = {}
  const way: string[] = []
  for (let at = 0; at < steps.length; ) {
    const step = steps[at]
    if (!step) break
    way.push(step.id)
    for (const field of step.fields) {
      if (field.show && !holds(field.show, counted)) continue
      shown.add(field.key)
      counted[field.key] = answers[field.key]
    }
    const jump = step.jumps.find(each => holds(each.when, counted))
    const to = jump
      ? jump.to === 'end'
        ? steps.length
        : steps.findIndex(each => each.id === jump.to)
      : at + 1
    at = to > at ? to : at + 1
  }
  return { steps: way, shown }
}
