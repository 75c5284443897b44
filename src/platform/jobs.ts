import { fromKysely, PgBoss } from 'pg-boss'
import { z } from 'zod'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from './db/db.ts'
import { openDatabase, patientMs } from './db/pool.ts'
import { conflict, notFound } from './errors.ts'
import { newId } from './ids.ts'
import type { Services } from './services.ts'

/** What a running job may do besides its work. */
export type JobRun<I> = {
  id: string
  input: I
  /** Where the last run stopped, or null at the first: `save` wrote it. */
  cursor: unknown
  /**
   * Shows progress and keeps the cursor. Give `db` to save in the transaction of the work itself, so that a
   * kill neither repeats nor skips a batch. Throws where a person pressed Stop or the program shuts down.
   */
  save(progress: { done: number; total?: number; words?: string; cursor?: unknown; db?: Db }): Promise<void>
}

export type JobDefinition = {
  name: string
  /** Cron expression in UTC for nightly work; the input is then `{}`. */
  schedule?: string
  input: z.ZodType
  title(input: unknown): string
  run(job: JobRun<unknown>, services: Services): Promise<void>
}

/** A kind of long work: killed, it goes on from its cursor; failed, it is retried three times and then shown. */
export function defineJob<S extends z.ZodType>(job: {
  name: string
  schedule?: string
  input: S
  title(input: z.infer<S>): string
  run(job: JobRun<z.infer<S>>, services: Services): Promise<void>
}): JobDefinition & { input: S } {
  return {
    ...job,
    title: input => job.title(job.input.parse(input)),
    run: (handle, services) => job.run({ ...handle, input: job.input.parse(handle.input) }, services),
  }
}

export type Jobs = {
  /** Starts a job, inside the caller's transaction if `db` is one. With `key`, one that is not finished is returned instead. */
  start<S extends z.ZodType>(
    db: Db,
    job: JobDefinition & { input: S },
    input: z.infer<S>,
    options?: { key?: string },
  ): Promise<string>
  /** Asks a job to stop at its next save; what is done stays done. */
  stop(db: Db, id: string): Promise<void>
  /** Starts a failed or stopped job again from its cursor. */
  resume(db: Db, id: string): Promise<void>
  /** Begins to work on queued jobs. Only a worker does. */
  work(definitions: JobDefinition[], services: Services): Promise<void>
  close(): Promise<void>
}

export type JobRow = {
  id: string
  name: string
  title: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'stopped'
  done: number
  total: number | null
  words: string | null
  error: string | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

const columns = sql`id, name, title, state, done::float8 as done, total::float8 as total, words, error,
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"`

/** The newest jobs, unfinished ones first. */
export function listJobs(db: Db, limit = 50): Promise<JobRow[]> {
  return many(
    db,
    sql`select ${columns} from platform.job order by state in ('queued', 'running') desc, id desc limit ${limit}`,
  )
}

/** Stops what a backup caught in the middle: the queue that carried it is not part of a backup. */
export async function haltJobs(db: Db, words: string): Promise<void> {
  await run(
    db,
    sql`update platform.job set state = 'stopped', words = ${words} where state in ('queued', 'running')`,
  )
}

class JobStopped extends Error {}

const queue = 'tend'

/** pg-boss keeps its tables in the schema `jobs`, local to this server. */
export async function openJobs(databaseUrl: string, onError: (error: Error) => void): Promise<Jobs> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    schema: 'jobs',
    max: 3,
    application_name: 'tend jobs',
    useListenNotify: true,
  })
  boss.on('error', onError)
  await boss.start()
  await boss.createQueue(queue, {
    retryLimit: 3,
    retryDelay: 5,
    retryBackoff: true,
    expireInSeconds: 6 * 3600,
    heartbeatSeconds: 60,
  })
  const stopping = new AbortController()
  // What a job asks may take minutes: not on the connections that give up after seconds.
  const patient = openDatabase(databaseUrl, { max: 4, name: 'tend jobs', silenceMs: patientMs })
  const enqueue = (trx: Db, id: string) => boss.send(queue, { id }, { db: fromKysely(trx) })
  return {
    start: (db, job, input, options = {}) =>
      inTransaction(db, async trx => {
        const made = await maybeOne<{ id: string }>(
          trx,
          sql`insert into platform.job(id, name, title, key, input)
            values (${newId()}::bigint, ${job.name}, ${job.title(input)}, ${options.key ?? null}, ${JSON.stringify(input)}::jsonb)
            on conflict do nothing returning id`,
        )
        if (made) {
          await enqueue(trx, made.id)
          return made.id
        }
        const running = await one<{ id: string }>(
          trx,
          sql`select id from platform.job where name = ${job.name} and key = ${options.key ?? null} and state in ('queued', 'running')`,
        )
        return running.id
      }),
    async stop(db, id) {
      const changed = await run(
        db,
        sql`update platform.job set stop_requested = true, state = case when state = 'queued' then 'stopped' else state end
          where id = ${id}::bigint and state in ('queued', 'running')`,
      )
      if (changed === 0) throw notFound('running job')
    },
    resume: (db, id) =>
      inTransaction(db, async trx => {
        const changed = await run(
          trx,
          sql`update platform.job set state = 'queued', stop_requested = false, error = null, finished_at = null
            where id = ${id}::bigint and state in ('failed', 'stopped')`,
        )
        if (changed === 0) throw conflict('not_resumable', 'Only a failed or stopped job can be resumed.')
        await enqueue(trx, id)
      }),
    async work(definitions, services) {
      const byName = new Map(definitions.map(job => [job.name, job]))
      await boss.work<{ id?: string; scheduled?: string }>(
        queue,
        { pollingIntervalSeconds: 0.5 },
        async ([message]) => {
          if (!message) return
          const scheduled = byName.get(message.data.scheduled ?? '')
          if (scheduled)
            return void (await services.jobs.start(services.db, scheduled, {}, { key: 'scheduled' }))
          if (message.data.id)
            await perform(message.data.id, byName, { ...services, db: patient.db }, stopping.signal)
        },
      )
      for (const job of definitions) {
        if (job.schedule)
          await boss.schedule(queue, job.schedule, { scheduled: job.name }, { key: job.name, tz: 'UTC' })
      }
    },
    async close() {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: 10_000 })
      await patient.close()
    },
  }
}

async function perform(
  id: string,
  definitions: Map<string, JobDefinition>,
  services: Services,
  signal: AbortSignal,
): Promise<void> {
  const { db } = services
  const row = await maybeOne<{ name: string; input: unknown; cursor: unknown }>(
    db,
    sql`update platform.job set state = 'running', started_at = coalesce(started_at, now())
      where id = ${id}::bigint and state in ('queued', 'running') returning name, input, cursor`,
  )
  const definition = row && definitions.get(row.name)
  if (!row || !definition) return
  try {
    await definition.run(
      { id, input: row.input, cursor: row.cursor, save: progress => save(db, id, signal, progress) },
      services,
    )
    await run(
      db,
      sql`update platform.job set state = 'done', finished_at = now(), error = null where id = ${id}::bigint`,
    )
  } catch (error) {
    if (signal.aborted) return void (await requeue(db, id))
    const state = error instanceof JobStopped ? 'stopped' : 'failed'
    const reason = error instanceof JobStopped ? null : error instanceof Error ? error.message : String(error)
    await run(
      db,
      sql`update platform.job set state = ${state}, error = ${reason}, finished_at = now() where id = ${id}::bigint`,
    )
    if (state === 'failed') services.log.error({ job: row.name, id, err: error }, 'a job failed')
  }
}

/** Shut down in the middle: the row waits, and the next worker's start picks it up from its cursor. */
async function requeue(db: Db, id: string): Promise<void> {
  await run(db, sql`update platform.job set state = 'queued' where id = ${id}::bigint`)
  throw new Error('shut down while running; it goes on at the next start')
}

async function save(
  db: Db,
  id: string,
  signal: AbortSignal,
  progress: { done: number; total?: number; words?: string; cursor?: unknown; db?: Db },
): Promise<void> {
  const cursor = progress.cursor === undefined ? null : JSON.stringify(progress.cursor)
  const row = await one<{ stop: boolean }>(
    progress.db ?? db,
    sql`update platform.job set done = ${progress.done}, total = coalesce(${progress.total ?? null}, total),
        words = coalesce(${progress.words ?? null}, words), cursor = coalesce(${cursor}::jsonb, cursor)
      where id = ${id}::bigint returning stop_requested as stop`,
  )
  if (row.stop || signal.aborted) throw new JobStopped()
}

/** The input of jobs that need none. */
export const noInput = z.object({}).strict()
