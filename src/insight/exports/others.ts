import { z } from 'zod'
import { listCompanies } from '#audience/companies.ts'
import { listMessages, states } from '#outreach/deliveries.ts'
import { idSchema } from '#platform/http/route.ts'
import { type OpenSource, pageRows } from './source.ts'

export const companiesAsk = z
  .object({ kind: z.literal('companies'), q: z.string().trim().max(200).optional() })
  .strict()

const companyCursor = z.object({ name: z.string(), id: idSchema })

export const openCompanies: OpenSource<z.infer<typeof companiesAsk>> = async (_services, ask) => ({
  columns: ['id', 'name', 'domain', 'external_id', 'people', 'attributes', 'created_at', 'updated_at'],
  byContact: false,
  async page(db, cursor) {
    const found = await listCompanies(db, {
      ...(ask.q ? { search: ask.q } : {}),
      cursor: companyCursor.safeParse(cursor).data ?? null,
      limit: pageRows,
    })
    const companies = found.slice(0, pageRows)
    const last = companies.at(-1)
    return {
      rows: companies.map(company => ({
        contactId: null,
        values: [
          company.id,
          company.name,
          company.domain,
          company.externalId,
          company.people,
          company.attrs,
          company.createdAt,
          company.updatedAt,
        ],
      })),
      next: found.length > pageRows && last ? { name: last.name.toLowerCase(), id: last.id } : null,
    }
  },
})

export const messagesAsk = z
  .object({
    kind: z.literal('messages'),
    state: z.enum(states).optional(),
    class: z.enum(['marketing', 'service', 'alert', 'test']).optional(),
    emailId: idSchema.optional(),
  })
  .strict()

export const openMessages: OpenSource<z.infer<typeof messagesAsk>> = async (_services, ask) => ({
  columns: [
    'id',
    'contact_id',
    'recipient',
    'channel',
    'class',
    'state',
    'words',
    'email',
    'subject',
    'queued_at',
    'sent_at',
    'opened_at',
    'clicked_at',
    'reply',
  ],
  byContact: false,
  async page(db, cursor) {
    const rows = await listMessages(db, {
      contactId: null,
      state: ask.state ?? null,
      class: ask.class ?? null,
      emailId: ask.emailId ?? null,
      came: null,
      before: idSchema.safeParse(cursor).data ?? null,
      limit: pageRows,
    })
    return {
      rows: rows.map(row => ({
        contactId: row.contactId,
        values: [
          row.id,
          row.contactId,
          row.recipient,
          row.channel,
          row.class,
          row.state,
          row.words,
          row.emailName,
          row.subject,
          row.queuedAt,
          row.sentAt,
          row.openedAt,
          row.clickedAt,
          row.replyText,
        ],
      })),
      next: rows.length < pageRows ? null : (rows.at(-1)?.id ?? null),
    }
  },
})

/** Rows that are worked out already, of a report. */
export const tableAsk = z
  .object({
    kind: z.literal('table'),
    name: z.string().trim().min(1).max(200),
    columns: z.array(z.string().max(200)).min(1).max(100),
    rows: z.array(z.array(z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]))).max(20_000),
  })
  .strict()

export const openTable: OpenSource<z.infer<typeof tableAsk>> = async (_services, ask) => ({
  columns: ask.columns,
  byContact: false,
  page: async () => ({ rows: ask.rows.map(values => ({ contactId: null, values })), next: null }),
})
