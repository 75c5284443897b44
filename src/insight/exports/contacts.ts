import { z } from 'zod'
import { consentsAmong } from '#audience/consent.ts'
import { type Contact, contactsById } from '#audience/contacts.ts'
import { listFields } from '#audience/fields.ts'
import { compileFilter } from '#decisions/compile.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { readyMetrics } from '#decisions/metrics.ts'
import type { Db } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { type OpenSource, pageRows } from './source.ts'

export const contactsAsk = z
  .object({
    kind: z.literal('contacts'),
    filter: filterSchema.optional(),
    q: z.string().trim().max(200).optional(),
    listId: idSchema.optional(),
    segmentId: idSchema.optional(),
    companyId: idSchema.optional(),
  })
  .strict()
export type ContactsAsk = z.infer<typeof contactsAsk>

const typed: [string, (contact: Contact) => unknown][] = [
  ['id', contact => contact.id],
  ['email', contact => contact.email],
  ['first_name', contact => contact.firstName],
  ['last_name', contact => contact.lastName],
  ['phone', contact => contact.phone],
  ['job_title', contact => contact.jobTitle],
  ['company', contact => contact.companyName],
  ['country', contact => contact.country],
  ['language', contact => contact.language],
  ['time_zone', contact => contact.timeZone],
  ['stage', contact => contact.stage],
]

/** Everybody who matches everything that was asked for, with typed and custom fields and the word on marketing. */
export const openContacts: OpenSource<ContactsAsk> = async ({ db, clock, config }, ask) => {
  const keys = (await listFields(db)).filter(field => field.archivedAt === null).map(field => field.key)
  const asking = { now: clock.now(), zone: config.zone, metrics: await readyMetrics(db, config.zone) }
  const wanted = filterOf(ask)
  const filter = wanted && compileFilter(wanted, asking)
  return {
    columns: [...typed.map(([name]) => name), 'consent', 'created_at', 'updated_at', ...keys],
    byContact: true,
    async page(trx, cursor) {
      const after = idSchema.safeParse(cursor).data ?? '0'
      const contacts = await contactsById(trx, {
        ...(filter ? { filter } : {}),
        ...(ask.q ? { search: ask.q } : {}),
        ...(ask.companyId ? { companyId: ask.companyId } : {}),
        after,
        limit: pageRows,
      })
      const consents = await marketingWords(
        trx,
        contacts.map(contact => contact.id),
      )
      const rows = contacts.map(contact => ({
        contactId: contact.id,
        values: [
          ...typed.map(([, read]) => read(contact)),
          consents.get(contact.id) ?? null,
          contact.createdAt,
          contact.updatedAt,
          ...keys.map(key => contact.attrs[key] ?? null),
        ],
      }))
      return { rows, next: contacts.length < pageRows ? null : (contacts.at(-1)?.id ?? null) }
    },
  }
}

function filterOf({ filter, listId, segmentId }: ContactsAsk): Filter | null {
  const parts: Filter[] = [
    ...(filter ? [filter] : []),
    ...(listId ? [{ type: 'list' as const, listId, in: true }] : []),
    ...(segmentId ? [{ type: 'segment' as const, segmentId, in: true }] : []),
  ]
  return parts.length === 0 ? null : { all: parts }
}

async function marketingWords(db: Db, ids: string[]): Promise<Map<string, string>> {
  const words = await consentsAmong(db, ids, 'marketing')
  return new Map(words.filter(word => word.topicId === '0').map(word => [word.contactId, word.state]))
}
