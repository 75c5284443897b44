import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { draftChangeSchema, draftSchema } from './emails.draft.ts'
import { previewEmail, testEmail } from './emails.preview.ts'
import { type EmailRow, selectVersionHeads } from './emails.sql.ts'
import {
  archiveEmail,
  checkEmail,
  createEmail,
  getEmail,
  listEmails,
  publishEmail,
  saveEmail,
} from './emails.ts'

const tag = 'Emails'
const status = z.enum(['draft', 'live', 'archived'])
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(text => !text.includes('\0'), 'holds a NUL')
const change = draftChangeSchema

const head = z.object({
  id: idSchema,
  name: z.string(),
  status,
  subject: z.string(),
  version: z.int(),
  liveVersion: z.int().nullable(),
  ownerId: z.string().nullable(),
  reviewOn: daySchema.nullable(),
  updatedAt: timeSchema,
  updatedBy: z.string(),
  createdAt: timeSchema,
})
const email = head.extend({ draft: draftSchema })
const problem = z.object({ path: z.string(), line: z.int().nullable(), message: z.string() })
const link = z.object({ url: z.string(), label: z.string(), dynamic: z.boolean() })

const shown = (row: EmailRow) => ({ ...row, subject: row.draft.subject })

export const emailRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/emails',
    can: 'emails.read',
    summary: 'Emails by name',
    tag,
    query: pageQuery.extend({ status: status.optional() }),
    reply: pageOf(head),
    async handle({ query }, { db }) {
      const after = readCursor(query.cursor, z.object({ name: z.string(), id: idSchema }))
      const rows = await listEmails(db, { after, limit: query.limit + 1, status: query.status ?? null })
      return page(rows.map(shown), query.limit, ({ name, id }) => ({ name, id }))
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails',
    can: 'emails.edit',
    summary: 'Add an email as a draft',
    tag,
    body: z.object({ name: nameSchema, draft: change.optional() }),
    reply: email,
    status: 201,
    handle: async ({ body, actor }, { db, clock }) =>
      shown(await createEmail(db, actor, { ...body.draft, name: body.name }, clock.now())),
  }),
  route({
    method: 'GET',
    url: '/api/v1/emails/:id',
    can: 'emails.read',
    summary: 'One email with its draft',
    tag,
    params: idParams,
    reply: email,
    handle: async ({ params }, { db }) => shown(await getEmail(db, params.id)),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/emails/:id',
    can: 'emails.edit',
    summary: 'Save the draft, finished or not; names the version it started from',
    tag,
    params: idParams,
    body: z.object({
      version: z.int(),
      name: nameSchema.optional(),
      draft: change.optional(),
      ownerId: z.string().max(100).nullish(),
      reviewOn: daySchema.nullish(),
    }),
    reply: email,
    handle: async ({ params, body, actor }, { db, clock }) =>
      shown(await saveEmail(db, actor, params.id, body, clock.now())),
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails/:id/check',
    can: 'emails.preview',
    summary: 'What keeps the draft from going out, what is worth a thought, and its links',
    tag,
    params: idParams,
    reply: z.object({ problems: z.array(problem), warnings: z.array(problem), links: z.array(link) }),
    async handle({ params }, { db }) {
      const { problems, warnings, compiled } = await checkEmail(db, (await getEmail(db, params.id)).draft)
      return { problems, warnings, links: compiled?.links ?? [] }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails/:id/publish',
    can: 'emails.publish',
    summary: 'Compile the draft and make it the live version, with an owner and a day of review',
    tag,
    params: idParams,
    body: z.object({ version: z.int(), ownerId: z.string().max(100), reviewOn: daySchema }),
    reply: email,
    handle: async ({ params, body, actor }, { db, clock }) =>
      shown(await publishEmail(db, actor, params.id, body, clock.now())),
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails/:id/archive',
    can: 'emails.publish',
    summary: 'Take an email out of use; refused while something sends it',
    tag,
    params: idParams,
    reply: email,
    handle: async ({ params, actor }, { db, clock }) =>
      shown(await archiveEmail(db, actor, params.id, clock.now())),
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails/:id/preview',
    can: 'emails.preview',
    summary: 'Render the draft, with changes not saved yet if given, for a contact or for an invented one',
    tag,
    params: idParams,
    body: z.object({ contactId: idSchema.nullish(), draft: change.optional() }),
    reply: z.object({
      subject: z.string().nullable(),
      html: z.string().nullable(),
      text: z.string().nullable(),
      previewUrl: z.string().nullable(),
      problems: z.array(problem),
      warnings: z.array(problem),
    }),
    async handle({ params, body }, services) {
      const { draft } = await getEmail(services.db, params.id)
      const { parts, ...rest } = await previewEmail(
        services,
        { ...draft, ...body.draft },
        body.contactId ?? null,
      )
      return {
        subject: parts?.subject ?? null,
        html: parts?.html ?? null,
        text: parts?.text ?? null,
        ...rest,
      }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/emails/:id/test',
    can: 'emails.edit',
    summary: 'Send the draft to somebody of this installation; ten an hour',
    tag,
    params: idParams,
    body: z.object({ to: z.email().max(254), contactId: idSchema.nullish() }),
    reply: z.object({ messageId: idSchema }),
    status: 202,
    handle: ({ params, body, actor }, services) =>
      testEmail(services, actor, { id: params.id, to: body.to, contactId: body.contactId ?? null }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/emails/:id/versions',
    can: 'emails.read',
    summary: 'What was published, the newest first',
    tag,
    params: idParams,
    reply: z.object({
      items: z.array(
        z.object({
          id: idSchema,
          number: z.int(),
          subject: z.string(),
          publishedAt: timeSchema,
          publishedBy: z.string(),
          links: z.array(link),
        }),
      ),
      next: z.null(),
    }),
    handle: async ({ params }, { db }) => ({ items: await selectVersionHeads(db, params.id), next: null }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/emails/:id/used-by',
    can: 'emails.read',
    summary: 'What sends this email',
    tag,
    params: idParams,
    reply: z.object({
      items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
      next: z.null(),
    }),
    handle: async ({ params }, { db }) => ({
      items: await usedBy(db, { kind: 'email', id: params.id }),
      next: null,
    }),
  }),
]
