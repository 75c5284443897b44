import type { Services } from '#platform/services.ts'
import { type Budget, type CallLane, openBudget } from './budget.ts'
import type { ConnectionRow } from './connections.sql.ts'
import type { Connection } from './connector.ts'
import type { Mapping, ObjectMap } from './mapping.ts'
import type { Work } from './sides/side.ts'
import { open } from './wire.ts'

/** One connection being worked on, with the calls it may make. */
export type Run = {
  services: Services
  connection: ConnectionRow
  mapping: Mapping
  budget: Budget
  crm(lane: CallLane): Connection
}

/** What changes of a connection are signed with. */
export const sourceOf = (connection: Pick<ConnectionRow, 'name'>): string => `CRM ${connection.name}`

/** Opens a connection for work; `budget` is kept by who has opened it before. */
export async function openRun(
  services: Services,
  connection: ConnectionRow,
  mapping: Mapping,
  kept?: Budget,
): Promise<Run> {
  const budget = kept ?? (await openBudget(services.db, connection.id, connection.callsPerDay))
  const opened = new Map<CallLane, Connection>()
  return {
    services,
    connection,
    mapping,
    budget,
    crm(lane) {
      const known = opened.get(lane) ?? open(services, connection, budget, lane)
      opened.set(lane, known)
      return known
    },
  }
}

/** The work on one object. */
export function workOn(run: Run, object: ObjectMap, muted = false): Work {
  const { services, connection, mapping } = run
  return {
    services,
    connection,
    mapping,
    object,
    now: services.clock.now(),
    source: sourceOf(connection),
    muted,
  }
}
