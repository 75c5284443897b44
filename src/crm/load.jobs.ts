import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import { readHold } from '#platform/hold.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob, type JobRun } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { type Applied, apply } from './apply.ts'
import { ceilings } from './budget.ts'
import { changeConnection, getConnection, type LoadReport } from './connections.sql.ts'
import { CrmError } from './connector.ts'
import { createdAs, inOrder, type ObjectMap } from './mapping.ts'
import { queueMissing } from './missing.ts'
import { pages, pullChanges } from './pull.ts'
import { pullRoles } from './roles.ts'
import { openRun, type Run, workOn } from './run.ts'
import { getStream, moveStream } from './streams.sql.ts'

const input = z.object({ connectionId: idSchema, name: z.string() })
type Input = z.output<typeof input>
const mostRetries = 6

/** Reads everything and judges it by the very code that will load it, in transactions that are taken back. */
export const checkJob = defineJob({
  name: 'crm-check',
  input,
  title: ({ name }) => `Dry run of ${name}`,
  async run(job, services) {
    const run = await runOf(services, job.input)
    const report = emptyReport(run)
    let done = 0
    for (const object of inOrder(run.mapping.objects)) {
      const entry = entryOf(report, object)
      await patiently(run, { job, done: () => done }, async () => {
        Object.assign(entry, emptyCounts())
        for await (const { page, readAt } of pages(workOn(run, object, true), run.crm('backfill'), {
          after: null,
          upTo: await upTo(run),
        })) {
          const applied = await tryOut(run, object, { records: page.records, readAt }, report)
          count(entry, page.records.length, applied)
          await job.save({ done: done + entry.records, words: `${object.remote}: ${entry.records} records` })
        }
      })
      done += entry.records
    }
    // Only people are made there by a load; tasks and members are made by workflows.
    const object = createdAs(run.mapping, 'person')
    if (object) entryOf(report, object).createThere = await countMissing(run, object, report)
    await finishReport(run, report)
  },
})

/** Loads, object by object. Workflows do not begin by what it brings; a kill neither repeats nor skips a page. */
export const loadJob = defineJob({
  name: 'crm-load',
  input,
  title: ({ name }) => `Loading ${name}`,
  async run(job, services) {
    const run = await runOf(services, job.input)
    const { db } = services
    let done = 0
    for (const object of inOrder(run.mapping.objects)) {
      const of = { connectionId: run.connection.id, type: object.remote }
      const stream = await getStream(db, of.connectionId, of.type, 'load')
      done += stream.count
      if (stream.done) continue
      await startDelta(run, object)
      const isDone = await patiently(run, { job, done: () => done }, () =>
        pullChanges(workOn(run, object, true), run.crm('backfill'), {
          stream: 'load',
          lane: 'backfill',
          progress: async (trx, _applied, read) => {
            done += read
            await job.save({ done, words: `${object.remote}: ${done} records`, db: trx })
          },
        }),
      )
      if (!isDone) return
      if (object.kind === 'deal') await pullRoles(run, object, true)
    }
    await queueMissing(run, async queued =>
      job.save({ done, words: `${queued} people to be made in the CRM` }),
    )
    await changeConnection(db, run.connection.id, { loadState: 'done', loadedAt: services.clock.now() })
    await run.budget.flush()
  },
})

async function runOf(services: Services, { connectionId }: Input): Promise<Run> {
  // The loop begins loading again when the hold is off.
  if (await readHold(services.db))
    throw conflict(
      'wrong_state',
      'This installation was restored and is held: nothing reaches a CRM before it is armed.',
    )
  const row = await getConnection(services.db, connectionId)
  return openRun(services, row, row.mapping ?? row.draft)
}

const upTo = async (run: Run) => await run.crm('backfill').serverTime()

/** Changes are followed from the moment at which loading began. */
async function startDelta(run: Run, object: ObjectMap): Promise<void> {
  const of = { connectionId: run.connection.id, type: object.remote, name: 'delta' as const }
  const { cursor } = await getStream(run.services.db, of.connectionId, of.type, of.name)
  if (cursor) return
  const at = (await run.crm('backfill').serverTime()).toISOString()
  await moveStream(run.services.db, of, { cursor: { at, id: '' } })
}

/**
 * Goes on after failures that pass by themselves. False where the calls of the day are used up: the rest is done
 * when there are calls again.
 */
async function patiently(
  run: Run,
  { job, done }: { job: JobRun<Input>; done: () => number },
  work: () => Promise<unknown>,
): Promise<boolean> {
  for (let failures = 0; ; failures++) {
    try {
      await work()
      await run.budget.flush()
      return true
    } catch (error) {
      await run.budget.flush()
      if (!(error instanceof CrmError)) throw error
      const { kind, code, words, retryAfterMs } = error.failure
      if (kind === 'throttle' && code === 'budget') {
        await job.save({ done: done(), words: 'waits for the calls of tomorrow' })
        return false
      }
      if (!['throttle', 'transient', 'lock'].includes(kind) || failures >= mostRetries) throw error
      run.services.log.warn({ kind, words }, 'a CRM call failed while loading; it is repeated')
      await pause(Math.min(retryAfterMs ?? 500 * 2 ** failures, 60_000))
    }
  }
}

class TakenBack extends Error {}

/** What loading these records would do. */
async function tryOut(
  run: Run,
  object: ObjectMap,
  given: { records: Parameters<typeof apply>[2]['records']; readAt: Date },
  report: LoadReport,
): Promise<Applied> {
  let seen: Applied | undefined
  await apply(run.services.db, workOn(run, object, true), given, async (_trx: Db, applied) => {
    seen = applied
    throw new TakenBack()
  }).catch((error: unknown) => {
    if (!(error instanceof TakenBack)) throw error
  })
  if (!seen) throw new Error('nothing was tried out')
  for (const example of seen.examples)
    if (report.examples.length < mostExamples) report.examples.push(example)
  return seen
}
const mostExamples = 60

const emptyCounts = () => ({
  records: 0,
  matched: 0,
  createHere: 0,
  createThere: 0,
  leftOut: 0,
  conflicts: 0,
  ambiguous: 0,
})

function emptyReport(run: Run): LoadReport {
  return {
    objects: inOrder(run.mapping.objects).map(({ remote, kind }) => ({ remote, kind, ...emptyCounts() })),
    examples: [],
    calls: { used: 0, needed: 0, perDay: run.connection.callsPerDay, days: 0 },
    at: run.services.clock.now().toISOString(),
  }
}

function entryOf(report: LoadReport, object: ObjectMap): LoadReport['objects'][number] {
  const entry = report.objects.find(each => each.remote === object.remote && each.kind === object.kind)
  if (!entry) throw new Error('no entry')
  return entry
}

function count(entry: LoadReport['objects'][number], records: number, { counts }: Applied): void {
  entry.records += records
  entry.matched += counts.linked
  entry.createHere += counts.created
  entry.leftOut += counts.leftOut
  entry.conflicts += counts.clashes
}

/** How many people would be made there: those asked for, without those who were found there. */
async function countMissing(run: Run, object: ObjectMap, report: LoadReport): Promise<number> {
  let all = 0
  await queueMissing(
    run,
    async count => {
      all = count
    },
    { object, isDry: true },
  )
  const matched = report.objects
    .filter(each => each.kind === object.kind)
    .reduce((sum, each) => sum + each.matched, 0)
  return Math.max(all - matched, 0)
}

async function finishReport(run: Run, report: LoadReport): Promise<void> {
  await run.budget.flush()
  const { limits } = run.crm('backfill')
  const reads = report.objects.reduce((sum, each) => sum + Math.ceil(each.records / limits.page), 0)
  const atOnce = limits.singly ? 1 : limits.write.create
  const makes = report.objects.reduce((sum, each) => sum + Math.ceil(each.createThere / atOnce) * 2, 0)
  const perDay = Math.floor(run.connection.callsPerDay * ceilings.backfill)
  report.calls = {
    used: reads,
    needed: reads + makes,
    perDay,
    days: Math.max(Math.ceil((reads + makes) / Math.max(perDay, 1)), 1),
  }
  await inTransaction(run.services.db, trx =>
    changeConnection(trx, run.connection.id, { loadState: 'report', loadReport: report }),
  )
}
