import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const utm = z.looseObject({
  source: z.string().optional(),
  medium: z.string().optional(),
  campaign: z.string().optional(),
  term: z.string().optional(),
  content: z.string().optional(),
})
const bot = z.boolean().optional()

/** What websites, apps and servers tell us. */
export const captureEvents: EventType[] = [
  eventType({
    type: 'event.tracked',
    title: 'Tracked event',
    named: true,
    public: true,
    data: z.looseObject({ properties: z.record(z.string(), z.unknown()).optional(), bot }),
    sentence: (_data, name) => `did ${quoted(name, 'something without a name')}`,
  }),
  eventType({
    type: 'page.viewed',
    title: 'Page viewed',
    named: true,
    public: true,
    data: z.looseObject({
      url: z.string().nullish(),
      path: z.string().nullish(),
      host: z.string().nullish(),
      search: z.string().nullish(),
      title: z.string().nullish(),
      referrer: z.string().nullish(),
      utm: utm.nullish(),
      bot,
    }),
    sentence: (data, name) =>
      `looked at the page ${quoted(data.title || name || data.path || data.url, 'without a name')}`,
  }),
  eventType({
    type: 'form.submitted',
    title: 'Form submitted',
    named: true,
    data: z.looseObject({
      formId: z.string(),
      formName: z.string().nullish(),
      submissionId: z.string(),
      fields: z.record(z.string(), z.unknown()).optional(),
      url: z.string().nullish(),
      referrer: z.string().nullish(),
      utm: utm.nullish(),
    }),
    sentence: (data, name) => `sent the form ${quoted(name ?? data.formName, 'without a name')}`,
  }),
  eventType({
    type: 'asset.downloaded',
    title: 'File downloaded',
    named: true,
    data: z.looseObject({ assetId: z.string(), formId: z.string().nullish(), bot }),
    sentence: (_data, name) => `downloaded ${quoted(name, 'a file')}`,
  }),
  eventType({
    type: 'screen.viewed',
    title: 'Screen viewed',
    named: true,
    public: true,
    data: z.looseObject({ bot }),
    sentence: (_data, name) => `looked at the screen ${quoted(name, 'without a name')}`,
  }),
  eventType({
    type: 'group.joined',
    title: 'Company joined',
    public: true,
    data: z.looseObject({
      groupId: z.string().nullish(),
      companyName: z.string().nullish(),
      name: z.string().nullish(),
    }),
    sentence: (data, name) =>
      `was found to belong to ${quoted(data.companyName ?? data.name ?? name ?? data.groupId, 'a company')}`,
  }),
  eventType({
    type: 'visitor.claimed',
    title: 'Said about himself',
    data: z.looseObject({ traits: z.record(z.string(), z.unknown()), bot }),
    sentence(data) {
      const names = Object.keys(data.traits)
      return names.length === 0
        ? 'said who he is, unproven'
        : `said of himself, unproven: ${names.slice(0, 5).join(', ')}`
    },
  }),
]
