import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { variantDraft } from './campaigns/content.ts'
import { settingsSchema } from './campaigns/definition.ts'
import { recipientWords, reviewOf, selectRecipients } from './campaigns/view.ts'
import {
  archiveCampaign,
  chooseWinner,
  pauseCampaign,
  resumeCampaign,
  retryFailed,
  stopCampaign,
  withdrawCampaign,
} from './campaigns.control.ts'
import {
  campaign,
  campaignStatus,
  head,
  recipientState,
  results,
  resultsOf,
  review,
  shown,
} from './campaigns.schema.ts'
import {
  createCampaign,
  duplicateCampaign,
  getCampaign,
  launchCampaign,
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

const recipient = z.object({
  contactId: idSchema,
  email: z.string().nullable(),
  firstName: z.string().nullable(),
  lastName: z.string().nullable(),
  messageId: idSchema.nullable(),
  variant: z.int(),
  state: recipientState,
  words: z.string(),
  replyCode: z.int().nullable(),
  replyStatus: z.string().nullable(),
  replyText: z.string().nullable(),
  dueAt: timeSchema,
  sentAt: timeSchema.nullable(),
  openedAt: timeSchema.nullable(),
  clickedAt: timeSchema.nullable(),
})

/** One word to a campaign, without anything besides. */
const word = (given: { verb: string; can: string; summary: string; act: typeof pauseCampaign }): Route =>
  route({
    method: 'POST',
    url: `/api/v1/campaigns/:id/${given.verb}`,
    can: given.can,
    summary: given.summary,
    tag,
    params: idParams,
    reply: campaign,
    handle: async ({ params, actor }, services) => shown(await given.act(services, actor, params.id)),
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

const runningRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/launch',
    can: 'campaigns.publish',
    summary: 'Send it, or have it sent at its time: names the number of recipients that was confirmed',
    tag,
    params: idParams,
    body: z.object({
      version: z.int(),
      ownerId: z.string().max(100),
      reviewOn: daySchema,
      recipients: z.int().min(1),
      immediately: z.boolean().default(false),
    }),
    reply: campaign,
    handle: async ({ params, body, actor }, services) =>
      shown(await launchCampaign(services, actor, params.id, body)),
  }),
  word({
    verb: 'withdraw',
    can: 'campaigns.publish',
    summary: 'Take a launch back before it has begun: it is a draft again',
    act: withdrawCampaign,
  }),
  word({
    verb: 'pause',
    can: 'campaigns.publish',
    summary: 'Let nothing more leave for now',
    act: pauseCampaign,
  }),
  word({ verb: 'resume', can: 'campaigns.publish', summary: 'Go on where it stood', act: resumeCampaign }),
  word({
    verb: 'stop',
    can: 'campaigns.publish',
    summary: 'End it for good: what has not begun to leave is cancelled',
    act: stopCampaign,
  }),
  word({
    verb: 'archive',
    can: 'campaigns.edit',
    summary: 'Put it out of sight; its messages and numbers stay',
    act: (services, actor, id) => archiveCampaign(services, actor, id, true),
  }),
  word({
    verb: 'restore',
    can: 'campaigns.edit',
    summary: 'Bring it back from the archive',
    act: (services, actor, id) => archiveCampaign(services, actor, id, false),
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/retry-failed',
    can: 'campaigns.publish',
    summary: 'Write once more to those whose mail failed',
    tag,
    params: idParams,
    reply: z.object({ campaign, renewed: z.int() }),
    async handle({ params, actor }, services) {
      const { campaign: row, renewed } = await retryFailed(services, actor, params.id)
      return { campaign: shown(row), renewed }
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/campaigns/:id/winner',
    can: 'campaigns.publish',
    summary: 'End the test: the rest gets this variant',
    tag,
    params: idParams,
    body: z.object({ variant: z.int().min(1).max(4) }),
    reply: campaign,
    handle: async ({ params, body, actor }, services) =>
      shown(await chooseWinner(services, actor, params.id, body.variant)),
  }),
  route({
    method: 'GET',
    url: '/api/v1/campaigns/:id/results',
    can: 'campaigns.read',
    summary: 'How far it is and how it did, counted from the messages; opens and clicks of people only',
    tag,
    params: idParams,
    reply: results,
    handle: async ({ params }, services) => resultsOf(services, await getCampaign(services.db, params.id)),
  }),
  route({
    method: 'GET',
    url: '/api/v1/campaigns/:id/recipients',
    can: 'campaigns.read',
    summary: 'Recipients by state, with what the receiving server said',
    tag,
    params: idParams,
    query: pageQuery.extend({ state: recipientState.optional() }),
    reply: pageOf(recipient),
    async handle({ params, query }, { db }) {
      const row = await getCampaign(db, params.id)
      const rows = await selectRecipients(db, {
        campaignId: row.id,
        state: query.state ?? null,
        after: readCursor(query.cursor, idSchema) ?? '0',
        limit: query.limit + 1,
      })
      const told = rows.map(each => ({
        ...each,
        state: recipientState.parse(each.state),
        words: recipientWords(each, row),
      }))
      return page(told, query.limit, each => each.contactId)
    },
  }),
]

export const campaignRoutes: Route[] = [...definitionRoutes, ...runningRoutes]
