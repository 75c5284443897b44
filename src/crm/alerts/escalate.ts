import type { User } from '#access/users.ts'
import type { Tick } from '#engine/reactor.ts'
import { queueMessages } from '#outreach/messages.ts'
import { newId } from '#platform/ids.ts'
import { messageOf } from '../alerts.ts'
import { moveHandoffs } from '../feed.ts'
import {
  type Alert,
  insertNotices,
  type NewAlert,
  type Notice,
  noticesOf,
  raiseLevel,
  selectAlerts,
} from './alerts.sql.ts'
import { activePeople } from './recipients.ts'
import { storiesOf } from './story.ts'

export const timerKind = 'alert'
const minuteMs = 60_000

/** Looks again when nobody answered; the time runs from when they were told. */
export function wakeLater(
  tick: Tick,
  alerts: Pick<NewAlert, 'contactId' | 'id' | 'escalation' | 'reason'>[],
  from: (alert: Pick<NewAlert, 'reason'>) => Date,
): void {
  tick.setTimers(
    alerts.flatMap(alert =>
      alert.escalation
        ? [
            {
              contactId: alert.contactId,
              kind: timerKind,
              key: alert.id,
              dueAt: new Date(from(alert).getTime() + alert.escalation.afterMinutes * minuteMs),
            },
          ]
        : [],
    ),
  )
}

/** The next person is told, and gets the lead, where nobody has acknowledged in time. */
export async function escalate(tick: Tick): Promise<void> {
  const { db, now, services } = tick
  const keys = tick.timers.map(timer => ({ contactId: timer.contactId, id: timer.key }))
  const waiting = (await selectAlerts(db, keys)).filter(alert => alert.acknowledgedAt === null)
  if (waiting.length === 0) return
  const people = await activePeople(db)
  const next = waiting.flatMap(alert => {
    const person = people.get(alert.escalation?.userIds[alert.level] ?? '')
    return person ? [{ alert, person }] : []
  })
  const told = await noticesOf(db, waiting)
  const stories = await storiesOf(
    db,
    next.map(({ alert }) => alert.contactId),
    now,
  )
  const made = next.map(({ alert, person }) => ({ alert, person, notice: noticeFor(alert, person, now) }))
  await insertNotices(
    db,
    made.map(({ notice }) => notice),
  )
  await queueMessages(
    db,
    made.map(({ alert, person, notice }) => {
      const before = told.findLast(each => each.alertId === alert.id && each.userId !== null)
      const urgent = `${people.get(before?.userId ?? '')?.name ?? 'Nobody'} has not answered for ${alert.escalation?.afterMinutes} minutes.`
      const story = stories.get(alert.contactId) ?? null
      const message = messageOf(services, { alert, notice, story, urgent, recipient: person.email })
      return { ...message, why: [{ kind: 'alert', id: alert.ruleId, words: `${alert.source}: ${urgent}` }] }
    }),
    now,
  )
  await raiseLevel(
    db,
    waiting.map(({ contactId, id }) => ({ contactId, id })),
  )
  await moveHandoffs(
    db,
    made.map(({ alert, person }) => ({ contactId: alert.contactId, userId: person.id })),
  )
  const more = waiting.filter(({ level, escalation }) => level + 1 < (escalation?.userIds.length ?? 0))
  wakeLater(tick, more, () => now)
}

function noticeFor({ contactId, id, level }: Alert, person: User, now: Date): Notice {
  return {
    contactId,
    id: newId(),
    alertId: id,
    level: level + 1,
    userId: person.id,
    channel: 'email',
    dueAt: now,
    waits: false,
  }
}
