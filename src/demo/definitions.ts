import type { Filter } from '#decisions/filter.ts'
import type { ScoreDefinition } from '#decisions/score-models.ts'
import type { Definition } from '#workflows/definition.ts'

/** Points for what people do, fading by half every 30 days, and a little for who they are. */
export const leadScore: ScoreDefinition = {
  halfLifeDays: 30,
  thresholds: [
    { name: 'Interested', value: 25 },
    { name: 'Sales ready', value: 50 },
  ],
  rules: [
    {
      id: 'paper',
      kind: 'behaviour',
      label: 'Downloaded a white paper',
      event: 'event.tracked',
      name: 'Whitepaper Downloaded',
      points: 20,
      cap: { points: 40, per: 'month' },
    },
    {
      id: 'click',
      kind: 'behaviour',
      label: 'Clicked in an email',
      event: 'email.clicked',
      where: [{ property: 'verdict', op: 'is', value: 'human' }],
      points: 15,
      cap: { points: 30, per: 'week' },
    },
    {
      id: 'pricing',
      kind: 'behaviour',
      label: 'Looked at the prices',
      event: 'page.viewed',
      where: [{ property: 'path', op: 'starts_with', value: '/pricing' }],
      points: 10,
      cap: { points: 20, per: 'day' },
    },
    {
      id: 'page',
      kind: 'behaviour',
      label: 'Looked at a page',
      event: 'page.viewed',
      points: 1,
      cap: { points: 5, per: 'day' },
    },
    {
      id: 'webinar',
      kind: 'behaviour',
      label: 'Attended a webinar',
      event: 'event.tracked',
      name: 'Webinar Attended',
      points: 15,
    },
    {
      id: 'trial',
      kind: 'behaviour',
      label: 'Started a trial',
      event: 'event.tracked',
      name: 'Trial Started',
      points: 25,
      cap: { points: 25, per: 'ever' },
    },
    {
      id: 'leads',
      kind: 'fit',
      label: 'Leads a team',
      filter: {
        any: [
          { type: 'field', field: 'job_title', op: 'starts_with', value: 'Head of' },
          { type: 'field', field: 'job_title', op: 'contains', value: 'Director' },
          { type: 'field', field: 'job_title', op: 'is', value: 'CTO' },
        ],
      },
      points: 8,
    },
  ],
}

const pricing = [{ property: 'path', op: 'starts_with', value: '/pricing' }]

/** The demo's segments: from simple to nested. */
export function demoSegments(scoreId: string): { name: string; description: string; filter: Filter }[] {
  return [
    {
      name: 'Engaged this month',
      description: 'Looked at three pages or more in the last 30 days',
      filter: { type: 'event', event: 'page.viewed', op: 'at_least', times: 3, withinDays: 30 },
    },
    {
      name: 'Evaluating now',
      description: 'Came back to the prices, or is ready for sales',
      filter: {
        any: [
          { type: 'event', event: 'page.viewed', where: pricing, op: 'at_least', times: 2, withinDays: 14 },
          { type: 'score', modelId: scoreId, op: 'at_least', value: 50 },
        ],
      },
    },
    {
      name: 'Customers',
      description: 'Everybody who pays',
      filter: { type: 'field', field: 'stage', op: 'is', value: 'customer' },
    },
    {
      name: 'White paper readers we may write to',
      description: 'Read a paper in the last 60 days, agreed to marketing, and is no customer yet',
      filter: {
        all: [
          {
            type: 'event',
            event: 'event.tracked',
            name: 'Whitepaper Downloaded',
            op: 'at_least',
            times: 1,
            withinDays: 60,
          },
          { type: 'consent', purpose: 'marketing', state: 'granted' },
          { not: { type: 'field', field: 'stage', op: 'is', value: 'customer' } },
        ],
      },
    },
    {
      name: 'German speakers gone quiet',
      description: 'In Austria, Germany or Switzerland, without a page view in the last 30 days',
      filter: {
        all: [
          { type: 'field', field: 'country', op: 'is_any_of', value: ['AT', 'DE', 'CH'] },
          { type: 'event', event: 'page.viewed', op: 'never', withinDays: 30 },
        ],
      },
    },
  ]
}

/** Those who are ready: a look at the prices tells sales. */
export function evaluationTrack(fallbackUserId: string, webhookUrl: string | null): Definition {
  return {
    trigger: { event: 'event.tracked', name: 'Evaluation Requested' },
    reentry: 'after_exit',
    start: 'prices',
    nodes: {
      prices: {
        type: 'wait-for',
        title: 'Wait for a look at the prices',
        settings: { event: 'page.viewed', where: pricing, atMost: { amount: 30, unit: 'days' } },
        exits: { happened: 'alert', timed_out: 'quiet' },
      },
      alert: {
        type: 'alert-sales',
        title: 'Alert sales',
        settings: { message: 'looking at the prices, a good moment to call', fallbackUserId, webhookUrl },
        exits: { next: 'done' },
      },
      done: { type: 'exit', settings: { reason: 'handed to sales' }, exits: {} },
      quiet: { type: 'exit', settings: { reason: 'no look at the prices in 30 days' }, exits: {} },
    },
  }
}

/** What the white paper leads to. `ids` are those of what it relies on. */
export function whitePaperFollowUp(ids: {
  followUp: string
  customerTips: string
  score: string
  evaluation: string
}): Definition {
  return {
    trigger: { event: 'event.tracked', name: 'Whitepaper Downloaded' },
    reentry: 'once',
    start: 'pause',
    nodes: {
      pause: {
        type: 'wait',
        title: 'Wait three days',
        settings: { for: { amount: 3, unit: 'days' } },
        exits: { next: 'customer' },
      },
      customer: {
        type: 'branch',
        title: 'Is a customer already?',
        settings: { filter: { type: 'field', field: 'stage', op: 'is', value: 'customer' } },
        exits: { yes: 'tips', no: 'mail' },
      },
      tips: {
        type: 'send-email',
        title: 'Send tips for customers',
        settings: { emailId: ids.customerTips },
        exits: { next: 'served' },
      },
      served: { type: 'exit', settings: { reason: 'customer got tips' }, exits: {} },
      mail: {
        type: 'send-email',
        title: 'Send the follow-up',
        settings: { emailId: ids.followUp },
        exits: { next: 'click' },
      },
      click: {
        type: 'wait-for',
        title: 'Wait for a click, at most two days',
        settings: { event: 'email.clicked', email: 'mail', atMost: { amount: 2, unit: 'days' } },
        exits: { happened: 'points', timed_out: 'silent' },
      },
      points: {
        type: 'add-points',
        title: 'Add 20 points',
        settings: { modelId: ids.score, points: 20, reason: 'Clicked in the white paper follow-up' },
        exits: { next: 'ready' },
      },
      ready: {
        type: 'move-to-workflow',
        title: 'Move to Evaluation track when ready for sales',
        settings: {
          workflowId: ids.evaluation,
          when: { type: 'score', modelId: ids.score, op: 'at_least', value: 50 },
        },
        exits: { otherwise: 'warm' },
      },
      warm: { type: 'exit', settings: { reason: 'clicked, but not ready yet' }, exits: {} },
      silent: { type: 'exit', settings: { reason: 'no click within two days' }, exits: {} },
    },
  }
}
