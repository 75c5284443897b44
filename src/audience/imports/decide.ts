import type { ImportOptions } from './shape.ts'
import type { Said } from './values.ts'

/** A contact as far as an import asks: what it holds, its lists among those in question, its word on marketing. */
export type State = {
  exists: boolean
  values: Record<string, unknown>
  /** The domain and the name of its company, in lower case. */
  company: string[]
  lists: Set<string>
  word: 'none' | 'said' | 'withdrawn'
  suppressed: boolean
}

export type Outcome = 'added' | 'updated' | 'unchanged'
export type Decision = {
  said: Said
  outcome: Outcome
  /** What is to be written, and what stood there before. */
  write: Record<string, unknown>
  before: Record<string, unknown>
  joins: string[]
  grants: boolean
  /** Is written to and asked to confirm. */
  asks: boolean
  withdraws: boolean
}

export const nobody = (suppressed = false): State => ({
  exists: false,
  values: {},
  company: [],
  lists: new Set(),
  word: 'none',
  suppressed,
})

/**
 * What becomes of rows, one after the other: a later row about the same address finds what the earlier one left.
 * `states` holds everybody who is known already, by address, and is carried on. A withdrawal is always taken; consent
 * is only given to, or asked of, those who have said nothing at all, and never where the address is suppressed.
 */
export function decideRows(rows: Said[], states: Map<string, State>, options: ImportOptions): Decision[] {
  return rows.map(said => {
    const state = states.get(said.address) ?? nobody()
    states.set(said.address, state)
    if (state.exists && options.existing === 'skip') return nothing(said)
    const isNew = !state.exists
    const write = wanted(said, state, options)
    const before = Object.fromEntries(Object.keys(write).map(key => [key, heldBy(state, key)]))
    const joins = [...new Set([...options.listIds, ...said.listIds])].filter(id => !state.lists.has(id))
    const withdraws = said.optOut && state.word !== 'withdrawn'
    const { consent } = options
    const isOpen = consent !== null && !said.optOut && state.word === 'none' && !state.suppressed
    const asks = isOpen && consent.basis === 'ask'
    const grants = isOpen && !asks
    carry(state, said, { write, joins, withdraws, speaks: isOpen })
    const changed = Object.keys(write).length > 0 || joins.length > 0 || withdraws || isOpen
    const outcome = isNew ? 'added' : changed ? 'updated' : 'unchanged'
    return { said, outcome, write, before, joins, grants, asks, withdraws }
  })
}

const nothing = (said: Said): Decision => ({
  said,
  outcome: 'unchanged',
  write: {},
  before: {},
  joins: [],
  grants: false,
  asks: false,
  withdraws: false,
})

const heldBy = (state: State, key: string) =>
  key === 'company' ? (state.company[0] ?? null) : (state.values[key] ?? null)

function wanted(said: Said, state: State, { existing }: ImportOptions): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(said.values).filter(([key, value]) => {
      const is = heldBy(state, key)
      if (is !== null && existing === 'fill') return false
      return key === 'company' ? !state.company.includes(String(value)) : is !== value
    }),
  )
}

function carry(
  state: State,
  said: Said,
  done: Pick<Decision, 'write' | 'joins' | 'withdraws'> & { speaks: boolean },
): void {
  const { company, ...values } = done.write
  state.exists = true
  Object.assign(state.values, values)
  if (company !== undefined)
    state.company = [said.company?.domain, said.company?.name].flatMap(text => text?.toLowerCase() ?? [])
  for (const id of done.joins) state.lists.add(id)
  if (done.withdraws) state.word = 'withdrawn'
  else if (done.speaks) state.word = 'said'
}
