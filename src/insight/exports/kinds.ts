import { z } from 'zod'
import { listsByIds } from '#audience/lists.ts'
import { getForm } from '#capture/forms.ts'
import { segmentsByIds } from '#decisions/segments.ts'
import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { contactsAsk, openContacts } from './contacts.ts'
import { companiesAsk, messagesAsk, openCompanies, openMessages, openTable, tableAsk } from './others.ts'
import type { ExportSource } from './source.ts'
import { openSubmissions, submissionsAsk } from './submissions.ts'

/** What can be handed out. */
export const askSchema = z.discriminatedUnion('kind', [
  contactsAsk,
  companiesAsk,
  messagesAsk,
  submissionsAsk,
  tableAsk,
])
export type ExportAsk = z.infer<typeof askSchema>

/** Whoever takes something out must be allowed to see it, too. */
export const rightOf: Record<ExportAsk['kind'], string> = {
  contacts: 'contacts.read',
  companies: 'companies.read',
  messages: 'messages.read',
  submissions: 'contacts.read',
  table: 'reports.read',
}

export function openSource(services: Services, given: unknown): Promise<ExportSource> {
  const ask = askSchema.parse(given)
  if (ask.kind === 'contacts') return openContacts(services, ask)
  if (ask.kind === 'companies') return openCompanies(services, ask)
  if (ask.kind === 'submissions') return openSubmissions(services, ask)
  return ask.kind === 'messages' ? openMessages(services, ask) : openTable(services, ask)
}

/** The words for what was asked for: "segment Warm leads". */
export async function nameOf(db: Db, ask: ExportAsk): Promise<string> {
  if (ask.kind === 'table') return ask.name
  if (ask.kind === 'messages') return ask.state ? `deliveries (${ask.state})` : 'deliveries'
  if (ask.kind === 'companies') return 'companies'
  if (ask.kind === 'submissions') return `submissions of ${(await getForm(db, ask.formId)).name}`
  const [list] = ask.listId ? await listsByIds(db, [ask.listId]) : []
  const [segment] = ask.segmentId ? await segmentsByIds(db, [ask.segmentId]) : []
  const group = segment ? `segment ${segment.name}` : list ? `list ${list.name}` : null
  if (group) return group
  return ask.filter || ask.q || ask.companyId ? 'contacts (filtered)' : 'contacts'
}
