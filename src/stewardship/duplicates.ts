import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { defineJob, listJobs } from '#platform/jobs.ts'
import { dropStale, findPairs, rules } from './duplicates/find.sql.ts'

const cursorSchema = z.object({ step: z.number().int(), at: z.iso.datetime(), found: z.number().int() })

/** Looks through all contacts for records of one person; a rule is one pass, and a killed job goes on with its rule. */
export const findDuplicates = defineJob({
  name: 'find-duplicates',
  schedule: '40 3 * * *',
  input: z.object({}),
  title: () => 'Looking for duplicates',
  async run(job, { db, clock }) {
    const begun = cursorSchema.nullable().parse(job.cursor)
    const cursor = begun ?? { step: 0, at: clock.now().toISOString(), found: 0 }
    const at = new Date(cursor.at)
    for (const [step, rule] of rules.entries()) {
      if (step < cursor.step) continue
      await inTransaction(db, async trx => {
        cursor.found += await findPairs(trx, rule, at)
        const next = { ...cursor, step: step + 1 }
        await job.save({
          done: step + 1,
          total: rules.length,
          words: `${cursor.found} hints`,
          cursor: next,
          db: trx,
        })
      })
    }
    await inTransaction(db, async trx => {
      await dropStale(trx, at)
      await run(
        trx,
        sql`
        insert into stewardship.quality (name, value, counted_at)
        select 'duplicates', jsonb_build_object('count', count(*)), ${at}::timestamptz
        from stewardship.duplicate where state = 'open'
        on conflict (name) do update set value = excluded.value, counted_at = excluded.counted_at`,
      )
    })
  },
})

export type SearchState = { open: number; foundAt: Date | null; jobId: string | null }

/** How many pairs are open, from when the last search is, and whether one is running. */
export async function searchState(db: Db): Promise<SearchState> {
  const { open } = await one<{ open: number }>(
    db,
    sql`select count(*)::int as open from stewardship.duplicate where state = 'open'`,
  )
  const last = await maybeOne<{ foundAt: Date }>(
    db,
    sql`select counted_at as "foundAt" from stewardship.quality where name = 'duplicates'`,
  )
  const jobs = await listJobs(db)
  const running = jobs.find(
    job => job.name === 'find-duplicates' && (job.state === 'queued' || job.state === 'running'),
  )
  return { open, foundAt: last?.foundAt ?? null, jobId: running?.id ?? null }
}

/** "These are two people", or that taken back. 404 where they were no pair. */
export async function decidePair(
  db: Db,
  pair: { contactId: string; otherId: string },
  dismissed: boolean,
  actor: Actor,
): Promise<void> {
  await inTransaction(db, async trx => {
    const changed = await run(
      trx,
      sql`
      update stewardship.duplicate set state = ${dismissed ? 'dismissed' : 'open'}, decided_by = ${actor.name}
      where contact_id = ${pair.contactId}::bigint and other_contact_id = ${pair.otherId}::bigint`,
    )
    if (changed === 0) throw notFound('pair')
    const action = dismissed ? 'duplicates.dismiss' : 'duplicates.reopen'
    await audit(trx, actor, action, { kind: 'contact', id: pair.contactId }, { other: pair.otherId })
  })
}

export type Weight = { id: string; addresses: string[]; lists: number; events: number; messages: number }

/** How much is behind each contact: what helps to see which record is the real one. Events are counted up to 1,000. */
export function weigh(db: Db, ids: string[]): Promise<Weight[]> {
  return many(
    db,
    sql`
    select who.id,
      array(select i.value from audience.identity i where i.contact_id = who.id and i.kind = 'email' order by i.value) as addresses,
      (select count(*)::int from audience.list_member m where m.contact_id = who.id) as lists,
      (select count(*)::int from (select from activity.event e where e.contact_id = who.id limit 1000) e) as events,
      (select count(*)::int from (select from outreach.message m where m.contact_id = who.id limit 1000) m) as messages
    from unnest(${ids}::bigint[]) as who (id)`,
  )
}

/** Removes what is noted about contacts that are erased. */
export async function forgetDuplicates(trx: Db, ids: string[]): Promise<void> {
  await run(
    trx,
    sql`delete from stewardship.duplicate
      where contact_id = any(${ids}::bigint[]) or other_contact_id = any(${ids}::bigint[])`,
  )
}
