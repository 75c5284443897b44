import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { AppError, notFound } from '#platform/errors.ts'
import { idParams, idSchema, type Route, route } from '#platform/http/route.ts'
import { selectUploads, uploadPath } from './forms/uploads.ts'
import { getSubmission } from './forms.submissions.ts'

const tag = 'Forms'
const one = idParams.extend({ submissionId: idSchema })
const file = z.object({ id: idSchema, field: z.string(), name: z.string(), type: z.string(), size: z.int() })

const list = route({
  method: 'GET',
  url: '/api/v1/forms/:id/submissions/:submissionId/files',
  can: 'contacts.read',
  summary: 'The files that came with a submission',
  tag,
  params: one,
  reply: z.object({ items: z.array(file), next: z.null() }),
  handle: async ({ params }, { db }) => ({
    items: await selectUploads(db, await getSubmission(db, params.id, params.submissionId)),
    next: null,
  }),
})

/**
 * The bytes of a stranger, as a file to be saved and nothing else: no browser shows or runs it. Who takes it stands in
 * the audit log.
 */
const take = route({
  method: 'GET',
  url: '/api/v1/forms/:id/submissions/:submissionId/files/:fileId',
  can: 'contacts.read',
  summary: 'A file that came with a submission, to be saved; who takes it stands in the audit log',
  tag,
  params: one.extend({ fileId: idSchema }),
  reply: z.instanceof(Readable),
  async handle({ params, actor, answer }, services) {
    const { db } = services
    const submission = await getSubmission(db, params.id, params.submissionId)
    const found = (await selectUploads(db, submission)).find(each => each.id === params.fileId)
    if (!found) throw notFound('file')
    const path = uploadPath(services, found.id)
    if (!(await stat(path).catch(() => null)))
      throw new AppError('gone', 'This file is not in the data folder any more.', { status: 410 })
    const about = { formId: params.id, submissionId: params.submissionId, name: found.name }
    await audit(db, actor, 'forms.file.take', { kind: 'file', id: found.id }, about)
    answer.type('application/octet-stream')
    answer.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(found.name)}`)
    answer.header('x-content-type-options', 'nosniff')
    return createReadStream(path)
  },
})

export const formFileRoutes: Route[] = [list, take]
