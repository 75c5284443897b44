import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { record } from '#activity/record.ts'
import { knownAmong } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { inTransaction } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { isMachine } from '../pages/visitor.ts'
import { selectAsset } from './assets.sql.ts'
import { readAsset } from './token.ts'
import { assetPath } from './uploads.ts'

/** GET /forms/files/:token: the file that a form gave in return, always as a download, and told to the timeline. */
export function serveAssets(app: FastifyInstance, services: Services): void {
  const options = { schema: { hide: true }, config: { isShared: true } }
  app.get<{ Params: { token: string } }>('/forms/files/:token', options, async (request, reply) => {
    const { db, clock, secrets } = services
    const given = readAsset(secrets, request.params.token, clock.now())
    const asset = given && (await selectAsset(db, given.assetId))
    const path = assetPath(services, asset?.id ?? '')
    const file = asset && (await stat(path).catch(() => null))
    if (!given || !asset || !file) throw notFound('file')
    const id = (await currentIds(db, [given.contactId])).get(given.contactId) ?? given.contactId
    if ((await knownAmong(db, [id])).has(id))
      await inTransaction(db, trx =>
        record(trx, [
          {
            contactId: id,
            type: 'asset.downloaded',
            name: asset.name,
            at: clock.now(),
            data: {
              assetId: asset.id,
              formId: given.formId,
              ...(isMachine(request) ? { bot: true } : {}),
            },
          },
        ]),
      )
    return reply
      .header('content-type', asset.type)
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(asset.name)}`)
      .header('content-length', file.size)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .send(createReadStream(path))
  })
}
