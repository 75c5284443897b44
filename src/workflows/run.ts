import type { NewEvent, Tick } from '#engine/reactor.ts'
import type { Plan } from './definition.ts'
import type { Published } from './shelf.ts'
import type { Traveller, World } from './travel.ts'

/** What a run of the engine works on. */
export type Run = {
  tick: Tick
  published: ReadonlyMap<string, Published>
  planOf: (id: string, number: number) => Plan
  world: World
  out: NewEvent[]
  /** A change of direction by steps is rare; entries made by steps are followed within the same run. */
  all: Traveller[]
  /** Who came into what in this run, as "contact:workflow". */
  entered: Set<string>
}

/** The kind of our timers. */
export const timerKind = 'workflow'
