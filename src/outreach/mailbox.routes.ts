import { z } from 'zod'
import { normalizeAddress } from '#audience/address.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { listMailbox, readLetter, readRaw } from './mailbox.ts'
import { documentUrl } from './previews.ts'

const item = z.object({
  id: idSchema,
  contactId: idSchema,
  channel: z.enum(['email', 'webhook']),
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  at: timeSchema,
  /** Where it went besides: `SMTP`, `webhook`, or null. */
  also: z.string().nullable(),
})
const tag = 'Sandbox'

export const mailboxRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/sandbox/mailbox',
    can: 'sandbox.read',
    summary: 'Mail and webhooks that the sandbox sent, the newest first',
    tag,
    query: pageQuery.extend({ to: z.string().max(2000).optional() }),
    reply: pageOf(item),
    async handle({ query }, { db }) {
      const to = query.to === undefined ? null : (normalizeAddress(query.to) ?? query.to.replaceAll('\0', ''))
      const rows = await listMailbox(db, {
        to,
        before: readCursor(query.cursor, idSchema),
        limit: query.limit + 1,
      })
      return page(rows, query.limit, row => row.id)
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/sandbox/mailbox/:id',
    can: 'sandbox.read',
    summary: 'One letter: HTML, text, headers and links, and the address of its frame',
    tag,
    params: idParams,
    reply: item.extend({
      html: z.string().nullable(),
      text: z.string(),
      /** Everything as it left. */
      source: z.string(),
      headers: z.array(z.object({ name: z.string(), value: z.string() })),
      links: z.array(z.object({ url: z.string(), label: z.string() })),
      previewUrl: z.string().nullable(),
    }),
    async handle({ params }, services) {
      const letter = await readLetter(services.db, params.id)
      const raw = await readRaw(services.db, params.id)
      if (!letter || !raw) throw notFound('letter')
      const previewUrl = letter.html === null ? null : documentUrl(services, 'mailbox', params.id)
      return { ...letter, source: raw.raw.toString('utf8'), previewUrl }
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/sandbox/mailbox/:id/source',
    can: 'sandbox.read',
    summary: 'One letter byte by byte, as a file (message/rfc822)',
    tag,
    params: idParams,
    reply: z.unknown(),
    async handle({ params, answer }, { db }) {
      const letter = await readRaw(db, params.id)
      if (!letter) throw notFound('letter')
      const type = letter.channel === 'email' ? 'message/rfc822' : 'application/json'
      return answer
        .headers({
          'content-type': type,
          'cache-control': 'no-store',
          'content-disposition': `attachment; filename="${params.id}.${letter.channel === 'email' ? 'eml' : 'json'}"`,
        })
        .send(letter.raw)
    },
  }),
]
