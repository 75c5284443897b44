import { type Db, one, run, sql } from './db/db.ts'

/** Business time. Every decision about a contact takes its time from here; leases and logs do not. */
export type Clock = { now(): Date }

/** A clock that can be moved: the sandbox's. */
export type MovableClock = Clock & {
  /** How far business time is ahead of the machine's, in milliseconds. */
  offsetMs(): number
  /** Takes over what another process has moved it to. */
  refresh(db: Db): Promise<void>
}

/** Real time plus the offset stored in the database; live installations never move it. */
export function createClock(): MovableClock {
  let offset = 0
  return {
    now: () => new Date(Date.now() + offset),
    offsetMs: () => offset,
    async refresh(db) {
      const row = await one<{ offset: string }>(db, sql`select offset_ms::text as offset from platform.clock`)
      offset = Number(row.offset)
    },
  }
}

/** Moves business time forward to `to` for all processes. It never goes back: what was decided stays decided. */
export async function moveClock(db: Db, clock: MovableClock, to: Date): Promise<void> {
  const offset = Math.max(to.getTime() - Date.now(), clock.offsetMs())
  await run(db, sql`update platform.clock set offset_ms = greatest(offset_ms, ${Math.ceil(offset)}::bigint)`)
  await run(db, sql`select pg_notify('tend_clock', '')`)
  await clock.refresh(db)
}
