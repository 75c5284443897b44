import { type Db, many, maybeOne, run, sql } from '#platform/db/db.ts'
import { type FieldProblem, invalid } from '#platform/errors.ts'
import { dayMs } from './real-time.ts'

/** A review is due within 400 days: a year and a month of grace. */
const longestDays = 400

/**
 * Nothing goes live unowned: the owner must be a person who can sign in, the review day (`2026-11-23`) must lie
 * after today and within 400 days. Throws `invalid` with the paths `ownerId` and `reviewOn`.
 */
export async function requireSteward(
  db: Db,
  steward: { ownerId: string | null | undefined; reviewOn: string | null | undefined },
  now: Date,
): Promise<void> {
  const problems: FieldProblem[] = []
  const owner = steward.ownerId
    ? await maybeOne(db, sql`select id from access."user" where id = ${steward.ownerId} and active`)
    : undefined
  if (!owner) problems.push({ path: 'ownerId', message: 'must be a person who can sign in' })
  const today = now.toISOString().slice(0, 10)
  const last = new Date(now.getTime() + longestDays * dayMs).toISOString().slice(0, 10)
  const day = steward.reviewOn ?? ''
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day))
    problems.push({ path: 'reviewOn', message: 'must be a day, like 2026-11-23' })
  else if (day <= today || day > last) {
    problems.push({ path: 'reviewOn', message: `must be a day after today and within ${longestDays} days` })
  }
  if (problems.length > 0)
    throw invalid(
      'Nothing goes live without an owner and a day on which somebody looks at it again.',
      problems,
    )
}

/** How many things of a kind somebody answers for; `kind` is the word in the address: `segments`. */
export type Owned = { kind: string; count: number }

/**
 * What a room says of its definitions with an owner, by kind: how many somebody answers for, and how to hand all of
 * them over. The tables are the room's own; archived things stay with whom they were.
 */
export function ownedIn(tables: Record<string, string>): {
  owned(db: Db, userId: string): Promise<Owned[]>
  handOver(trx: Db, from: string, to: string): Promise<void>
  renew(
    trx: Db,
    thing: { kind: string; id: string },
    steward: { ownerId: string; reviewOn: string },
  ): Promise<string | null>
} {
  return {
    owned: (db, userId) =>
      many(
        db,
        sql`
        select kind, count(*)::int as count from (${sql.join(
          Object.entries(tables).map(
            ([kind, table]) =>
              sql`select ${kind}::text as kind from ${sql.table(table)} where owner_id = ${userId} and status <> 'archived'`,
          ),
          sql` union all `,
        )}) d group by kind order by kind`,
      ),
    async handOver(trx, from, to) {
      for (const table of Object.values(tables))
        await run(
          trx,
          sql`update ${sql.table(table)} set owner_id = ${to} where owner_id = ${from} and status <> 'archived'`,
        )
    },
    async renew(trx, { kind, id }, { ownerId, reviewOn }) {
      const table = tables[kind]
      if (table === undefined) return null
      const row = await maybeOne<{ name: string }>(
        trx,
        sql`update ${sql.table(table)} set owner_id = ${ownerId}, review_on = ${reviewOn}::date
          where id = ${id}::bigint and status in ('scheduled', 'running', 'live', 'paused') returning name`,
      )
      return row?.name ?? null
    },
  }
}
