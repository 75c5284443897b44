import { statfsSync } from 'node:fs'
import type { Config } from '#platform/config.ts'
import { type Db, many, maybeOne, one, sql } from '#platform/db/db.ts'
import { preflight } from '#platform/db/migrate.ts'
import { bad, type Finding, warn, well } from './finding.ts'

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`

type Facts = {
  version: string
  size: number
  used: number
  most: number
  fsync: string
  commit: string
  workers: number
  skewMs: number
}

/** The database: version, size, connections, durability, clock, and whether a worker lives. */
export async function lookAtDatabase(db: Db): Promise<Finding[]> {
  const before = Date.now()
  const facts = await one<Facts & { at: Date }>(
    db,
    sql`
    select current_setting('server_version') as version, pg_database_size(current_database())::float8 as size,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
      current_setting('max_connections')::int as most, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit, clock_timestamp() as at, 0 as "skewMs",
      (select count(*)::int from engine.worker where alive_until >= clock_timestamp()) as workers`,
  )
  const skew = Math.abs(facts.at.getTime() - (before + Date.now()) / 2)
  return [
    well('database', `PostgreSQL ${facts.version} answers; the database holds ${gigabytes(facts.size)}.`),
    facts.used > facts.most * 0.85
      ? warn('connections', `${facts.used} of ${facts.most} connections are in use: raise max_connections.`)
      : well('connections', `${facts.used} of ${facts.most} connections are in use.`),
    facts.fsync === 'on' && facts.commit !== 'off'
      ? well('durability', 'What the database says is written is written (fsync, synchronous_commit).')
      : bad(
          'durability',
          `fsync is ${facts.fsync} and synchronous_commit ${facts.commit}: what was acknowledged can be lost.`,
        ),
    skew > 2_000
      ? bad(
          'clock',
          `The clocks of this machine and of the database are ${(skew / 1000).toFixed(1)} s apart: set both by NTP.`,
        )
      : well('clock', 'The clocks of this machine and of the database agree.'),
    facts.workers > 0
      ? well('workers', `${facts.workers} worker${facts.workers === 1 ? ' lives' : 's live'}.`)
      : bad(
          'workers',
          'No worker lives: nothing is decided and nothing is sent. Start one (tend start or tend worker).',
        ),
  ]
}

export async function lookAtSchema(db: Db): Promise<Finding[]> {
  const { pending } = await preflight(db)
  if (pending.length > 0)
    return [bad('schema', `${pending.length} migrations are pending (${pending.join(', ')}): tend migrate.`)]
  const strays = await maybeOne<{ n: number }>(
    db,
    sql`select count(*)::int as n from (select from activity.event_default limit 1000) stray`,
  )
  const [oldest] = await many<{ name: string; count: number }>(
    db,
    sql`
    select min(c.relname) as name, count(*)::int as count from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'activity.event'::regclass and c.relname <> 'event_default'`,
  )
  const since = oldest?.name?.slice('event_'.length).replace('_', '-')
  const partitions = `The ledger has ${oldest?.count ?? 0} months, the oldest ${since ?? 'none'}`
  return [
    well('schema', 'The schema is that of this program.'),
    strays && strays.n > 0
      ? warn(
          'partitions',
          `${partitions}; events outside of them (of other times) lie in the default partition.`,
        )
      : well('partitions', `${partitions}.`),
  ]
}

/** Free room where our files are; a database elsewhere keeps its own. */
export function lookAtDisk(config: Config): Finding[] {
  const disk = statfsSync(config.dataDir)
  const free = disk.bavail * disk.bsize
  const where = config.databaseUrl ? config.dataDir : 'where the data lies'
  const least = config.databaseUrl ? 0.2 : 2
  return [
    free < least * 2 ** 30
      ? bad('disk', `${gigabytes(free)} are free ${where}: make room, ${least} GB is the least.`)
      : well('disk', `${gigabytes(free)} are free ${where}.`),
  ]
}

const dayMs = 86_400_000

/** How old the last backup is that `tend backup` has made. In the sandbox nothing is lost that matters. */
export async function lookAtBackup(db: Db, config: Config): Promise<Finding[]> {
  const row = await maybeOne<{ at: string }>(
    db,
    sql`select value ->> 'at' as at from platform.setting where name = 'last_backup'`,
  )
  const say = config.mode === 'live' ? bad : warn
  if (!row) return [say('backup', 'There is no backup yet: tend backup.')]
  const days = (Date.now() - Date.parse(row.at)) / dayMs
  const age = days < 1 ? 'less than a day old' : `${Math.floor(days)} days old`
  return [(days > 7 ? say : well)('backup', `The last backup is ${age}.`)]
}
