import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

/** Tells the contact's owner by email, or somebody else when there is none, and a webhook that speaks Slack's form. */
export const alertSales = node({
  type: 'alert-sales',
  title: 'Alert sales',
  category: 'message',
  words: 'Tells the contact’s owner by email, and a webhook such as a Slack channel',
  settings: z.object({
    message: z.string().min(1).max(2000),
    fallbackUserId: idSchema.nullish(),
    webhookUrl: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .nullish(),
  }),
  initial: { message: 'is ready for a call' },
  exits: () => ['next'],
  describe: ({ message, webhookUrl }) =>
    `Alert the contact’s owner${webhookUrl ? ' and a webhook' : ''}: “${message}”`,
  needs: () => ({ contact: true }),
  run({ message, fallbackUserId, webhookUrl }, facts) {
    return {
      does: 'go',
      exit: 'next',
      effects: [
        {
          do: 'alert',
          fallbackUserId: fallbackUserId ?? null,
          webhookUrl: webhookUrl ?? null,
          message: message.replace(/[\r\n\t]+/g, ' '),
          because: facts.last?.summary ?? null,
        },
      ],
    }
  },
})
