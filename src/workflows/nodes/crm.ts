import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

/** Brings the contact and the CRM together at once instead of in a minute. */
export const crmPush = node({
  type: 'crm-push',
  title: 'Push to the CRM',
  category: 'sales',
  words: 'Writes what is new about the contact to the CRM at once',
  settings: z.object({}),
  initial: {},
  exits: () => ['next'],
  describe: () => 'Push to the CRM now',
  run: () => ({ does: 'go', exit: 'next', effects: [{ do: 'crm-push' }] }),
})

/** A task for the owner in the CRM; passed again, it changes the task that is there. */
export const crmTask = node({
  type: 'crm-task',
  title: 'Task in the CRM',
  category: 'sales',
  words: 'Makes a task for the contact’s owner in the CRM, or changes the one it made before',
  settings: z.object({
    subject: z.string().trim().min(1).max(200),
    body: z.string().max(2_000).default(''),
    dueInDays: z.int().min(0).max(365).nullable().default(2),
    ownerId: idSchema.nullish(),
  }),
  initial: { subject: 'Call this lead', dueInDays: 2 },
  exits: () => ['next'],
  describe: ({ subject, dueInDays }) =>
    `Task in the CRM: “${subject}”${dueInDays === null ? '' : `, due in ${dueInDays} ${dueInDays === 1 ? 'day' : 'days'}`}`,
  needs: () => ({ contact: true }),
  run: ({ subject, body, dueInDays, ownerId }, facts, { now }) => ({
    does: 'go',
    exit: 'next',
    effects: [
      {
        do: 'crm-task',
        subject,
        body,
        dueOn:
          dueInDays === null
            ? null
            : new Date(now.getTime() + dueInDays * 86_400_000).toISOString().slice(0, 10),
        ownerId: facts.contact?.ownerId ?? ownerId ?? null,
      },
    ],
  }),
})

/** Membership in a campaign of the CRM; its status only moves up. */
export const crmMember = node({
  type: 'crm-campaign',
  title: 'Add to CRM campaign',
  category: 'sales',
  words: 'Makes the contact a member of a campaign in the CRM, or raises its status there',
  settings: z.object({
    campaignId: idSchema,
    status: z.enum(['sent', 'opened', 'clicked', 'responded']).default('responded'),
  }),
  initial: { status: 'responded' },
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ campaignId, status }, names) =>
    `Add to the CRM campaign “${names({ kind: 'crm-campaign', id: campaignId }) ?? 'missing campaign'}” as ${status}`,
  uses: ({ campaignId }) => [{ kind: 'crm-campaign', id: campaignId }],
  run: ({ campaignId, status }) => ({
    does: 'go',
    exit: 'next',
    effects: [{ do: 'crm-member', campaignId, status }],
  }),
})

/** Gives the contact an owner: one person, or several by turns. */
export const setOwner = node({
  type: 'set-owner',
  title: 'Set owner',
  category: 'sales',
  words: 'Gives the contact an owner: one person, or several by lot',
  settings: z.object({
    userIds: z.array(z.string().min(1).max(100)).min(1).max(50),
    /** Who has an owner keeps him. */
    onlyIfNone: z.boolean().default(true),
  }),
  initial: { userIds: [], onlyIfNone: true },
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ userIds, onlyIfNone }) =>
    `Set the owner${userIds.length > 1 ? ` to one of ${userIds.length} people by lot` : ''}${onlyIfNone ? ', unless there is one' : ''}`,
  needs: () => ({ contact: true }),
  writes: () => ['owner_id'],
  run: ({ userIds, onlyIfNone }, facts, { chance }) => {
    const value = userIds[Math.floor(chance * userIds.length)] ?? null
    const keeps = onlyIfNone && facts.contact?.ownerId
    return keeps
      ? { does: 'go', exit: 'next' }
      : { does: 'go', exit: 'next', effects: [{ do: 'field', field: 'owner_id', value }] }
  },
})

/** Asks sales to take the contact; their answer is an event that a later step can wait for. */
export const requestHandOff = node({
  type: 'request-handoff',
  title: 'Hand to sales',
  category: 'sales',
  words: 'Asks the owner to accept the contact as a lead, or to return it with a reason',
  settings: z.object({
    words: z.string().trim().min(1).max(500),
    fallbackUserId: z.string().max(100).nullish(),
  }),
  initial: { words: 'is ready for sales' },
  exits: () => ['next'],
  describe: ({ words }) => `Hand to sales: “${words}”`,
  needs: () => ({ contact: true }),
  run: ({ words, fallbackUserId }, facts) => ({
    does: 'go',
    exit: 'next',
    effects: [
      { do: 'handoff', words, userIds: [facts.contact?.ownerId, fallbackUserId].flatMap(id => id ?? []) },
    ],
  }),
})
