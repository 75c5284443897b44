import { z } from 'zod'
import { audit } from '#access/audit.ts'
import { inTransaction } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import type { Actor } from '#platform/http/route.ts'
import { daySchema, done, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import { fieldsOf } from './forms/definition.ts'
import { deletePartial, selectPartials } from './forms/partials.sql.ts'
import { type Submission, selectSubmissions, submissionStatuses } from './forms/submissions.sql.ts'
import { countDays, countFields, countSources, countVersions } from './forms/views.sql.ts'
import {
  getSubmission,
  markSpam,
  releaseSubmission,
  reprocessSubmission,
  unmarkSpam,
} from './forms.submissions.ts'
import { getForm } from './forms.ts'

const tag = 'Forms'
const bothParams = z.object({ id: idSchema, submissionId: idSchema })
const answer = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()])
const submission = z.object({
  id: idSchema,
  /** Null where nobody is named for it. */
  contactId: z.string().nullable(),
  version: z.int(),
  at: timeSchema,
  status: z.enum(submissionStatuses),
  reasons: z.array(z.string()),
  answers: z.record(z.string(), answer),
  consents: z.array(
    z.object({
      field: z.string(),
      purpose: z.string(),
      topicId: z.string().nullable(),
      wording: z.string(),
      doubleOptIn: z.boolean(),
    }),
  ),
  address: z.string().nullable(),
  language: z.string(),
  origin: z.object({
    url: z.string().nullable(),
    referrer: z.string().nullable(),
    title: z.string().nullable(),
    utm: z.record(z.string(), z.string()),
    ip: z.string(),
    agent: z.string(),
  }),
  recognised: z.boolean(),
})
const shown = (row: Submission) => ({ ...row, contactId: row.contactId === '0' ? null : row.contactId })

const list = route({
  method: 'GET',
  url: '/api/v1/forms/:id/submissions',
  can: 'contacts.read',
  summary: 'What was sent, the newest first; the search looks into all answers',
  tag,
  params: idParams,
  query: pageQuery.extend({
    status: z.enum(submissionStatuses).optional(),
    search: z.string().trim().max(200).optional(),
  }),
  reply: pageOf(submission),
  async handle({ params, query }, { db }) {
    await getForm(db, params.id)
    const key = readCursor(query.cursor, z.object({ id: idSchema }))
    const rows = await selectSubmissions(db, params.id, {
      before: key?.id ?? null,
      limit: query.limit + 1,
      status: query.status ?? null,
      search: query.search || null,
    })
    return page(rows.map(shown), query.limit, ({ id }) => ({ id }))
  },
})

const read = route({
  method: 'GET',
  url: '/api/v1/forms/:id/submissions/:submissionId',
  can: 'contacts.read',
  summary: 'One submission as it came',
  tag,
  params: bothParams,
  reply: submission,
  handle: async ({ params }, { db }) => shown(await getSubmission(db, params.id, params.submissionId)),
})

const partials = route({
  method: 'GET',
  url: '/api/v1/forms/:id/partials',
  can: 'contacts.read',
  summary: 'What was entered step by step and not sent, the newest first; kept for 14 days',
  tag,
  params: idParams,
  query: pageQuery,
  reply: pageOf(
    z.object({
      id: idSchema,
      version: z.int(),
      at: timeSchema,
      /** The last step that was filled in. */
      step: z.string(),
      answers: z.record(z.string(), answer),
    }),
  ),
  async handle({ params, query }, { db }) {
    await getForm(db, params.id)
    const key = readCursor(query.cursor, z.object({ id: idSchema }))
    const rows = await selectPartials(db, params.id, { before: key?.id ?? null, limit: query.limit + 1 })
    return page(rows, query.limit, ({ id }) => ({ id }))
  },
})

const removePartial = route({
  method: 'DELETE',
  url: '/api/v1/forms/:id/partials/:partialId',
  can: 'forms.publish',
  summary: 'Forget what somebody entered and did not send',
  tag,
  params: z.object({ id: idSchema, partialId: idSchema }),
  reply: done,
  async handle({ params, actor }, { db }) {
    await getForm(db, params.id)
    await inTransaction(db, async trx => {
      if (!(await deletePartial(trx, params.id, params.partialId))) throw notFound('partial submission')
      const what = { kind: 'form-partial', id: params.partialId }
      await audit(trx, actor, 'forms.partial.delete', what, { formId: params.id })
    })
    return { ok: true as const }
  },
})

type Act = (services: Services, actor: Actor, named: { formId: string; id: string }) => Promise<Submission>
const act = (verb: string, summary: string, work: Act) =>
  route({
    method: 'POST',
    url: `/api/v1/forms/:id/submissions/:submissionId/${verb}`,
    can: 'forms.publish',
    summary,
    tag,
    params: bothParams,
    reply: submission,
    handle: async ({ params, actor }, services) =>
      shown(await work(services, actor, { formId: params.id, id: params.submissionId })),
  })

const dayMs = 86_400_000
const dayOf = (at: Date) => new Date(at.toISOString().slice(0, 10))

const counts = { views: z.int(), starts: z.int(), completions: z.int() }
const results = route({
  method: 'GET',
  url: '/api/v1/forms/:id/results',
  can: 'forms.read',
  summary: 'Showings, starts and completions: by version, day, source and field. Programs are not counted',
  tag,
  params: idParams,
  /** Whole days; the last thirty where it does not say. */
  query: z.object({ from: daySchema.optional(), to: daySchema.optional() }),
  reply: z.object({
    total: z.object(counts),
    versions: z.array(z.object({ ...counts, version: z.int(), seconds: z.number().nullable() })),
    days: z.array(z.object({ ...counts, day: z.string() })),
    sources: z.array(z.object({ ...counts, source: z.string(), medium: z.string(), campaign: z.string() })),
    /** In the order of the form. `lastOf`: so many left it here without sending it. */
    fields: z.array(z.object({ field: z.string(), label: z.string(), answered: z.int(), lastOf: z.int() })),
  }),
  async handle({ params, query }, { db, clock, config }) {
    const form = await getForm(db, params.id)
    const lastDay = query.to ? new Date(query.to) : dayOf(clock.now())
    const from = query.from ? new Date(query.from) : new Date(lastDay.getTime() - 29 * dayMs)
    const range = { formId: form.id, from, to: new Date(lastDay.getTime() + dayMs) }
    const [versions, days, sources, fields] = await Promise.all([
      countVersions(db, range),
      countDays(db, range, config.zone),
      countSources(db, range),
      countFields(db, range),
    ])
    const sum = (of: 'views' | 'starts' | 'completions') => versions.reduce((all, each) => all + each[of], 0)
    const byField = new Map(fields.map(each => [each.field, each]))
    return {
      total: { views: sum('views'), starts: sum('starts'), completions: sum('completions') },
      versions,
      days,
      sources,
      fields: fieldsOf(form.document)
        .filter(field => field.type !== 'html' && field.type !== 'hidden')
        .map(({ key, label }) => ({
          field: key,
          label,
          answered: byField.get(key)?.answered ?? 0,
          lastOf: byField.get(key)?.lastOf ?? 0,
        })),
    }
  },
})

export const submissionRoutes: Route[] = [
  list,
  read,
  act('release', 'Work a submission through that was held or taken for spam', releaseSubmission),
  act('spam', 'Say that nobody meant it; what it did already stays', markSpam),
  act('not-spam', 'Take the word spam back; nothing is worked through by that', unmarkSpam),
  act('reprocess', 'Work it through once more', reprocessSubmission),
  partials,
  removePartial,
  results,
]
