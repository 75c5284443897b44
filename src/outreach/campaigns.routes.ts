import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route } from '#platform/http/route.ts'
import { variantDraft } from './campaigns/content.ts'
import { settingsSchema } from './campaigns/definition.ts'
import { reviewOf } from './campaigns/view.ts'
import { runningRoutes } from './campaigns.running.routes.ts'
import { campaign, campaignStatus, head, review, shown } from './campaigns.schema.ts'
import {
  createCampaign,
  duplicateCampaign,
  getCampaign,
  listCampaigns,
  saveCampaign,
  startReview,
} from './campaigns.ts'
import { testEmail } from './emails.preview.ts'

const tag = 'Campaigns'
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(text => !text.includes('\0'), 'holds a NUL')
const settingsChange = z.strictObject({
  include: settingsSchema.shape.include.unwrap().optional(),
  exclude: settingsSchema.shape.exclude.unwrap().optional(),
  emailId: settingsSchema.shape.emailId.unwrap().optional(),
  topicId: settingsSchema.shape.topicId.unwrap().optional(),
  test: settingsSchema.shape.test.unwrap().optional(),
  schedule: settingsSchema.shape.schedule.unwrap().optional(),
  perHour: settingsSchema.shape.perHour.unwrap().optional(),
})

const definitionRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/campaigns',
    can: 'campaigns.read',
    summary: 'Campaigns, the newest first',
    tag,
    query: pageQuery.extend({
      status: campaignStatus.optional(),
      archived: z.enum(['true', 'false']).default('false'),
      search: z.string().max(200).optional(),
    }),
    reply: pageOf(head),
    async handle({ query }, { db }) {
      const rows = await listCampaigns(db, {
        status: query.status ?? null,
        archived: query.archived === 'true',
        search: query.search ?? null,
        before: readCursor(query.cursor, idSchema),
        limit: query.limit + 1,
      })
      return page(rows.map(shown), query.limit, row => row.id)
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns',
    can: 'campaigns.edit',
    summary: 'Add a campaign as a draft',
    tag,
    body: z.object({ name: nameSchema, settings: settingsChange.optional() }),
    reply: campaign,
    status: 201,
    handle: async ({ body, actor }, { db, clock }) =>
      shown(await createCampaign(db, actor, given(body), clock.now())),
  }),
  route({
    method: 'GET',
    url: '/api/v1/campaigns/:id',
    can: 'campaigns.read',
    summary: 'One campaign with its settings',
    tag,
    params: idParams,
    reply: campaign,
    handle: async ({ params }, { db }) => shown(await getCampaign(db, params.id)),
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/campaigns/:id',
    can: 'campaigns.edit',
    summary: 'Save the draft, finished or not; names the version it started from',
    tag,
    params: idParams,
    body: z.object({
      version: z.int(),
      name: nameSchema.optional(),
      settings: settingsChange.optional(),
      ownerId: z.string().max(100).nullish(),
      reviewOn: daySchema.nullish(),
    }),
    reply: campaign,
    handle: async ({ params, body, actor }, { db, clock }) =>
      shown(await saveCampaign(db, actor, params.id, given(body), clock.now())),
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/duplicate',
    can: 'campaigns.edit',
    summary: 'Make a draft that says the same',
    tag,
    params: idParams,
    reply: campaign,
    status: 201,
    handle: async ({ params, actor }, { db, clock }) =>
      shown(await duplicateCampaign(db, actor, params.id, clock.now())),
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/review',
    can: 'campaigns.preview',
    summary: 'Count who would get it, and who would not and why',
    tag,
    params: idParams,
    reply: review,
    status: 202,
    handle: async ({ params, actor }, services) =>
      reviewOf(services, await startReview(services, actor, params.id)),
  }),
  route({
    method: 'GET',
    url: '/api/v1/campaigns/:id/review',
    can: 'campaigns.read',
    summary:
      'The count of the audience with a number and examples per reason, and what is wrong or worth a thought',
    tag,
    params: idParams,
    reply: review,
    handle: async ({ params }, services) => reviewOf(services, await getCampaign(services.db, params.id)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/test',
    can: 'campaigns.edit',
    summary: 'Send a variant to somebody of this installation; ten an hour',
    tag,
    params: idParams,
    body: z.object({
      to: z.email().max(254),
      contactId: idSchema.nullish(),
      variant: z.int().min(1).max(4).default(1),
    }),
    reply: z.object({ messageId: idSchema }),
    status: 202,
    async handle({ params, body, actor }, services) {
      const { settings } = await getCampaign(services.db, params.id)
      const { emailId, draft } = await variantDraft(services, settings, body.variant)
      return testEmail(services, actor, {
        id: emailId,
        to: body.to,
        contactId: body.contactId ?? null,
        draft,
      })
    },
  }),
]

/** What was not given is not to be there at all. */
function given<T extends { settings?: z.infer<typeof settingsChange> | undefined }>(body: T) {
  const settings =
    body.settings &&
    Object.fromEntries(Object.entries(body.settings).filter(([, value]) => value !== undefined))
  return { ...body, settings }
}

export const campaignRoutes: Route[] = [...definitionRoutes, ...runningRoutes]
