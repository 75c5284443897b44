import { audit } from '#access/audit.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { type ConnectionRow, changeConnection, holdConnection } from './connections.sql.ts'
import { checkJob, loadJob } from './load.jobs.ts'
import { dropStreams } from './streams.sql.ts'

/** Starts the dry run: everything is read and judged, nothing is written, and a report says what loading would do. */
export async function startCheck(services: Services, actor: Actor, id: string): Promise<{ jobId: string }> {
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, id)
    if (row.liveMapping === null) throw conflict('wrong_status', 'Publish the mapping first.')
    if (row.loadState === 'loading') throw conflict('wrong_state', 'It is being loaded already.')
    await dropStreams(trx, id, ['check'])
    const jobId = await services.jobs.start(trx, checkJob, { connectionId: id, name: row.name }, { key: id })
    await changeConnection(trx, id, { loadState: 'checking', loadReport: null, loadJob: jobId })
    await audit(trx, actor, 'crm.check', { kind: 'crm', id }, {})
    return { jobId }
  })
}

/** Accepts the report: from here on it is loaded, with what it would set off muted. */
export async function acceptReport(
  services: Services,
  actor: Actor,
  ask: { id: string; reportAt: string },
): Promise<{ jobId: string }> {
  return inTransaction(services.db, async trx => {
    const row = await holdConnection(trx, ask.id)
    if (row.loadState !== 'report' || row.loadReport?.at !== ask.reportAt)
      throw conflict('stale', 'This is not the latest report: look at that one first.')
    if (row.status !== 'live') throw conflict('wrong_status', 'The connection does not run.')
    await dropStreams(trx, ask.id, ['load', 'delta', 'removals'])
    const jobId = await services.jobs.start(
      trx,
      loadJob,
      { connectionId: ask.id, name: row.name },
      { key: ask.id },
    )
    await changeConnection(trx, ask.id, { loadState: 'loading', loadJob: jobId })
    await audit(trx, actor, 'crm.load', { kind: 'crm', id: ask.id }, { report: row.loadReport })
    return { jobId }
  })
}

/** Loading that stopped for the day goes on when there are calls again; called by the loop. */
export async function continueLoad(services: Services, row: ConnectionRow): Promise<void> {
  const jobId = await services.jobs.start(
    services.db,
    loadJob,
    { connectionId: row.id, name: row.name },
    { key: row.id },
  )
  if (jobId !== row.loadJob) await changeConnection(services.db, row.id, { loadJob: jobId })
}
