import { audit } from '#access/audit.ts'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { importCheck } from './imports/check.job.ts'
import { type Dialect, isUtf8Piece } from './imports/dialect.ts'
import type { Column } from './imports/guess.ts'
import { type Import, selectImport } from './imports/import.sql.ts'
import { describeFile, lookAtFile } from './imports/look.ts'
import { importRun } from './imports/run.job.ts'
import type { ColumnMap, ImportOptions } from './imports/shape.ts'
import { importUndo } from './imports/undo.job.ts'

export type { Import } from './imports/import.sql.ts'
export { selectImports as listImports } from './imports/import.sql.ts'
export { optionsSchema } from './imports/shape.ts'

/** What one file may hold; several million rows. */
export const maxBytes = 512 * 1024 * 1024
/** A piece of a file on its way in: with base64 it fits into one request. */
export const pieceBytes = 640 * 1024
export const undoDays = 30

type Who = Pick<Actor, 'kind' | 'id' | 'name'>

export async function getImport(db: Db, id: string): Promise<Import> {
  const found = await selectImport(db, id)
  if (!found) throw notFound('import')
  return found
}

/** Announces a file. Its pieces follow with `addPiece`, then `readFile` looks at it. */
export async function createImport(
  db: Db,
  actor: Who,
  file: { name: string; bytes: number },
  now: Date,
): Promise<Import> {
  if (file.bytes > maxBytes)
    throw invalid('This file is too large.', [
      { path: 'bytes', message: `must be at most ${maxBytes / 1024 / 1024} MB: split it` },
    ])
  const id = newId()
  await inTransaction(db, async trx => {
    await run(
      trx,
      sql`
      insert into audience.import (id, name, bytes, created_at, created_by, touched_at)
      values (${id}::bigint, ${file.name}, ${file.bytes}, ${now}, ${actor.name}, ${now})`,
    )
    await audit(trx, actor, 'imports.create', { kind: 'import', id }, file)
  })
  return getImport(db, id)
}

/** Keeps a piece of the file; the same one twice is kept once. */
export async function addPiece(
  db: Db,
  id: string,
  piece: { position: number; bytes: Buffer },
  now: Date,
): Promise<void> {
  if (piece.bytes.length > pieceBytes)
    throw invalid('This piece is too large.', [
      { path: 'data', message: `must be at most ${pieceBytes} bytes` },
    ])
  await inTransaction(db, async trx => {
    const touched = await run(
      trx,
      sql`
      update audience.import set touched_at = ${now} where id = ${id}::bigint and stage = 'uploading'`,
    )
    if (touched === 0) throw await wrongStage(trx, id, 'This file is here already.')
    await run(
      trx,
      sql`
      insert into audience.import_chunk (import_id, position, bytes, is_utf8)
      values (${id}::bigint, ${piece.position}, ${piece.bytes}, ${isUtf8Piece(piece.bytes)})
      on conflict (import_id, position) do update set bytes = excluded.bytes, is_utf8 = excluded.is_utf8`,
    )
  })
}

async function wrongStage(db: Db, id: string, words: string): Promise<Error> {
  const { stage } = await getImport(db, id)
  return conflict('wrong_stage', words, { stage })
}

/** Looks at the whole file once it is here: how it is written, what its columns are, where each most likely goes. */
export async function readFile(db: Db, id: string, now: Date): Promise<Import> {
  await lookAtFile(db, id, now)
  return getImport(db, id)
}

type Change = {
  dialect?: Dialect | undefined
  mapping?: ColumnMap[] | undefined
  options?: ImportOptions | undefined
}

/** Changes how the file is read, where its columns go, or what is done with the rows. What the dry run said is void then. */
export async function changeImport(db: Db, id: string, change: Change, now: Date): Promise<Import> {
  return inTransaction(db, async trx => {
    const found = await getImport(trx, id)
    if (found.stage !== 'ready')
      throw conflict('wrong_stage', 'This import can no longer be changed.', { stage: found.stage })
    if (change.dialect) await describeFile(trx, id, change.dialect, now)
    const columns = (await getImport(trx, id)).columns ?? []
    if (change.mapping) checkMapping(change.mapping, columns)
    await run(
      trx,
      sql`
      update audience.import set mapping = coalesce(${jsonOf(change.mapping)}::jsonb, mapping),
        options = coalesce(${jsonOf(change.options)}::jsonb, options), dry = null, check_job = null, touched_at = ${now}
      where id = ${id}::bigint`,
    )
    return getImport(trx, id)
  })
}

const jsonOf = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

function checkMapping(mapping: ColumnMap[], columns: Column[]): void {
  if (mapping.length !== columns.length)
    throw invalid('The mapping does not fit the file.', [
      { path: 'mapping', message: `must have ${columns.length} entries, one per column` },
    ])
  const targets = mapping.flatMap(({ to }) => (to === null ? [] : [to]))
  const twice = targets.find((to, i) => targets.indexOf(to) !== i)
  if (twice)
    throw invalid('Two columns go to the same field.', [
      { path: 'mapping', message: `${twice} is there twice` },
    ])
}

function requireAddress(found: Import): void {
  if (!found.mapping?.some(({ to }) => to === 'email'))
    throw invalid('No column holds the address yet.', [
      { path: 'mapping', message: 'one column must go to email' },
    ])
}

/** Starts a dry run: the whole file, nothing written. */
export async function checkImport({ db, jobs, clock }: Services, id: string): Promise<Import> {
  return inTransaction(db, async trx => {
    const found = await getImport(trx, id)
    if (found.stage !== 'ready')
      throw conflict('wrong_stage', 'This import has begun already.', { stage: found.stage })
    requireAddress(found)
    const job = await jobs.start(trx, importCheck, { importId: id, name: found.name }, { key: id })
    await run(
      trx,
      sql`update audience.import set check_job = ${job}::bigint, dry = null, touched_at = ${clock.now()} where id = ${id}::bigint`,
    )
    return getImport(trx, id)
  })
}

/** Begins. From here on it can be paused and taken back, but not changed. */
export async function runImport({ db, jobs, clock }: Services, actor: Who, id: string): Promise<Import> {
  return inTransaction(db, async trx => {
    const found = await getImport(trx, id)
    if (found.stage !== 'ready')
      throw conflict('wrong_stage', 'This import has begun already.', { stage: found.stage })
    requireAddress(found)
    const job = await jobs.start(trx, importRun, { importId: id, name: found.name }, { key: id })
    await run(
      trx,
      sql`
      update audience.import set stage = 'running', run_job = ${job}::bigint, started_at = ${clock.now()}, touched_at = ${clock.now()}
      where id = ${id}::bigint`,
    )
    const detail = { file: found.name, options: found.options ?? {} }
    await audit(trx, actor, 'imports.run', { kind: 'import', id }, detail)
    return getImport(trx, id)
  })
}

/** Stops at the next batch, to go on exactly there later. */
export async function pauseImport({ db, jobs }: Services, actor: Who, id: string): Promise<Import> {
  const job = await activeJob(db, id)
  await jobs.stop(db, job)
  await audit(db, actor, 'imports.pause', { kind: 'import', id })
  return getImport(db, id)
}

export async function resumeImport({ db, jobs }: Services, actor: Who, id: string): Promise<Import> {
  const job = await activeJob(db, id)
  await jobs.resume(db, job)
  await audit(db, actor, 'imports.resume', { kind: 'import', id })
  return getImport(db, id)
}

async function activeJob(db: Db, id: string): Promise<string> {
  const { stage, run: running, undo } = await getImport(db, id)
  const job = stage === 'running' ? running : stage === 'undoing' ? undo : null
  if (!job) throw conflict('wrong_stage', 'Nothing is running here.', { stage })
  return job.id
}

/** Takes an import back, within 30 days; one that stands still in the middle, too. */
export async function undoImport({ db, jobs, clock }: Services, actor: Who, id: string): Promise<Import> {
  return inTransaction(db, async trx => {
    const found = await getImport(trx, id)
    const stands = found.stage === 'running' && ['stopped', 'failed'].includes(found.run?.state ?? '')
    if (found.stage !== 'done' && !stands)
      throw conflict('wrong_stage', 'Only an import that is done or stopped can be taken back.', {
        stage: found.stage,
      })
    const now = clock.now()
    const until = (found.finishedAt ?? now).getTime() + undoDays * 86_400_000
    if (now.getTime() > until)
      throw conflict('too_late', `An import can be taken back for ${undoDays} days. That time is over.`)
    const job = await jobs.start(trx, importUndo, { importId: id, name: found.name }, { key: id })
    await run(trx, sql`delete from audience.import_chunk where import_id = ${id}::bigint`)
    await run(
      trx,
      sql`
      update audience.import set stage = 'undoing', undo_job = ${job}::bigint, touched_at = ${now},
        undone = '{"removed": 0, "restored": 0, "kept": 0}' where id = ${id}::bigint`,
    )
    await audit(trx, actor, 'imports.undo', { kind: 'import', id }, { file: found.name })
    return getImport(trx, id)
  })
}

/** Removes an import that has not begun, with its file. */
export async function dropImport(db: Db, actor: Who, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const dropped = await run(
      trx,
      sql`delete from audience.import where id = ${id}::bigint and stage in ('uploading', 'ready')`,
    )
    if (dropped === 0) throw await wrongStage(trx, id, 'An import that has begun stays on record.')
    await run(trx, sql`delete from audience.import_chunk where import_id = ${id}::bigint`)
    await audit(trx, actor, 'imports.drop', { kind: 'import', id })
  })
}
