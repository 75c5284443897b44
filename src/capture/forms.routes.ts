import { z } from 'zod'
import { usedBy } from '#access/references.ts'
import { notFound } from '#platform/errors.ts'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { formDocumentSchema } from './forms/definition.ts'
import { fieldKinds } from './forms/fields/all.ts'
import {
  type FormRow,
  formStatuses,
  selectForms,
  selectFormVersion,
  selectFormVersions,
} from './forms/forms.sql.ts'
import { logicOperators } from './forms/logic.ts'
import { spokenLanguages } from './forms/words.ts'
import { formHead, formReply, shown } from './forms.schema.ts'
import {
  archiveForm,
  createForm,
  duplicateForm,
  findingsOf,
  getForm,
  pauseForm,
  publishForm,
  resumeForm,
  revertForm,
  saveForm,
} from './forms.ts'

const tag = 'Forms'
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(text => !text.includes('\0'), 'holds a NUL')
const documentSchema = formDocumentSchema.refine(
  document => JSON.stringify(document).length <= 600_000,
  'is larger than 600 KB',
)
const numberParams = z.object({ id: idSchema, number: z.coerce.number().int().min(1).max(1_000_000) })

const problemList = z.array(z.object({ path: z.string(), message: z.string() }))

const kinds = route({
  method: 'GET',
  url: '/api/v1/form-fields',
  can: 'forms.read',
  summary: 'The types of fields, the operators their conditions know, and the languages of our own sentences',
  tag,
  reply: z.object({
    items: z.array(
      z.object({
        type: z.string(),
        title: z.string(),
        family: z.enum(['text', 'number', 'date', 'boolean', 'choice']).nullable(),
      }),
    ),
    operators: z.array(z.string()),
    languages: z.array(z.string()),
    next: z.null(),
  }),
  handle: async () => ({
    items: fieldKinds.map(({ type, title, family }) => ({ type, title, family })),
    operators: [...logicOperators],
    languages: [...spokenLanguages],
    next: null,
  }),
})

const list = route({
  method: 'GET',
  url: '/api/v1/forms',
  can: 'forms.read',
  summary: 'Forms by name: how much came in, what waits for a look, and how many saw and sent it in 30 days',
  tag,
  query: pageQuery.extend({
    status: z.enum(formStatuses).optional(),
    search: z.string().trim().max(200).optional(),
  }),
  reply: pageOf(
    formHead.extend({
      submissions: z.int(),
      held: z.int(),
      views: z.int(),
      starts: z.int(),
      completions: z.int(),
    }),
  ),
  async handle({ query }, { db, clock, config }) {
    const after = readCursor(query.cursor, z.object({ name: z.string(), id: idSchema }))
    const { status = null, search = '' } = query
    const since = new Date(clock.now().getTime() - 30 * 86_400_000)
    const limit = query.limit + 1
    const rows = await selectForms(db, { after, limit, status, search: search || null, since })
    const items = rows.map(row => shown(row, config.streetUrl))
    return page(items, query.limit, ({ name, id }) => ({ name, id }))
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/forms',
  can: 'forms.edit',
  summary: 'Add a form as a draft, with an address field or with a document',
  tag,
  body: z.object({ name: nameSchema, document: documentSchema.optional() }),
  reply: formReply,
  status: 201,
  handle: async ({ body, actor }, { db, clock, config }) =>
    shown(await createForm(db, actor, body, clock.now()), config.streetUrl),
})

const read = route({
  method: 'GET',
  url: '/api/v1/forms/:id',
  can: 'forms.read',
  summary: 'One form with its draft',
  tag,
  params: idParams,
  reply: formReply,
  handle: async ({ params }, { db, config }) => shown(await getForm(db, params.id), config.streetUrl),
})

const save = route({
  method: 'PATCH',
  url: '/api/v1/forms/:id',
  can: 'forms.edit',
  summary: 'Save the draft, finished or not; names the version it started from',
  tag,
  params: idParams,
  body: z.object({
    version: z.int(),
    name: nameSchema.optional(),
    document: documentSchema.optional(),
    ownerId: z.string().max(100).nullish(),
    reviewOn: daySchema.nullish(),
  }),
  reply: formReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await saveForm(db, actor, params.id, body, clock.now()), config.streetUrl),
})

const check = route({
  method: 'POST',
  url: '/api/v1/forms/:id/check',
  can: 'forms.read',
  summary: 'What keeps the draft from going live, and what is worth a thought',
  tag,
  params: idParams,
  reply: z.object({ problems: problemList, warnings: problemList }),
  handle: async ({ params }, { db, config }) => findingsOf(db, await getForm(db, params.id), config),
})

const publish = route({
  method: 'POST',
  url: '/api/v1/forms/:id/publish',
  can: 'forms.publish',
  summary: 'Make the draft the live version, with an owner and a day of review; a test that runs ends',
  tag,
  params: idParams,
  body: z.object({ version: z.int(), ownerId: z.string().max(100), reviewOn: daySchema }),
  reply: formReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(await publishForm({ db, config }, actor, params.id, body, clock.now()), config.streetUrl),
})

type Turn = (
  db: Parameters<typeof pauseForm>[0],
  actor: Parameters<typeof pauseForm>[1],
  id: string,
  now: Date,
) => Promise<FormRow>

/** Those that take nothing but the form. */
const turn = (verb: string, given: { can: string; summary: string; status?: number }, act: Turn) =>
  route({
    method: 'POST',
    url: `/api/v1/forms/:id/${verb}`,
    tag,
    params: idParams,
    reply: formReply,
    ...given,
    handle: async ({ params, actor }, { db, clock, config }) =>
      shown(await act(db, actor, params.id, clock.now()), config.streetUrl),
  })

const versions = route({
  method: 'GET',
  url: '/api/v1/forms/:id/versions',
  can: 'forms.read',
  summary: 'What was published, the newest first',
  tag,
  params: idParams,
  query: pageQuery,
  reply: pageOf(
    z.object({ number: z.int(), fields: z.int(), publishedAt: timeSchema, publishedBy: z.string() }),
  ),
  async handle({ params, query }, { db }) {
    await getForm(db, params.id)
    const key = readCursor(query.cursor, z.object({ number: z.int() }))
    const wanted = { before: key?.number ?? null, limit: query.limit + 1 }
    return page(await selectFormVersions(db, params.id, wanted), query.limit, ({ number }) => ({ number }))
  },
})

const version = route({
  method: 'GET',
  url: '/api/v1/forms/:id/versions/:number',
  can: 'forms.read',
  summary: 'A published version as it is',
  tag,
  params: numberParams,
  reply: z.object({
    number: z.int(),
    document: formDocumentSchema,
    publishedAt: timeSchema,
    publishedBy: z.string(),
  }),
  async handle({ params }, { db }) {
    const found = await selectFormVersion(db, params.id, params.number)
    if (!found) throw notFound('version')
    return found
  },
})

const revert = route({
  method: 'POST',
  url: '/api/v1/forms/:id/versions/:number/revert',
  can: 'forms.edit',
  summary: 'Make a published version the draft again; it goes live when somebody publishes it',
  tag,
  params: numberParams,
  body: z.object({ version: z.int() }),
  reply: formReply,
  handle: async ({ params, body, actor }, { db, clock, config }) =>
    shown(
      await revertForm(db, actor, params.id, { ...body, number: params.number }, clock.now()),
      config.streetUrl,
    ),
})

const uses = route({
  method: 'GET',
  url: '/api/v1/forms/:id/used-by',
  can: 'forms.read',
  summary: 'What shows or listens to this form',
  tag,
  params: idParams,
  reply: z.object({
    items: z.array(z.object({ kind: z.string(), id: z.string(), name: z.string() })),
    next: z.null(),
  }),
  async handle({ params }, { db }) {
    await getForm(db, params.id)
    return { items: await usedBy(db, { kind: 'form', id: params.id }), next: null }
  },
})

const live = 'forms.publish'
export const formRoutes: Route[] = [
  kinds,
  list,
  create,
  read,
  save,
  check,
  publish,
  turn(
    'duplicate',
    { can: 'forms.edit', summary: 'Add a draft that asks the same', status: 201 },
    duplicateForm,
  ),
  turn('pause', { can: live, summary: 'Take no more submissions until it is resumed' }, pauseForm),
  turn('resume', { can: live, summary: 'Take submissions again' }, resumeForm),
  turn(
    'archive',
    { can: live, summary: 'Take a form out of use for good; what was sent stays' },
    archiveForm,
  ),
  versions,
  version,
  revert,
  uses,
]
