import { ownedIn } from '#access/ownership.ts'
import type { Module } from '#engine/module.ts'
import type { Services } from '#platform/services.ts'
import { exportCampaigns, forgetCampaigns, repointCampaigns } from './campaigns/contact.sql.ts'
import { countAudience } from './campaigns/review.job.ts'
import { campaignLoop, campaignsPending, nextCampaign } from './campaigns.loop.ts'
import { campaignRoutes } from './campaigns.routes.ts'
import { deliveryLoop } from './delivery.loop.ts'
import { emailRoutes } from './emails.routes.ts'
import { reasonWords } from './gate.ts'
import { mailboxRoutes } from './mailbox.routes.ts'
import { messageRoutes } from './messages.routes.ts'
import {
  countHeld,
  countPending,
  countUnknown,
  countWaiting,
  exportContact,
  forget,
  nextMoment,
  oldestDueSeconds,
  repoint,
} from './module.sql.ts'
import { optInReactor } from './opt-in.reactor.ts'
import { outreachStreet } from './outreach.street.ts'
import { preferenceRoutes } from './preferences.routes.ts'
import { exportReturns, forgetReturns, repointReturns } from './returns/contact.sql.ts'
import { countUnread } from './returns/inbox.sql.ts'
import { returnsLoop } from './returns.loop.ts'
import { returnsRoutes } from './returns.routes.ts'
import { returnsStreet } from './returns.street.ts'
import { sendingRoutes } from './sending.routes.ts'
import { readSettings } from './settings.ts'
import { countDueCalls, nextCallAt } from './webhooks/calls.sql.ts'
import { exportCalls, forgetCalls, repointCalls } from './webhooks/contact.sql.ts'
import { webhookHealth } from './webhooks/health.ts'
import { replayJob } from './webhooks.jobs.ts'
import { webhookLoop } from './webhooks.loop.ts'
import { webhookReactor } from './webhooks.reactor.ts'
import { webhookRoutes } from './webhooks.routes.ts'

/** Mail that is due for longer than this is not keeping up. */
const lateSeconds = 300

async function health({ db, clock, config }: Services): Promise<{ ok: boolean; words: string }[]> {
  const [{ pause }, late, held, unknown] = await Promise.all([
    readSettings(db, config.mode),
    oldestDueSeconds(db, clock.now()),
    countHeld(db),
    countUnknown(db),
  ])
  const findings = [
    pause
      ? { ok: false, words: `Sending is paused by ${pause.by}: ${pause.words}.` }
      : late > lateSeconds
        ? {
            ok: false,
            words: `The oldest message waits for ${Math.round(late / 60)} minutes: the mail server cannot be reached, or no worker runs.`,
          }
        : { ok: true, words: 'Messages leave when they are due.' },
  ]
  if (config.mode === 'live' && config.smtpUrl === null)
    findings.push({ ok: false, words: 'No mail server is set up (TEND_SMTP_URL): mail is held.' })
  for (const { reason, n } of held)
    findings.push({ ok: true, words: `${n} messages are held: ${reasonWords(reason)}.` })
  if (unknown > 0)
    findings.push({
      ok: true,
      words: `${unknown} messages may or may not have arrived: see Messages, unknown.`,
    })
  findings.push(...(await webhookHealth(db)))
  return findings
}

function earlier(a: Date | null, b: Date | null): Date | null {
  return a && b ? (a < b ? a : b) : (a ?? b)
}

/** What we say: emails, the ledger of messages, the gate, delivery, and what comes back. */
export const outreachModule: Module = {
  name: 'outreach',
  ...ownedIn({ emails: 'outreach.email', campaigns: 'outreach.campaign' }),
  routes: [
    ...emailRoutes,
    ...messageRoutes,
    ...mailboxRoutes,
    ...sendingRoutes,
    ...returnsRoutes,
    ...preferenceRoutes,
    ...campaignRoutes,
    ...webhookRoutes,
  ],
  async street(app, services) {
    await app.register(async scope => returnsStreet(scope, services))
    await outreachStreet(app, services)
  },
  reactors: [optInReactor, webhookReactor],
  loops: [deliveryLoop, returnsLoop, campaignLoop, webhookLoop],
  jobs: [countAudience, replayJob],
  pending: async (db, now) =>
    (await countPending(db, now)) +
    (await countUnread(db)) +
    (await campaignsPending(db, now)) +
    (await countDueCalls(db, now)),
  async waiting(db, now) {
    const calls = await countDueCalls(db, now)
    return [...(await countWaiting(db)), { words: 'calls of webhooks', count: calls }]
  },
  transient: ['outreach.preview'],
  nextDue: async (db, now) =>
    earlier(earlier(await nextMoment(db, now), await nextCampaign(db, now)), await nextCallAt(db, now)),
  health,
  async forget(trx, contactIds) {
    await forgetReturns(trx, contactIds)
    await forgetCampaigns(trx, contactIds)
    await forgetCalls(trx, contactIds)
    await forget(trx, contactIds)
  },
  exportContact: async (db, contactId) =>
    Object.assign(
      {},
      await exportContact(db, contactId),
      await exportReturns(db, contactId),
      await exportCampaigns(db, contactId),
      { webhooks: await exportCalls(db, contactId) },
    ),
  async repoint(trx, from, to) {
    await repoint(trx, from, to)
    await repointReturns(trx, from, to)
    await repointCampaigns(trx, from, to)
    await repointCalls(trx, from, to)
  },
}
