import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const deal = z.looseObject({
  connectionId: z.string(),
  dealId: z.string(),
  dealName: z.string().nullish(),
  from: z.string().nullish(),
  to: z.string().nullish(),
  status: z.string().nullish(),
  amount: z.number().nullish(),
  currency: z.string().nullish(),
})

const named = (data: z.output<typeof deal>, name: string | null) => quoted(data.dealName ?? name, 'a deal')
const worth = ({ amount, currency }: z.output<typeof deal>) =>
  amount == null ? '' : ` (${[amount.toLocaleString('en'), currency].filter(Boolean).join(' ')})`

/** What happens to people in the CRM. */
export const crmEvents: EventType[] = [
  eventType({
    type: 'deal.stage_changed',
    title: 'Deal changed its stage',
    named: true,
    data: deal,
    sentence: (data, name) =>
      `has a part in ${named(data, name)}, which moved${data.from ? ` from ${quoted(data.from, '')}` : ''} to ${quoted(data.to, 'no stage')}${worth(data)}`,
  }),
  eventType({
    type: 'deal.won',
    title: 'Deal won',
    named: true,
    data: deal,
    sentence: (data, name) => `has a part in ${named(data, name)}, which was won${worth(data)}`,
  }),
  eventType({
    type: 'deal.lost',
    title: 'Deal lost',
    named: true,
    data: deal,
    sentence: (data, name) => `has a part in ${named(data, name)}, which was lost${worth(data)}`,
  }),
  eventType({
    type: 'owner.changed',
    title: 'Owner changed',
    data: z.looseObject({
      from: z.string().nullish(),
      to: z.string().nullish(),
      source: z.string().nullish(),
    }),
    sentence: data => (data.to ? 'got another owner' : 'has no owner any more'),
  }),
  eventType({
    type: 'lead.converted',
    title: 'Lead converted in the CRM',
    data: z.looseObject({
      connectionId: z.string(),
      leadId: z.string(),
      became: z.array(z.unknown()).nullish(),
    }),
    sentence: (_data, name) => `was converted in ${quoted(name, 'the CRM')}`,
  }),
]
