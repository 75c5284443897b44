import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Db } from '#platform/db/db.ts'
import { type Route, route, timeSchema } from '#platform/http/route.ts'
import { type AuditEntry, type AuditFilter, audit, listAudit, verifyAudit } from './audit.ts'
import { tag } from './shapes.ts'

const word = (max: number) =>
  z
    .string()
    .max(max)
    .refine(text => !text.includes('\u0000'), 'must not hold a NUL')
const moment = z.iso.datetime({ offset: true }).transform(text => new Date(text))

const filter = z.object({
  actor: word(100).optional().describe('the id of a person or key'),
  action: word(80).optional().describe('an action, or how it begins: "users." or "keys.create"'),
  subjectKind: word(60).optional(),
  subject: word(100).optional().describe('the id of what was changed'),
  from: moment.optional(),
  to: moment.optional().describe('up to and without this moment'),
})

const entry = z.object({
  position: z.string(),
  at: timeSchema,
  actorKind: z.string(),
  actorId: z.string(),
  actorName: z.string(),
  action: z.string(),
  subjectKind: z.string(),
  subjectId: z.string(),
  detail: z.record(z.string(), z.unknown()),
})

const trail = route({
  method: 'GET',
  url: '/api/v1/audit',
  can: 'audit.read',
  summary: 'Who changed what, newest first',
  tag,
  query: filter.extend({
    cursor: z
      .string()
      .regex(/^\d{1,18}$/)
      .optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: z.object({ items: z.array(entry), next: z.string().nullable() }),
  async handle({ query }, { db }) {
    const { cursor, limit, ...wanted } = query
    const items = await listAudit(db, { ...wanted, before: cursor ?? null, limit: limit + 1 })
    const page = items.slice(0, limit)
    return { items: page, next: items.length > limit ? (page.at(-1)?.position ?? null) : null }
  },
})

const columns = [
  'position',
  'at',
  'actorKind',
  'actorId',
  'actorName',
  'action',
  'subjectKind',
  'subjectId',
  'detail',
] as const

/** One cell: quoted, and never a formula for the program that opens the file. */
function cell(value: unknown): string {
  const text =
    value instanceof Date
      ? value.toISOString()
      : typeof value === 'object'
        ? JSON.stringify(value)
        : `${value}`
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
}

async function* lines(db: Db, wanted: AuditFilter): AsyncGenerator<string> {
  yield `${columns.join(',')}\r\n`
  let before: string | null = null
  const limit = 1000
  while (true) {
    const rows: AuditEntry[] = await listAudit(db, { ...wanted, before, limit })
    yield rows.map(row => `${columns.map(name => cell(row[name])).join(',')}\r\n`).join('')
    before = rows.at(-1)?.position ?? null
    if (rows.length < limit) return
  }
}

const download = route({
  method: 'GET',
  url: '/api/v1/audit/csv',
  can: 'audit.read',
  summary: 'The audit as CSV, newest first, with the same filters; taking it is written to the audit',
  tag,
  query: filter,
  reply: z.string(),
  async handle({ query, actor, answer }, { db }) {
    await audit(db, actor, 'audit.download', { kind: 'audit', id: 'all' }, { filter: query })
    await answer
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="audit.csv"')
      .header('cache-control', 'no-store')
      .send(Readable.from(lines(db, query)))
    return ''
  },
})

const check = route({
  method: 'GET',
  url: '/api/v1/audit/check',
  can: 'audit.read',
  summary: 'Whether the chain of the audit is unbroken, or the first row that does not fit',
  tag,
  reply: z.object({ sound: z.boolean(), brokenAt: z.string().nullable() }),
  async handle(_, { db }) {
    const brokenAt = await verifyAudit(db)
    return { sound: brokenAt === null, brokenAt }
  },
})

export const auditRoutes: Route[] = [trail, download, check]
