import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const message = z.looseObject({
  messageId: z.string().nullish(),
  emailName: z.string().nullish(),
  subject: z.string().nullish(),
  reason: z.string().nullish(),
})
const signal = message.extend({
  url: z.string().nullish(),
  verdict: z.enum(['human', 'machine', 'unsure']).nullish(),
})

type Message = z.output<typeof message>
const letter = (data: Message, name: string | null) =>
  `the email ${quoted(data.subject ?? data.emailName ?? name, 'without a subject')}`
const because = (data: Message) => (data.reason ? `: ${data.reason}` : '')

/** An open or click of a scanner is told as what it is. */
function signalBy(data: z.output<typeof signal>): string {
  if (data.verdict === 'machine') return ' (a machine, not the person)'
  return data.verdict === 'unsure' ? ' (perhaps a machine)' : ''
}

/** What we said, and what came of it. */
export const outreachEvents: EventType[] = [
  eventType({
    type: 'email.sent',
    title: 'Email sent',
    data: message,
    sentence: (data, name) => `was sent ${letter(data, name)}`,
  }),
  eventType({
    type: 'email.failed',
    title: 'Email failed',
    data: message,
    sentence: (data, name) => `could not be sent ${letter(data, name)}${because(data)}`,
  }),
  eventType({
    type: 'email.suppressed',
    title: 'Email held back',
    data: message,
    sentence: (data, name) => `was not sent ${letter(data, name)}${because(data)}`,
  }),
  eventType({
    type: 'email.opened',
    title: 'Email opened',
    data: signal,
    sentence: (data, name) => `opened ${letter(data, name)}${signalBy(data)}`,
  }),
  eventType({
    type: 'email.clicked',
    title: 'Link in an email clicked',
    data: signal,
    sentence: (data, name) =>
      `clicked ${data.url ? quoted(data.url, '') : 'a link'} in ${letter(data, name)}${signalBy(data)}`,
  }),
  eventType({
    type: 'email.bounced',
    title: 'Email bounced',
    data: message,
    sentence: (data, name) => `could not be reached by ${letter(data, name)}${because(data)}`,
  }),
  eventType({
    type: 'email.complained',
    title: 'Email reported as spam',
    data: message,
    sentence: (data, name) => `reported ${letter(data, name)} as spam`,
  }),
  eventType({
    type: 'email.unsubscribed',
    title: 'Unsubscribed',
    data: message,
    sentence: (data, name) => `unsubscribed by way of ${letter(data, name)}`,
  }),
  eventType({
    type: 'alert.sent',
    title: 'Sales alerted',
    data: z.looseObject({ channel: z.string().nullish(), to: z.string().nullish() }),
    sentence: (data, name) =>
      `was brought to the attention of sales${data.channel === 'webhook' ? ' by webhook' : ' by email'}${name ? `: ${quoted(name, '')}` : ''}`,
  }),
]
