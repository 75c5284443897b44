import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { realTime } from '#access/real-time.ts'
import { maybeOne, sql } from '#platform/db/db.ts'
import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import { getConnection } from './connections.sql.ts'
import { addHints } from './hints.sql.ts'
import { connectorOf } from './registry.ts'
import { fullSettings, vaultOf } from './wire.ts'

const maxBytes = 4 * 1024 * 1024
const mostHints = 5_000

const refused = () =>
  new AppError('not_signed', 'This call is not signed with the secret of a webhook, or its time is over.', {
    status: 401,
  })

const equal = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/**
 * `POST /crm/hooks/<connection>/<key>`: the CRM says that records changed. It is only a hint: what it names is read
 * again, so that repeated, unordered or lost calls cost nothing but time.
 */
export async function hooksStreet(app: FastifyInstance, services: Services): Promise<void> {
  app.removeAllContentTypeParsers()
  // The very bytes are signed, whatever their type.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, done) =>
    done(null, body),
  )
  app.post<{ Params: { id: string; key: string } }>(
    '/crm/hooks/:id/:key',
    { schema: { hide: true } },
    async request => {
      const { id, key } = request.params
      const known = /^\d{1,18}$/.test(id)
        ? await maybeOne<{ key: string }>(
            services.db,
            sql`select hook_key as key from crm.connection where id = ${id}::bigint and status in ('live', 'paused')`,
          )
        : undefined
      if (!known || !equal(known.key, key)) throw refused()
      const row = await getConnection(services.db, id)
      const { webhook } = connectorOf(row.connector)
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      const hook = {
        method: request.method,
        url: `${services.config.streetUrl}${request.url}`,
        headers,
        body,
      }
      const kept = await vaultOf(services, id).read()
      const hints = webhook?.verify(fullSettings(services, row), hook, kept, realTime()) ?? null
      if (hints === null) throw refused()
      const mapped = new Set(row.mapping?.objects.map(object => object.remote))
      const mine = hints.filter(hint => mapped.has(hint.type)).slice(0, mostHints)
      await addHints(services.db, id, mine, services.clock.now())
      return { taken: mine.length }
    },
  )
}
