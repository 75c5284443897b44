import type { Value, Values } from './connector.ts'
import { optOut, type Rule } from './mapping.ts'
import { same } from './values.ts'

/** What both sides agreed on last. Where a side keeps a value differently, its own spelling of it. */
export type Base = Record<string, Agreed>
export type Agreed = Value | { l: Value; r: Value }

export type MergeField = {
  name: string
  rule: Rule
  blank: 'keep' | 'clear'
  /** What a value of ours looks like after it has been there, where something is lost on the way. */
  comesBack?: (ours: Value) => Value
}
export type Clash = { field: string; ours: Value; theirs: Value; winner: 'crm' | 'tend' }

export type MergeInput = {
  fields: MergeField[]
  ours: Values
  /** In our terms; a field that is absent was not read or has no counterpart here. */
  theirs: Values
  base: Base
  /** What is or was on its way there: found there, it is our own word. */
  sent: Values | null
  frozen: string[]
  winner: 'crm' | 'tend'
}

export type Merged = {
  here: Values
  there: Values
  base: Base
  clashes: Clash[]
  /** Fields of which one side's change was undone: what happens again and again is a fight. */
  fights: string[]
}

export function agreed(entry: Agreed | undefined): { l: Value; r: Value } | null {
  if (entry === undefined) return null
  if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) return entry
  return { l: entry, r: entry }
}

export const agree = (l: Value, r: Value): Agreed => (JSON.stringify(l) === JSON.stringify(r) ? l : { l, r })

/**
 * Three-way merge, field by field: what each side says now against what both agreed on last. `here` is to be written
 * here and agreed on at once; `there` is to be written there and agreed on when the CRM has confirmed it.
 */
export function merge(input: MergeInput): Merged {
  const result: Merged = { here: {}, there: {}, base: { ...input.base }, clashes: [], fights: [] }
  for (const field of input.fields) {
    const theirs = input.theirs[field.name]
    if (theirs === undefined || input.frozen.includes(field.name)) continue
    mergeField(field, { ours: input.ours[field.name] ?? null, theirs }, input, result)
  }
  return result
}

type Sides = { ours: Value; theirs: Value }

function mergeField(field: MergeField, { ours, theirs }: Sides, input: MergeInput, result: Merged): void {
  const { name, rule } = field
  if (name === optOut) {
    stricter({ ours, theirs }, result)
    return
  }
  if (means(field, ours, theirs)) {
    result.base[name] = agree(ours, theirs)
    return
  }
  if (rule === 'none') return
  const last = lastOf(field, theirs, input)
  const changedHere = last === null || !same(ours, last.l, name)
  const changedThere = last === null || !same(theirs, last.r, name)
  if (last && !changedHere && !changedThere) {
    result.base[name] = agree(last.l, last.r)
    return
  }
  const judged = { ours, theirs, changedHere, changedThere, known: last !== null }
  const asked = directionOf(rule, judged)
  if (asked === 'clash') result.clashes.push({ field: name, ours, theirs, winner: input.winner })
  const direction = asked === 'clash' ? (input.winner === 'crm' ? 'here' : 'there') : asked
  if (last && (direction === 'here' ? changedHere : changedThere)) result.fights.push(name)
  take(direction, field, judged, result)
}

/** Our own word, found there after an answer that never came, counts as agreed. */
function lastOf(field: MergeField, theirs: Value, { base, sent }: MergeInput): { l: Value; r: Value } | null {
  const word = sent?.[field.name]
  if (word !== undefined && means(field, word, theirs)) return { l: word, r: theirs }
  return agreed(base[field.name])
}

/** Whether theirs is ours, as it is or as it comes back from there. */
function means({ name, comesBack }: MergeField, ours: Value, theirs: Value): boolean {
  return same(ours, theirs, name) || (comesBack !== undefined && same(comesBack(ours), theirs, name))
}

type Judged = Sides & { changedHere: boolean; changedThere: boolean; known: boolean }

function directionOf(rule: Rule, side: Judged): 'here' | 'there' | 'clash' {
  if (rule === 'crm') return 'here'
  if (rule === 'tend') return 'there'
  if (rule === 'crm_unless_blank') {
    // Theirs became empty after it was not: cleared on purpose.
    if (side.theirs === null && !(side.known && side.changedThere)) return 'there'
    return 'here'
  }
  if (!side.known) {
    if (side.ours === null) return 'here'
    return side.theirs === null ? 'there' : 'clash'
  }
  if (side.changedHere && side.changedThere) return 'clash'
  return side.changedThere ? 'here' : 'there'
}

/**
 * An empty value that may not empty the other side is how things stand, and both agree to differ. When two records
 * meet for the first time, nothing is emptied by any rule.
 */
function take(
  direction: 'here' | 'there',
  field: MergeField,
  { ours, theirs, known }: Judged,
  result: Merged,
): void {
  const value = direction === 'here' ? theirs : ours
  if (value === null && (field.blank === 'keep' || !known)) {
    result.base[field.name] = agree(ours, theirs)
  } else if (direction === 'here') {
    result.here[field.name] = theirs
    result.base[field.name] = theirs
  } else {
    result.there[field.name] = ours
  }
}

/** “Do not write to me” said on either side holds on both. */
function stricter({ ours, theirs }: Sides, result: Merged): void {
  if (ours === true && theirs !== true) result.there[optOut] = true
  else if (theirs === true && ours !== true) {
    result.here[optOut] = true
    result.base[optOut] = true
  } else result.base[optOut] = agree(ours, theirs)
}
