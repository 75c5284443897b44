import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileTypeFromBuffer } from 'file-type'
import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { usedBy } from '#access/references.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { deleteAsset, insertAsset, selectAssets } from './forms/assets.sql.ts'
import { fileTypes } from './forms/fields/file.ts'
import { assetPath } from './forms/uploads.ts'

const tag = 'Forms'
/** Papers with pictures; what is larger is better linked to. */
const maxMb = 20
const maxBytes = maxMb * 1024 * 1024
const maxLetters = Math.ceil(maxBytes / 3) * 4 + 4
const asset = z.object({
  id: idSchema,
  name: z.string(),
  type: z.string(),
  size: z.int(),
  createdBy: z.string(),
  createdAt: timeSchema,
})

const list = route({
  method: 'GET',
  url: '/api/v1/form-assets',
  can: 'forms.read',
  summary: 'Files that forms give in return, the newest first',
  tag,
  query: pageQuery,
  reply: pageOf(asset),
  async handle({ query }, { db }) {
    const key = readCursor(query.cursor, z.object({ id: idSchema }))
    const rows = await selectAssets(db, { before: key?.id ?? null, limit: query.limit + 1 })
    return page(rows, query.limit, ({ id }) => ({ id }))
  },
})

const add = route({
  method: 'POST',
  url: '/api/v1/form-assets',
  can: 'forms.edit',
  summary: 'Add a PDF, image, document or archive of up to 20 MB',
  tag,
  body: z.object({
    name: z
      .string()
      .trim()
      .min(1)
      .max(120)
      .regex(/^[^\p{C}/\\:*?"<>|]+$/u, 'is no name of a file'),
    data: z
      .string()
      .min(1)
      .max(maxLetters)
      .describe('the file in base64')
      .meta({ contentEncoding: 'base64' }),
  }),
  bodyLimit: maxLetters + 10_000,
  reply: asset,
  status: 201,
  async handle({ body, actor }, { db, config, clock }) {
    const bytes = Buffer.from(body.data, 'base64')
    if (bytes.length > maxBytes)
      throw invalid('This file is too large.', [{ path: 'data', message: `is larger than ${maxMb} MB` }])
    const type = (await fileTypeFromBuffer(bytes))?.mime
    const known: readonly string[] = Object.values(fileTypes).flat()
    if (!type || !known.includes(type))
      throw invalid('This kind of file is not taken.', [
        { path: 'data', message: 'is no PDF, image or document' },
      ])
    const row = {
      id: newId(),
      name: body.name,
      type,
      size: bytes.length,
      createdBy: actor.name,
      createdAt: clock.now(),
    }
    await mkdir(join(config.dataDir, 'forms', 'assets'), { recursive: true, mode: 0o700 })
    await writeFile(assetPath({ config }, row.id), bytes, { mode: 0o600 })
    await inTransaction(db, async trx => {
      await insertAsset(trx, row)
      await audit(trx, actor, 'forms.asset.add', { kind: 'form-asset', id: row.id }, { name: row.name })
    })
    return row
  },
})

const remove = route({
  method: 'DELETE',
  url: '/api/v1/form-assets/:id',
  can: 'forms.edit',
  summary: 'Delete a file; refused while a form gives it',
  tag,
  params: idParams,
  reply: done,
  async handle({ params, actor }, { db, config }) {
    await inTransaction(db, async trx => {
      const users = await usedBy(trx, { kind: 'form-asset', id: params.id })
      if (users.length > 0)
        throw conflict('in_use', `${users.map(user => user.name).join(', ')} gives this file.`, {
          usedBy: users,
        })
      if (!(await deleteAsset(trx, params.id))) throw notFound('file')
      await audit(trx, actor, 'forms.asset.delete', { kind: 'form-asset', id: params.id })
    })
    await rm(assetPath({ config }, params.id), { force: true })
    return { ok: true as const }
  },
})

export const assetRoutes: Route[] = [list, add, remove]
