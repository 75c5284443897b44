import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { type ContactFacts, node } from '../node.ts'

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
  run(settings, facts) {
    const who = nameOf(facts.contact)
    return {
      does: 'go',
      exit: 'next',
      effects: [
        {
          do: 'alert',
          fallbackUserId: settings.fallbackUserId ?? null,
          webhookUrl: settings.webhookUrl ?? null,
          subject: oneLine(`${who}: ${settings.message}`).slice(0, 200),
          lines: [
            settings.message,
            ...contactLines(facts.contact),
            ...(facts.last?.summary ? [facts.last.summary] : []),
          ],
        },
      ],
    }
  },
})

function nameOf(contact: ContactFacts | null): string {
  const name = [contact?.firstName, contact?.lastName].filter(Boolean).join(' ')
  return name || contact?.email || 'A contact'
}

function contactLines(contact: ContactFacts | null): string[] {
  const work = [contact?.jobTitle, contact?.companyName].filter(Boolean).join(', ')
  return [[nameOf(contact), contact?.email].filter(Boolean).join(' · '), work].filter(line => line !== '')
}

/** Names come from outside: a line break in a subject would open a header. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ')
}
