import { type Db, inTransaction, many, one, type RawBuilder, run, sql, sqlStateOf } from '#platform/db/db.ts'
import { type Asking, compileBound, compileScope, contextOf } from './compile.ts'
import { bindFilter, type Filter } from './filter.ts'
import { roughContacts } from './membership.sql.ts'
import { readyMetrics } from './metrics.ts'

export type PreviewContact = {
  id: string
  email: string | null
  firstName: string | null
  lastName: string | null
}

/** `exact` is false where counting would have taken too long: then the count is an estimate from a sample. */
export type Preview = { count: number; exact: boolean; sample: PreviewContact[] }

/** The editor waits no longer than this for a true count. */
const patienceMs = 800
/** How many contacts an estimate looks at. */
const sampleSize = 4000
const shown = 10

const people = sql`contact.id, contact.email, contact.first_name as "firstName", contact.last_name as "lastName"`

/** How many contacts match a filter now, and ten of them; answers within about a second however many there are. */
export async function previewFilter(
  db: Db,
  filter: Filter,
  { now, zone }: { now: Date; zone: string },
): Promise<Preview> {
  const asking: Asking = { now, zone, metrics: await readyMetrics(db, zone) }
  return (await countAll(db, filter, asking)) ?? (await estimate(db, filter, asking))
}

/** Null where the database has not finished in time. */
async function countAll(db: Db, filter: Filter, asking: Asking): Promise<Preview | null> {
  const matches = compileBound(bindFilter(filter), contextOf(asking))
  try {
    return await inTransaction(db, async trx => {
      await limitTime(trx, patienceMs)
      const { count } = await one<{ count: number }>(
        trx,
        sql`
        select count(*)::int as count from audience.contact contact where ${matches}`,
      )
      if (count === 0) return { count, exact: true, sample: [] }
      const sample = await many<PreviewContact>(
        trx,
        sql`
        select ${people} from audience.contact contact where ${matches} limit ${shown}`,
      )
      return { count, exact: true, sample }
    })
  } catch (error) {
    if (sqlStateOf(error) === '57014') return null
    throw error
  }
}

async function limitTime(trx: Db, ms: number): Promise<void> {
  await run(trx, sql`select set_config('statement_timeout', ${String(ms)}, true)`)
}

/** Asks a random few thousand contacts, block by block of the table, and takes them for all. */
async function estimate(db: Db, filter: Filter, asking: Asking): Promise<Preview> {
  const total = Math.max(await roughContacts(db), 1)
  const percent = Math.min(100, (100 * sampleSize * 1.3) / total)
  const asked = await many<{ id: string }>(
    db,
    sql`
    select contact.id from audience.contact contact tablesample system (${percent}::float8) repeatable (1)
    limit ${sampleSize}`,
  )
  if (asked.length === 0) return { count: 0, exact: false, sample: [] }
  const matching = await matchAmong(db, filter, {
    ...asking,
    scope: { of: 'ids', ids: asked.map(row => row.id) },
  })
  const count = Math.round((matching.length / asked.length) * total)
  return { count, exact: false, sample: matching.slice(0, shown) }
}

function matchAmong(db: Db, filter: Filter, asking: Asking): Promise<PreviewContact[]> {
  const context = contextOf(asking)
  const matches: RawBuilder<boolean> = compileBound(bindFilter(filter), context)
  return many(
    db,
    sql`
    select ${people} from audience.contact contact where ${compileScope(context.scope)} and ${matches}`,
  )
}
