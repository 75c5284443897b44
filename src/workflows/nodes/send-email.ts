import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { node } from '../node.ts'

/** Hands an email to the message ledger; the gate decides there whether it may go out. */
export const sendEmail = node({
  type: 'send-email',
  title: 'Send email',
  category: 'message',
  words: 'Sends an email, if consent, limits and quiet hours allow it',
  settings: z.object({
    emailId: idSchema,
    class: z.enum(['marketing', 'service']).default('marketing'),
    purpose: z.string().min(1).max(100).default('marketing'),
    topicId: idSchema.nullish(),
  }),
  initial: {},
  usualExits: ['next'],
  exits: () => ['next'],
  describe: ({ emailId }, names) =>
    `Send the email “${names({ kind: 'email', id: emailId }) ?? 'missing email'}”`,
  uses: ({ emailId }) => [{ kind: 'email', id: emailId }],
  run: settings => ({
    does: 'go',
    exit: 'next',
    effects: [
      {
        do: 'email',
        emailId: settings.emailId,
        class: settings.class,
        purpose: settings.purpose,
        topicId: settings.topicId ?? null,
      },
    ],
  }),
})
