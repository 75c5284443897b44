import { z } from 'zod'
import { daySchema, idSchema, timeSchema } from '#platform/http/route.ts'
import { pageDocumentSchema } from './pages/document.ts'
import { type PageHead, pageStatuses } from './pages/pages.sql.ts'

export const pageName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(text => !text.includes('\0'), 'holds a NUL')

/** What is stored is bounded as a whole, too. */
export const documentSchema = pageDocumentSchema.refine(
  document => JSON.stringify(document).length <= 600_000,
  'is larger than 600 KB',
)

export const pageHead = z.object({
  id: idSchema,
  name: z.string(),
  status: z.enum(pageStatuses),
  /** Of the draft. */
  slug: z.string(),
  /** Of the draft; "0" is the street itself. */
  domainId: z.string(),
  host: z.string().nullable(),
  /** Where the live page stands; null while it is not live. */
  url: z.string().nullable(),
  version: z.int(),
  liveVersion: z.int().nullable(),
  decision: z.object({ winner: z.string(), at: z.string(), by: z.string(), version: z.int() }).nullable(),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  publishAt: timeSchema.nullable(),
  /** Who scheduled it, with whose name and day of review it goes live. */
  publishBy: z.object({ actorName: z.string(), ownerId: z.string(), reviewOn: daySchema }).nullable(),
  unpublishAt: timeSchema.nullable(),
  /** Why what was scheduled did not happen. */
  scheduleWords: z.string().nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
  createdAt: timeSchema,
})
export const pageReply = pageHead.extend({ document: pageDocumentSchema })

export const problemList = z.array(z.object({ path: z.string(), message: z.string() }))

/** A page as it goes out, with the address it has on the street. */
export function shown<T extends PageHead>(row: T, streetUrl: string): T & { url: string | null } {
  const { status, liveSlug, liveHost } = row
  const base = liveHost ? `https://${liveHost}` : streetUrl
  return { ...row, url: status === 'live' && liveSlug !== null ? `${base}/${liveSlug}` : null }
}
