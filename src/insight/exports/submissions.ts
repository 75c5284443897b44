import { z } from 'zod'
import { getForm, listSubmissions, submissionStatuses } from '#capture/forms.ts'
import { idSchema } from '#platform/http/route.ts'
import { type OpenSource, pageRows } from './source.ts'

export const submissionsAsk = z
  .object({
    kind: z.literal('submissions'),
    formId: idSchema,
    status: z.enum(submissionStatuses).optional(),
    q: z.string().trim().max(200).optional(),
  })
  .strict()

/** What a form was sent, the newest first: a column for each of its fields, and what older versions asked as one. */
export const openSubmissions: OpenSource<z.infer<typeof submissionsAsk>> = async ({ db }, ask) => {
  const { document } = await getForm(db, ask.formId)
  const keys = document.steps.flatMap(step => step.fields.map(field => field.key))
  const own = new Set(keys)
  return {
    columns: [
      'submission_id',
      'sent_at',
      'state',
      'why',
      'contact_id',
      'address',
      ...keys.map(key => `answer.${key}`),
      'other_answers',
      'agreed_to',
      'language',
      'source',
      'medium',
      'campaign',
      'referrer',
    ],
    byContact: false,
    async page(reader, cursor) {
      const rows = await listSubmissions(reader, ask.formId, {
        before: idSchema.safeParse(cursor).data ?? null,
        limit: pageRows,
        status: ask.status ?? null,
        search: ask.q || null,
      })
      return {
        rows: rows.map(row => {
          const others = Object.entries(row.answers).filter(([key]) => !own.has(key))
          return {
            contactId: row.contactId === '0' ? null : row.contactId,
            values: [
              row.id,
              row.at,
              row.status,
              row.reasons.join('; '),
              row.contactId === '0' ? null : row.contactId,
              row.address,
              ...keys.map(key => flat(row.answers[key])),
              others.length > 0 ? Object.fromEntries(others) : null,
              row.consents.map(each => each.wording).join(' | '),
              row.language,
              row.origin.utm.source ?? null,
              row.origin.utm.medium ?? null,
              row.origin.utm.campaign ?? null,
              row.origin.referrer,
            ],
          }
        }),
        next: rows.length < pageRows ? null : (rows.at(-1)?.id ?? null),
      }
    },
  }
}

const flat = (answer: unknown): unknown => (Array.isArray(answer) ? answer.join('; ') : (answer ?? null))
