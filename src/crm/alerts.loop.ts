import { setTimeout as pause } from 'node:timers/promises'
import { getUser } from '#access/users.ts'
import type { Loop } from '#engine/module.ts'
import { queueMessages } from '#outreach/messages.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'
import { digestState, type Notice, selectAlerts, takeDigest } from './alerts/alerts.sql.ts'
import { digestOf } from './alerts/render.ts'
import { storiesOf } from './alerts/story.ts'
import { tellingOf } from './alerts.ts'

const everyMs = 1000
/** One mail tells of so many at most. */
const longest = 50

/** Sends the digests of alerts whose time has come. */
export const alertDigestLoop: Loop = {
  name: 'alert digests',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      await sendDigests(services).catch(error =>
        services.log.error({ err: error }, 'digests of alerts could not be sent'),
      )
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
    }
  },
}

/** One mail per person for all that waits; how many were queued. Taking and queueing are one transaction. */
export async function sendDigests(services: Services): Promise<number> {
  const { db, clock } = services
  const now = clock.now()
  if ((await digestState(db, now)).due === 0 || (await readHold(db))) return 0
  return inTransaction(db, async trx => {
    const notices = await takeDigest(trx, now)
    const byPerson = [...Map.groupBy(notices, notice => notice.userId ?? '')]
    const mails = []
    for (const [userId, own] of byPerson)
      for (let start = 0; start < own.length; start += longest)
        mails.push(await mailFor(trx, services, { userId, own: own.slice(start, start + longest), now }))
    return (await queueMessages(trx, mails.flat(), now)).length
  })
}

async function mailFor(db: Db, services: Services, given: { userId: string; own: Notice[]; now: Date }) {
  const { own, now } = given
  const person = await getUser(db, given.userId)
  const alerts = await selectAlerts(
    db,
    own.map(notice => ({ contactId: notice.contactId, id: notice.alertId })),
  )
  const open = new Map(alerts.filter(alert => alert.acknowledgedAt === null).map(alert => [alert.id, alert]))
  const stories = await storiesOf(
    db,
    own.map(notice => notice.contactId),
    now,
  )
  const tellings = own.flatMap(notice => {
    const alert = open.get(notice.alertId)
    const story = stories.get(notice.contactId)
    return alert && story ? [tellingOf(services, { alert, notice, story, urgent: null })] : []
  })
  const [first] = own
  if (!person?.active || !first || tellings.length === 0) return []
  return [
    {
      contactId: first.contactId,
      channel: 'email' as const,
      class: 'alert' as const,
      reason: `alert:${first.id}`,
      recipient: person.email,
      payload: digestOf(tellings),
      causeId: null,
      why: [{ kind: 'alert', id: null, words: 'A digest of alerts' }],
      notBefore: now,
    },
  ]
}

/** Digests that are due and not sent: the sandbox's clock waits for them. */
export async function digestsPending(db: Db, now: Date): Promise<number> {
  return (await digestState(db, now)).due
}

export async function nextDigest(db: Db, now: Date): Promise<Date | null> {
  return (await digestState(db, now)).next
}
