import { dayIn } from '#decisions/zone-days.ts'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { recountContacts } from './facts.sql.ts'
import { daysBetween, markSteps, setState } from './marks.ts'
import { compareDays, firstDay, type Part, parts, recountDays } from './rollup.sql.ts'

export type Ask = { zone: string; now: Date }

const contactsAtOnce = 2000
const daysAtOnce = 31

/** Only one process counts at a time; who finds another at it goes on with what stands there. */
const tryLock = sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(hashtext('tend.insight')) as mine`

/**
 * Counts anew what is marked: contacts first, for the days of messages are made from their facts. `mayCount` says
 * which days are worth it now. Returns false where another process is counting, or where much is left to do.
 */
export async function settle(
  db: Db,
  { zone, now }: Ask,
  limits: { contactBatches?: number; mayCount?(part: Part, day: string, tookMs: number): boolean } = {},
): Promise<boolean> {
  for (let batch = 0; ; batch += 1) {
    if (batch >= (limits.contactBatches ?? 1_000_000)) return false
    const done = await inTransaction(db, trx => settleContacts(trx))
    if (done === null) return false
    if (done < contactsAtOnce) break
  }
  await inTransaction(db, async trx => (await one(trx, tryLock)).mine && markSteps(trx, now, zone))
  const stale = await many<{ part: Part; day: string; tookMs: number }>(
    db,
    sql`select m.part, m.day::text as day, coalesce(c.took_ms, 0) as "tookMs"
      from (select distinct part, day from insight.mark) m
      left join insight.counted c on c.part = m.part and c.day = m.day order by m.part, m.day`,
  )
  const due = stale.filter(row => limits.mayCount?.(row.part, row.day, row.tookMs) ?? true)
  for (const part of parts) {
    const days = due.filter(row => row.part === part).map(row => row.day)
    for (const chunk of neighbours(days)) {
      const counted = await inTransaction(db, trx => settleDays(trx, part, { days: chunk, zone, now }))
      if (!counted) return false
    }
  }
  return due.length === stale.length
}

async function settleContacts(trx: Db): Promise<number | null> {
  if (!(await one(trx, tryLock)).mine) return null
  const marked = await many<{ contactId: string }>(
    trx,
    sql`delete from insight.contact_mark gone
      using (select contact_id, id from insight.contact_mark order by contact_id, id limit ${contactsAtOnce}) mine
      where gone.contact_id = mine.contact_id and gone.id = mine.id returning gone.contact_id as "contactId"`,
  )
  await recountContacts(trx, [...new Set(marked.map(row => row.contactId))])
  return marked.length
}

/** The marks go first: what is marked while we count stays marked. */
async function settleDays(
  trx: Db,
  part: Part,
  { days, zone, now }: { days: string[] } & Ask,
): Promise<boolean> {
  if (!(await one(trx, tryLock)).mine) return false
  await run(trx, sql`delete from insight.mark where part = ${part} and day = any(${days}::date[])`)
  const began = performance.now()
  await recountDays(trx, part, { days, zone })
  const tookMs = Math.round((performance.now() - began) / days.length)
  await run(
    trx,
    sql`insert into insight.counted (part, day, zone, at, took_ms)
      select ${part}, day, ${zone}, ${now}, ${tookMs} from unnest(${days}::date[]) as day
      on conflict (part, day) do update set zone = excluded.zone, at = excluded.at, took_ms = excluded.took_ms`,
  )
  return true
}

/** Days in runs that are read in one go: a gap of a week begins a new one. */
function neighbours(days: string[]): string[][] {
  const runs: string[][] = []
  for (const day of days) {
    const last = runs.at(-1)
    const before = last?.at(-1)
    const gapMs = before ? Date.parse(day) - Date.parse(before) : Number.POSITIVE_INFINITY
    if (last && gapMs <= 7 * 86_400_000 && last.length < daysAtOnce) last.push(day)
    else runs.push([day])
  }
  return runs
}

/** Whether everything was counted once for this zone. */
export async function isBuilt(db: Db, zone: string): Promise<boolean> {
  const row = await maybeOne<{ zone: string }>(
    db,
    sql`select value->>'zone' as zone from insight.state where name = 'built'`,
  )
  return row?.zone === zone
}

/** Counts all of the past: at the first start, after a change of the zone, and after data that came by other ways. */
export async function rebuild(db: Db, { zone, now }: Ask, isStopped = () => false): Promise<void> {
  const first = (await firstDay(db, zone)) ?? dayIn(zone, now)
  for (let after = '0'; ; ) {
    const ids = await many<{ id: string }>(
      db,
      sql`select id from audience.contact where id > ${after}::bigint order by id limit ${contactsAtOnce}`,
    )
    if (ids.length === 0 || isStopped()) break
    await inTransaction(db, trx =>
      recountContacts(
        trx,
        ids.map(row => row.id),
      ),
    )
    after = ids.at(-1)?.id ?? after
  }
  const days = daysBetween(first, dayIn(zone, new Date(now.getTime() + 86_400_000)))
  for (const part of parts) {
    for (let start = 0; start < days.length && !isStopped(); start += daysAtOnce) {
      const chunk = days.slice(start, start + daysAtOnce)
      await inTransaction(db, async trx => {
        await run(trx, sql`select pg_advisory_xact_lock(hashtext('tend.insight'))`)
        await settleDays(trx, part, { days: chunk, zone, now })
      })
    }
  }
  if (!isStopped()) await inTransaction(db, trx => setState(trx, 'built', { zone }))
}

export type Finding = { part: Part; day: string; differences: number }

/**
 * Compares days with the ledgers and repairs what differs. Days that are marked are no findings: they are known to
 * be stale, and their turn comes.
 */
export async function checkDays(
  db: Db,
  part: Part,
  { days, zone, now }: { days: string[] } & Ask,
): Promise<Finding[]> {
  return inTransaction(db, async trx => {
    await run(trx, sql`select pg_advisory_xact_lock(hashtext('tend.insight'))`)
    const different = await compareDays(trx, part, { days, zone })
    if (different.length === 0) return []
    const marked = await many<{ day: string }>(
      trx,
      sql`select distinct day::text as day from insight.mark where part = ${part}`,
    )
    const known = new Set(marked.map(row => row.day))
    const found = different.filter(row => !known.has(row.day)).map(row => ({ part, ...row }))
    if (found.length === 0) return []
    await recountDays(trx, part, { days: found.map(row => row.day), zone })
    await run(
      trx,
      sql`insert into insight.finding (id, part, day, differences, at)
        select id, ${part}, day::date, differences, ${now} from unnest(${found.map(() => newId())}::bigint[],
          ${found.map(row => row.day)}::text[], ${found.map(row => row.differences)}::int[]) as fresh (id, day, differences)`,
    )
    return found
  })
}
