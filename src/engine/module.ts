import type { FastifyInstance } from 'fastify'
import type { Db } from '#platform/db/db.ts'
import type { Route } from '#platform/http/route.ts'
import type { JobDefinition } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import {
  countDueTimers,
  duePending,
  exportTimers,
  forgetContact,
  nextDue,
  repointContact,
} from './contact.sql.ts'
import type { LaneHolder } from './lanes.ts'
import { countParked } from './parked.ts'
import type { Reactor } from './reactor.ts'
import { systemRoutes } from './system.routes.ts'
import { backlog } from './work.ts'

/** Something that runs beside the engine for as long as a worker lives; it ends soon after `signal` is aborted. */
export type Loop = {
  name: string
  role: 'worker'
  run(services: Services, signal: AbortSignal, worker: LaneHolder): Promise<void>
}

/** What a room hands to app.ts. Nothing registers itself. */
export type Module = {
  name: string
  /** Routes of the office: screens and API. */
  routes?: Route[]
  office?(app: FastifyInstance, services: Services): Promise<void>
  /** Routes of the street: anybody. */
  streetRoutes?: Route[]
  street?(app: FastifyInstance, services: Services): Promise<void>
  /** In the order in which they run within a round. */
  reactors?: Reactor[]
  jobs?: JobDefinition[]
  loops?: Loop[]
  /** Work due by `now` that is not done yet; the sandbox clock waits until all rooms say 0. */
  pending?(db: Db, now: Date): Promise<number>
  /** The next moment after `now` at which something becomes due. */
  nextDue?(db: Db, now: Date): Promise<Date | null>
  /** What goes off when an installation that was restored is armed, in words for people. */
  waiting?(db: Db, now: Date): Promise<{ words: string; count: number }[]>
  /** Tables whose rows mean nothing on another machine or day (leases, sessions): backups leave them out. */
  transient?: string[]
  health?(services: Services): Promise<{ ok: boolean; words: string }[]>
  /** How many definitions this person answers for, by kind. */
  owned?(db: Db, userId: string): Promise<{ kind: string; count: number }[]>
  /** Makes another person answer for all of them. */
  handOver?(trx: Db, from: string, to: string): Promise<void>
  /** Names owner and next review day of something live or paused; its name, or null where the room has no such thing. */
  renew?(
    trx: Db,
    thing: { kind: string; id: string },
    steward: { ownerId: string; reviewOn: string },
  ): Promise<string | null>
  /** Removes all that is held about contacts. */
  forget?(trx: Db, contactIds: string[]): Promise<void>
  /** All that is held about a contact, as JSON for the person himself. */
  exportContact?(db: Db, contactId: string): Promise<unknown>
  /** Moves all rows of contact `from` to `to`: a visitor became known, two records became one. */
  repoint?(trx: Db, from: string, to: string): Promise<void>
}

/** Work that is older than this means that the workers do not keep up, or that there are none. */
const lateSeconds = 60

async function health({ db }: Services): Promise<{ ok: boolean; words: string }[]> {
  const [{ rows, oldestSeconds }, parked] = await Promise.all([backlog(db), countParked(db)])
  const late = oldestSeconds > lateSeconds
  const age = Math.round(oldestSeconds)
  return [
    late
      ? {
          ok: false,
          words: `Work waits for ${age} seconds (${rows} batches): the workers do not keep up, or none runs.`,
        }
      : { ok: true, words: 'What happens to contacts is worked through without delay.' },
    {
      ok: true,
      words:
        parked === 0
          ? 'Nothing had to be put aside.'
          : `${parked} item${parked === 1 ? ' was' : 's were'} put aside because they failed: see System, Parked.`,
    },
  ]
}

/** Lanes, ticks, timers and work. It knows no marketing; what a contact is to it is a number. */
export const engineModule: Module = {
  name: 'engine',
  routes: systemRoutes,
  pending: duePending,
  nextDue,
  waiting: async (db, now) => [{ words: 'steps whose time has come', count: await countDueTimers(db, now) }],
  transient: ['engine.lane', 'engine.worker'],
  health,
  forget: forgetContact,
  exportContact: exportTimers,
  repoint: repointContact,
}
