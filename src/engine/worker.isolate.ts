import { type Db, inTransaction, sqlStateOf } from '#platform/db/db.ts'
import { insertParked } from './parked.ts'
import { type Entry, rowsOf } from './work.entries.ts'
import { insertWork } from './work.sql.ts'
import { openTick, type Pick, runTick, type Taken, type TickDeps, TickFailure, take } from './worker.tick.ts'

export type IsolateDeps = TickDeps & {
  /** Pauses before the second, third and fourth attempt of a contact; after that it is parked. */
  backOffMs: readonly number[]
}

/** How an isolation went: contacts put aside, parts that went through. */
export type Isolation = { failed: number; succeeded: number; gaveUp: boolean }

/** So many contacts failing with none going through is no poisonous contact: it is a fault of the whole. */
const hopeless = 8

/**
 * Finds the contacts that make a tick fail, by halving, and lets the others through. Gives up where everything
 * fails: then the fault is not with the contacts, and parking them all would only hide it.
 */
export async function isolate(
  deps: IsolateDeps,
  lanes: ReadonlyMap<number, string>,
  failure: TickFailure,
): Promise<Isolation> {
  const state: Isolation = { failed: 0, succeeded: 0, gaveUp: false }
  await narrow(deps, { lanes, failure, state })
  return state
}

type Search = { lanes: ReadonlyMap<number, string>; failure: TickFailure; state: Isolation }

async function narrow(deps: IsolateDeps, { lanes, failure, state }: Search): Promise<void> {
  const contacts = new Set(failure.taken.entries.map(entry => entry.contactId))
  if (contacts.size <= 1) {
    await putAside(deps, lanes, failure)
    state.failed++
    return
  }
  for (const half of await halve(deps, lanes, failure.taken)) {
    if (state.failed >= hopeless && state.succeeded === 0) state.gaveUp = true
    if (state.gaveUp) return
    try {
      await runTick(deps, lanes, half)
      state.succeeded++
    } catch (error) {
      if (!(error instanceof TickFailure) || isOutage(error.cause)) throw error
      await narrow(deps, { lanes, failure: error, state })
    }
  }
}

/** Takes once more what a failed tick had taken, and rewrites it: durable, so a crash in between loses nothing. */
function rewrite<T>(
  deps: IsolateDeps,
  input: { lanes: ReadonlyMap<number, string>; taken: Taken },
  work: (trx: Db, entries: Entry[]) => Promise<T>,
): Promise<T> {
  return inTransaction(deps.services.db, async trx => {
    const fence = await openTick(deps, trx, input.lanes)
    const pick: Pick = { kind: 'exactly', rows: input.taken.rows, timers: input.taken.timers }
    const again = await take(deps, trx, { lanes: fence.lanes, pick })
    return work(trx, again.entries)
  })
}

/** Splits rows and timers into two sets of rows, by contact. */
function halve(deps: IsolateDeps, lanes: ReadonlyMap<number, string>, taken: Taken): Promise<Pick[]> {
  return rewrite(deps, { lanes, taken }, async (trx, entries) => {
    const contacts = [...new Set(entries.map(entry => entry.contactId))]
    const first = new Set(contacts.slice(0, Math.ceil(contacts.length / 2)))
    const now = new Date()
    const placed = entries.map(entry => ({ ...entry, queuedAt: entry.queuedAt ?? now }))
    const halves = [
      placed.filter(entry => first.has(entry.contactId)),
      placed.filter(entry => !first.has(entry.contactId)),
    ]
    const picks: Pick[] = []
    for (const half of halves) {
      const rows = rowsOf(half)
      await insertWork(trx, rows)
      picks.push({
        kind: 'exactly',
        rows: rows.map(row => ({ lane: row.lane, queuedAt: row.queuedAt ?? now, id: row.id })),
        timers: [],
      })
    }
    return picks
  })
}

/** One contact that fails: another attempt later, or the car park. */
async function putAside(
  deps: IsolateDeps,
  lanes: ReadonlyMap<number, string>,
  failure: TickFailure,
): Promise<void> {
  const { cause } = failure
  await rewrite(deps, { lanes, taken: failure.taken }, async (trx, entries) => {
    if (entries.length === 0) return
    const attempt = Math.max(...entries.map(entry => entry.attempt)) + 1
    const pauseMs = deps.backOffMs[attempt - 1]
    const contactId = entries[0]?.contactId
    if (pauseMs !== undefined) {
      const notBefore = new Date(Date.now() + pauseMs)
      deps.services.log.warn(
        { contactId, attempt, pauseMs, reason: failure.message },
        'contact failed, will be tried again',
      )
      await insertWork(trx, rowsOf(entries.map(entry => ({ ...entry, attempt, notBefore }))))
      return
    }
    deps.services.log.error({ contactId, attempt, err: cause }, 'contact parked')
    const detail = cause instanceof Error ? (cause.stack ?? null) : null
    await insertParked(trx, [
      {
        kind: 'error',
        reason: failure.message,
        detail,
        entries: entries.map(entry => ({ ...entry, attempt })),
      },
    ])
  })
}

const networkErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])

/**
 * Whether the database or the way to it is at fault rather than what is processed: connection exceptions (08),
 * insufficient resources (53), operator intervention (57, but not 57014: a statement that took too long),
 * system errors (58), and what PostgreSQL asks to repeat (40).
 */
export function isOutage(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const state = sqlStateOf(at)
    if (state && /^(08|53|57P|58|40)/.test(state)) return true
    if ('code' in at && typeof at.code === 'string' && networkErrors.has(at.code)) return true
    if (/Connection terminated|connection timeout|timeout exceeded when trying to connect/i.test(at.message))
      return true
  }
  return false
}
