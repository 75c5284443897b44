import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileTypeFromBuffer } from 'file-type'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import type { FormField } from './definition.ts'
import { type FileField, fileTypes } from './fields/file.ts'
import type { Submission } from './submissions.sql.ts'
import { fileHandle } from './token.ts'

const folder = ({ config }: Pick<Services, 'config'>) => join(config.dataDir, 'forms', 'uploads')

/** Where the bytes of an upload lie. Its name is ours: nothing a stranger says becomes a path. */
export const uploadPath = (services: Pick<Services, 'config'>, id: string): string =>
  join(folder(services), id)

/** Removes the bytes; those that are gone already are no error. */
export async function dropUploads(services: Pick<Services, 'config'>, ids: string[]): Promise<void> {
  for (const id of ids) await rm(uploadPath(services, id), { force: true })
}

/** Bytes that are a document and a page at once have markup near their beginning; PDFs may begin late. */
const looksLikeMarkup = (bytes: Buffer) =>
  /<(!doctype html|html|script|svg|iframe|body)[\s>]/i.test(bytes.subarray(0, 4_096).toString('latin1'))

export type Taken = { handle: string } | { problem: string; about?: string }

/**
 * Puts a file in quarantine: of a type its first bytes show and the field accepts, within its size, under a name of our
 * own. It is never served on the street.
 */
export async function takeFile(
  services: Services,
  formId: string,
  field: FormField & { type: 'file' },
  file: { name: string; bytes: Buffer },
): Promise<Taken> {
  const { maxMb, accepts }: FileField = field
  if (file.bytes.length > maxMb * 1024 * 1024) return { problem: 'fileSize', about: String(maxMb) }
  const type = (await fileTypeFromBuffer(file.bytes))?.mime
  const accepted: readonly string[] = accepts.flatMap(each => fileTypes[each])
  if (!type || !accepted.includes(type) || looksLikeMarkup(file.bytes)) return { problem: 'fileType' }
  const id = newId()
  const name = file.name.replace(/[\p{C}/\\:*?"<>|]/gu, '').slice(-120) || 'file'
  await mkdir(folder(services), { recursive: true, mode: 0o700 })
  await writeFile(uploadPath(services, id), file.bytes, { mode: 0o600 })
  await run(
    services.db,
    sql`insert into capture.form_upload (id, form_id, field, name, type, size, taken, at)
      values (${id}::bigint, ${formId}::bigint, ${field.key}, ${name}, ${type}, ${file.bytes.length}, false,
        ${services.clock.now()})`,
  )
  return { handle: fileHandle(services.secrets, formId, id) }
}

/** The files that a submission names among its answers, as far as they were sent to its form. */
export function selectUploads(
  db: Db,
  { formId, answers }: Pick<Submission, 'formId' | 'answers'>,
): Promise<{ id: string; field: string; name: string; type: string; size: number }[]> {
  const ids = Object.values(answers).flatMap(answer => (Array.isArray(answer) ? answer : []))
  return many(
    db,
    sql`select id, field, name, type, size from capture.form_upload
      where form_id = ${formId}::bigint and taken and id::text = any(${ids}::text[]) order by id`,
  )
}

/** Where a file that forms give in return lies. */
export const assetPath = ({ config }: Pick<Services, 'config'>, id: string): string =>
  join(config.dataDir, 'forms', 'assets', id)
