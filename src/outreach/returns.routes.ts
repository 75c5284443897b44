import { z } from 'zod'
import { type Db, many, one, sql } from '#platform/db/db.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { reportNames } from './returns/addresses.ts'
import { inboxState } from './returns/inbox.sql.ts'
import { createSource, deleteSource, listSources, rotateSource } from './returns/sources.ts'
import { newsKinds } from './returns.ts'

const tag = 'What comes back'
const weekMs = 7 * 86_400_000

const source = z.object({
  id: idSchema,
  name: z.string(),
  /** Where the provider is to post. */
  url: z.string(),
  createdAt: timeSchema,
  createdBy: z.string(),
  lastAt: timeSchema.nullable(),
})
const withSecret = source.extend({ secret: z.string() })

const counts = z.object({
  hard: z.int(),
  soft: z.int(),
  block: z.int(),
  delayed: z.int(),
  delivered: z.int(),
  'auto-reply': z.int(),
  complaint: z.int(),
})

const status = z.object({
  /** The port of the bounce listener; null: nothing listens (TEND_BOUNCE_PORT). */
  port: z.int().nullable(),
  domain: z.string(),
  fromAddress: z.string(),
  /** What a return path looks like, and where complaints and stray bounces may be sent. */
  returnPath: z.string(),
  reports: z.array(z.string()),
  waiting: z.int(),
  parked: z.int(),
  lastAt: timeSchema.nullable(),
  week: counts,
})

const news = z.object({
  id: idSchema,
  contactId: idSchema,
  messageId: idSchema,
  kind: z.enum(newsKinds),
  status: z.string().nullable(),
  words: z.string(),
  source: z.string(),
  at: timeSchema,
})

async function countWeek(db: Db, now: Date): Promise<z.infer<typeof counts>> {
  const rows = await many<{ kind: (typeof newsKinds)[number]; n: number }>(
    db,
    sql`
    select kind, count(*)::int as n from outreach.news
    where at > ${new Date(now.getTime() - weekMs).toISOString()}::timestamptz group by kind`,
  )
  const zero = Object.fromEntries(newsKinds.map(kind => [kind, 0])) as z.infer<typeof counts>
  for (const { kind, n } of rows) zero[kind] = n
  return zero
}

async function look({ db, config, clock }: Services): Promise<z.input<typeof status>> {
  const [inbox, week, last] = await Promise.all([
    inboxState(db),
    countWeek(db, clock.now()),
    one<{ at: Date | null }>(db, sql`select (select at from outreach.news order by id desc limit 1) as at`),
  ])
  return {
    port: config.bouncePort,
    domain: config.bounceDomain,
    fromAddress: config.mailFrom,
    returnPath: `b+…@${config.bounceDomain}`,
    reports: reportNames.map(name => `${name}@${config.bounceDomain}`),
    ...inbox,
    lastAt: last.at,
    week,
  }
}

const urlOf = ({ config }: Services, name: string) => `${config.streetUrl}/v1/returns/${name}`

export const returnsRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/returns/status',
    can: 'messages.read',
    summary: 'Where bounces and complaints come in, and what came in the last week',
    tag,
    reply: status,
    handle: (_input, services) => look(services),
  }),
  route({
    method: 'GET',
    url: '/api/v1/returns',
    can: 'messages.read',
    summary: 'What came back, the newest first, with the words of the other side',
    tag,
    query: pageQuery.extend({ kind: z.enum(newsKinds).optional() }),
    reply: pageOf(news),
    async handle({ query }, { db }) {
      const before = readCursor(query.cursor, idSchema)
      const rows = await many<z.input<typeof news> & { id: string }>(
        db,
        sql`
        select id, contact_id as "contactId", message_id as "messageId", kind, status, words, source, at from outreach.news
        where true ${before ? sql`and id < ${before}::bigint` : sql``} ${query.kind ? sql`and kind = ${query.kind}` : sql``}
        order by id desc limit ${query.limit + 1}`,
      )
      return page(rows, query.limit, row => row.id)
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/returns/sources',
    can: 'messages.read',
    summary: 'Webhooks by which providers tell what came back',
    tag,
    reply: z.object({ items: z.array(source), next: z.null() }),
    async handle(_input, services) {
      const items = await listSources(services.db)
      return { items: items.map(item => ({ ...item, url: urlOf(services, item.name) })), next: null }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/returns/sources',
    can: 'settings.edit',
    summary: 'Make a webhook for a provider; its secret is in this answer and nowhere else',
    tag,
    body: z
      .object({
        name: z
          .string()
          .trim()
          .toLowerCase()
          .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is made of small letters, digits and hyphens'),
      })
      .strict(),
    reply: withSecret,
    status: 201,
    async handle({ body, actor }, services) {
      const made = await createSource(services, actor, body.name, services.clock.now())
      return { ...made.source, url: urlOf(services, body.name), secret: made.secret }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/returns/sources/:id/rotate',
    can: 'settings.edit',
    summary: 'Give a webhook a new secret; the old one is refused at once',
    tag,
    params: idParams,
    reply: withSecret,
    async handle({ params, actor }, services) {
      const made = await rotateSource(services, actor, params.id)
      return { ...made.source, url: urlOf(services, made.source.name), secret: made.secret }
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/returns/sources/:id',
    can: 'settings.edit',
    summary: 'Remove a webhook: what is posted to it is refused',
    tag,
    params: idParams,
    reply: done,
    async handle({ params, actor }, { db }) {
      await deleteSource(db, actor, params.id)
      return { ok: true as const }
    },
  }),
]
