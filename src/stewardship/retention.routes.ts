import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { readTracking, saveTracking, trackingSchema } from '#outreach/tracking.ts'
import type { Db } from '#platform/db/db.ts'
import { type Route, route, timeSchema } from '#platform/http/route.ts'
import type { retainJob } from './retention.jobs.ts'
import { countExpired, mostCounted } from './retention.sql.ts'
import {
  kindNames,
  limitOf,
  type Retention,
  readRetention,
  retentionKinds,
  retentionSchema,
  saveRetention,
} from './retention.ts'

const tag = 'Privacy'
const kindSchema = z.object({
  kind: z.string(),
  words: z.string(),
  note: z.string(),
  /** How long it is kept; null: for good. */
  days: z.number().int().nullable(),
  default: z.number().int().nullable(),
  least: z.number().int(),
  /** Rows past their time, which the next run removes; counted up to a million. */
  expired: z.number().int(),
  oldest: timeSchema.nullable(),
})
const answer = z.object({ items: z.array(kindSchema), next: z.null(), countedTo: z.number().int() })

/** What the next run would remove under these times. */
async function preview(db: Db, retention: Retention, now: Date): Promise<z.input<typeof answer>> {
  const items = []
  for (const kind of kindNames) {
    const { words, note, days, least } = retentionKinds[kind]
    const limit = limitOf(retention, kind, now)
    const counted = limit ? await countExpired(db, kind, limit) : { n: 0, oldest: null }
    items.push({
      kind,
      words,
      note,
      least,
      days: retention[kind],
      default: days,
      expired: counted.n,
      oldest: counted.oldest,
    })
  }
  return { items, next: null, countedTo: mostCounted }
}

export function retentionRoutes(job: ReturnType<typeof retainJob>): Route[] {
  return [
    route({
      method: 'GET',
      url: '/api/v1/privacy/retention',
      can: 'privacy.read',
      summary: 'How long each kind of data is kept, and how much the next run removes',
      tag,
      reply: answer,
      handle: async (_input, { db, clock }) => preview(db, await readRetention(db), clock.now()),
    }),
    route({
      method: 'POST',
      url: '/api/v1/privacy/retention/preview',
      can: 'privacy.read',
      summary: 'What the next run would remove under other times; nothing is saved',
      tag,
      body: retentionSchema,
      reply: answer,
      handle: async ({ body }, { db, clock }) =>
        preview(db, { ...(await readRetention(db)), ...body }, clock.now()),
    }),
    route({
      method: 'PATCH',
      url: '/api/v1/privacy/retention',
      can: 'privacy.edit',
      summary: 'Change how long kinds of data are kept, in days; null keeps for good',
      tag,
      body: retentionSchema,
      reply: answer,
      async handle({ body, actor }, { db, clock }) {
        return preview(db, await saveRetention(db, actor, body, clock.now()), clock.now())
      },
    }),
    route({
      method: 'POST',
      url: '/api/v1/privacy/retention/run',
      can: 'privacy.edit',
      summary: 'Remove now what is past its time, instead of in the night',
      tag,
      reply: z.object({ jobId: z.string() }),
      async handle({ actor }, { db, jobs }) {
        const jobId = await jobs.start(db, job, {}, { key: 'scheduled' })
        await audit(db, actor, 'privacy.retention.run', { kind: 'job', id: jobId })
        return { jobId }
      },
    }),
    ...trackingRoutes,
  ]
}

const trackingRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/privacy/tracking',
    can: 'privacy.read',
    summary: 'Whether mails notice opens and clicks',
    tag,
    reply: trackingSchema,
    handle: (_input, { db }) => readTracking(db),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/privacy/tracking',
    can: 'privacy.edit',
    summary: 'Change whether mails notice opens and clicks: always, with consent, never',
    tag,
    body: trackingSchema.partial().strict(),
    reply: trackingSchema,
    async handle({ body, actor }, { db, clock }) {
      const { opens, clicks } = { ...(await readTracking(db)), ...body }
      await saveTracking(db, actor, { opens: opens ?? 'always', clicks: clicks ?? 'always' }, clock.now())
      return readTracking(db)
    },
  }),
]
