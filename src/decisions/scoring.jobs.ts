import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { engineModule, type Loop } from '#engine/module.ts'
import { hasDueTimers, setTimers } from '#engine/timers.ts'
import { type Db, inTransaction, many, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob, type JobRun } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'

const batch = 2000
/** The engine gets no more than this to do at once, so that what people do meanwhile waits behind little. */
const backlogLimit = 4 * batch

const cursorSchema = z.object({ after: z.string(), wanted: z.number(), done: z.number() })
type Pass = { modelId: string; version: number; countAll: boolean }

/** What there is to do for a model, or undefined when it is not live (any more). */
function readPass(db: Db, modelId: string): Promise<(Pass & { wanted: number }) | undefined> {
  return maybeOne(
    db,
    sql`
    select id as "modelId", live_version as version, passes_wanted as wanted,
      counted_version is distinct from live_version as "countAll"
    from decisions.score_model where id = ${modelId}::bigint and status = 'live'`,
  )
}

/** The contacts of a pass in key order: all of them for a new version, else those that have a score. */
function contactsOf(pass: Pass): { from: ReturnType<typeof sql>; id: ReturnType<typeof sql> } {
  return pass.countAll
    ? { from: sql`from audience.contact c where true`, id: sql`c.id` }
    : { from: sql`from decisions.score s where s.model_id = ${pass.modelId}::bigint`, id: sql`s.contact_id` }
}

async function waitForEngine(services: Services): Promise<void> {
  while (((await engineModule.pending?.(services.db, services.clock.now())) ?? 0) > backlogLimit)
    await pause(100)
}

/** Waits until the engine has looked at everybody who was fed to it; a stop or shutdown is seen at each save. */
async function waitForLast(
  job: JobRun<{ modelId: string }>,
  services: Services,
  pass: Pass,
  done: number,
): Promise<void> {
  const fedAt = services.clock.now()
  while (await hasDueTimers(services.db, { kind: 'score', key: pass.modelId }, fedAt)) {
    await job.save({ done, words: 'The last contacts are being counted' })
    await pause(250)
  }
}

/** Lets every contact of the pass be looked at in its own lane, by a timer that is due at once. */
async function walk(
  job: JobRun<{ modelId: string }>,
  services: Services,
  pass: Pass & { wanted: number },
): Promise<void> {
  const { db, clock } = services
  const { from, id } = contactsOf(pass)
  const last = cursorSchema.safeParse(job.cursor)
  let cursor =
    last.success && last.data.wanted === pass.wanted
      ? last.data
      : { after: '0', wanted: pass.wanted, done: 0 }
  const { total } = await one<{ total: number }>(db, sql`select count(*)::int as total ${from}`)
  while (true) {
    await waitForEngine(services)
    const ids = await many<{ id: string }>(
      db,
      sql`
      select ${id} as id ${from} and ${id} > ${cursor.after}::bigint order by ${id} limit ${batch}`,
    )
    if (ids.length === 0) break
    cursor = { ...cursor, after: ids.at(-1)?.id ?? cursor.after, done: cursor.done + ids.length }
    await inTransaction(db, async trx => {
      const dueAt = clock.now()
      await setTimers(
        trx,
        ids.map(row => ({ contactId: row.id, kind: 'score', key: pass.modelId, dueAt })),
      )
      await job.save({ done: cursor.done, total, cursor, db: trx })
    })
  }
  await waitForLast(job, services, pass, cursor.done)
}

/**
 * Counts the scores of a model anew after a publication, or sets timers for a value that somebody has begun to
 * wait for. The counting itself is done by the engine, contact by contact in its lane, so that it cannot meet
 * what happens to the same contact at the same moment; the job feeds it in key ranges and goes on after a kill.
 */
export const recountScores = defineJob({
  name: 'scoring.recount',
  input: z.strictObject({ modelId: idSchema, name: z.string() }),
  title: ({ name }) => `Count the score “${name}”`,
  async run(job, services) {
    const { modelId } = job.input
    const pass = await readPass(services.db, modelId)
    if (pass) await walk(job, services, pass)
    await run(
      services.db,
      sql`
      update decisions.score_model set
        passes_done = greatest(passes_done, ${pass?.wanted ?? null}::int, case when status <> 'live' then passes_wanted end),
        counted_version = coalesce(${pass?.version ?? null}::int, counted_version)
      where id = ${modelId}::bigint`,
    )
  },
})

/** Starts the passes that are asked for and not under way. */
export async function startPasses({ db, jobs }: Services): Promise<void> {
  const wanting = await many<{ modelId: string; name: string }>(
    db,
    sql`
    select id as "modelId", name from decisions.score_model where passes_wanted > passes_done`,
  )
  for (const model of wanting) await jobs.start(db, recountScores, model, { key: model.modelId })
}

/** How many models have a pass before them: the sandbox's clock waits for them. */
export async function pendingPasses(db: Db): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`
    select count(*)::int as n from decisions.score_model where passes_wanted > passes_done and status = 'live'`,
  )
  return n
}

/** Watches for asked-for passes, whoever asked: a publication, or a segment that waits for a value. */
export const scoringLoop: Loop = {
  name: 'scoring passes',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      try {
        await startPasses(services)
      } catch (error) {
        services.log.warn({ err: error }, 'passes over the scores could not be started; trying again')
      }
      await pause(1000, undefined, { signal }).catch(() => undefined)
    }
  },
}
