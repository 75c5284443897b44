import { audit } from '#access/audit.ts'
import { may } from '#access/policy.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { AppError, conflict, forbidden, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { exportRun, textOf } from './exports/export.job.ts'
import { type Export, piecesOf, selectExport } from './exports/export.sql.ts'
import { askSchema, type ExportAsk, nameOf, openSource, rightOf } from './exports/kinds.ts'

export { type Export, selectExports as listExports } from './exports/export.sql.ts'

export const keptDays = 7
export { askSchema }

/**
 * Starts to write a file: contacts by filter, list or segment, companies, deliveries, or the rows of a report. Who
 * took out what stands in the audit. 403 where the actor may not even see it.
 */
export async function startExport(
  { db, jobs, clock }: Services,
  actor: Actor,
  { format, ...wanted }: { format: Export['format']; ask: ExportAsk },
): Promise<Export> {
  const { ask } = wanted
  if (!may(actor, rightOf[ask.kind]))
    throw forbidden(`Exporting this takes the right "${rightOf[ask.kind]}".`)
  return inTransaction(db, async trx => {
    const [id, now, name] = [newId(), clock.now(), await nameOf(trx, ask)]
    const job = await jobs.start(trx, exportRun, { exportId: id, name })
    await run(
      trx,
      sql`
      insert into insight.export (id, kind, name, format, ask, job, created_at, created_by, expires_at)
      values (${id}::bigint, ${ask.kind}, ${name}, ${format}, ${JSON.stringify(ask)}::jsonb, ${job}::bigint, ${now},
        ${actor.name}, ${new Date(now.getTime() + keptDays * 86_400_000)})`,
    )
    const detail = ask.kind === 'table' ? { name, format } : { ...ask, format }
    await audit(trx, actor, 'exports.create', { kind: 'export', id }, detail)
    return getExport(trx, id)
  })
}

export async function getExport(db: Db, id: string): Promise<Export> {
  const found = await selectExport(db, id)
  if (!found) throw notFound('export')
  return found
}

/** The file, as a stream; every time it is taken is on record. 410 where it is gone, 409 where it is not there yet. */
export async function takeExport(
  db: Db,
  actor: Actor,
  id: string,
  now: Date,
): Promise<{ found: Export; pieces: AsyncGenerator<Buffer> }> {
  const found = await getExport(db, id)
  if (found.removed !== null || found.expiresAt <= now)
    throw new AppError('gone', `This file was removed ${found.removed ?? 'after seven days'}.`, {
      status: 410,
    })
  if (!found.finishedAt) throw conflict('not_ready', 'This file is still being written.')
  await audit(db, actor, 'exports.download', { kind: 'export', id }, { name: found.name, rows: found.rows })
  return { found, pieces: piecesOf(db, id) }
}

/** The same file piece by piece for the command line, kept nowhere. It is on record as any other. */
export async function* writeExport(
  services: Services,
  actor: Actor,
  { format, ask }: { format: Export['format']; ask: ExportAsk },
): AsyncGenerator<string> {
  const { db } = services
  const source = await openSource(services, ask)
  const detail = { name: await nameOf(db, ask), format, by: 'command line' }
  await audit(db, actor, 'exports.create', { kind: 'export', id: 'command line' }, detail)
  let next: unknown
  for (let isFirst = true; next !== null; isFirst = false) {
    const page = await source.page(db, next)
    yield textOf(format, source.columns, page.rows, isFirst)
    next = page.next
  }
}
