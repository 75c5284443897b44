import { z } from 'zod'
import { page, pageOf, pageQuery, readCursor } from '#platform/http/paging.ts'
import { daySchema, idParams, idSchema, type Route, route, timeSchema } from '#platform/http/route.ts'
import { recipientWords, selectRecipients } from './campaigns/view.ts'
import {
  archiveCampaign,
  chooseWinner,
  pauseCampaign,
  resumeCampaign,
  retryFailed,
  stopCampaign,
  withdrawCampaign,
} from './campaigns.control.ts'
import { campaign, recipientState, results, resultsOf, shown } from './campaigns.schema.ts'
import { getCampaign, launchCampaign } from './campaigns.ts'

const tag = 'Campaigns'

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

/** What becomes of a campaign once it is launched. */
export const runningRoutes: Route[] = [
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
