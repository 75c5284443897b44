import type { Loop } from '#engine/module.ts'
import type { Services } from '#platform/services.ts'
import { selectBuilding } from './membership.sql.ts'
import { countMetric } from './metrics.jobs.ts'
import { unreadyMetrics } from './metrics.sql.ts'
import { buildSegment } from './segments.jobs.ts'

const pauseMs = 1000
/** What has failed or was stopped is not started again at once. */
const againMs = 120_000

/**
 * Starts the jobs for what was published or registered. Their state stands in our own tables, so nothing is lost
 * with a job: as long as a worker lives, what is unfinished is found and taken up.
 */
export const upkeepLoop: Loop = {
  name: 'decisions upkeep',
  role: 'worker',
  async run(services, signal) {
    const startedMs = new Map<string, number>()
    while (!signal.aborted) {
      await startJobs(services, startedMs).catch(error => {
        services.log.error({ err: error }, 'jobs of segments could not be started')
      })
      await pause(pauseMs, signal)
    }
  },
}

/** One job for each thing to do; one that runs already is left alone. */
export async function startJobs(
  { db, jobs, config }: Services,
  startedMs = new Map<string, number>(),
): Promise<void> {
  const isDue = (key: string) => {
    const due = (startedMs.get(key) ?? Number.NEGATIVE_INFINITY) + againMs < performance.now()
    if (due) startedMs.set(key, performance.now())
    return due
  }
  for (const { id, name } of await unreadyMetrics(db, config.zone)) {
    if (isDue(`metric ${id}`)) await jobs.start(db, countMetric, { metricId: id, name }, { key: id })
  }
  for (const { id, name, version } of await selectBuilding(db)) {
    if (isDue(`segment ${id} ${version}`))
      await jobs.start(db, buildSegment, { segmentId: id, name }, { key: id })
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
