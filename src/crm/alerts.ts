import type { User } from '#access/users.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { type NewMessage, queueMessages } from '#outreach/messages.ts'
import { makeToken } from '#outreach/tokens.ts'
import type { Db } from '#platform/db/db.ts'
import { idFrom, newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { askTasks } from './actions.ts'
import { type Alert, insertAlerts, insertNotices, type NewAlert, type Notice } from './alerts/alerts.sql.ts'
import type { AlertDefinition, Escalation } from './alerts/definition.ts'
import { emailOf, slackOf, type Telling, teamsOf } from './alerts/render.ts'
import { nameOf, type Story, storiesOf } from './alerts/story.ts'
import { requestHandoffs } from './feed.ts'

export { activePeople, type People, personFor } from './alerts/recipients.ts'
export type { NewAlert }

/** An alert about a contact that is to be raised: whom it tells, how, and from when on. */
export type Raised = {
  contactId: string
  /** The same contact and reason raise one alert. */
  reason: string
  ruleId: string | null
  /** The name of the rule or workflow. */
  source: string
  headline: string
  /** What set it off, in words. */
  because: string | null
  causeId: string | null
  why: unknown[]
  person: User | null
  channels: AlertDefinition['channels']
  /** Not before: quiet hours, or the time of the digest that it waits for. */
  dueAt: Date
  /** The same for Slack and Teams, which get no digests. */
  channelsDueAt: Date
  waits: boolean
  escalation: Escalation | null
}

/** What telling needs of the house: the key for signed links, and where its screens are. */
export type House = Pick<Services, 'config' | 'secrets'>

/**
 * Raises alerts: writes them down, hands the contacts to the people who are told, and puts the messages into the
 * ledger, all set-based and in the caller's transaction. Answers the alerts that were new and the events that follow.
 */
export async function raiseAlerts(
  db: Db,
  house: House,
  raised: Raised[],
  now: Date,
): Promise<{ alerts: NewAlert[]; events: NewEvent[] }> {
  const named = raised.map(each => ({ each, alert: alertOf(each, now) }))
  const fresh = await insertAlerts(
    db,
    named.map(({ alert }) => alert),
  )
  const taken = named.filter(({ alert }) => fresh.has(alert.id))
  if (taken.length === 0) return { alerts: [], events: [] }
  const notices = taken.flatMap(({ each, alert }) => noticesFor(each, alert))
  await insertNotices(db, notices)
  await giveTasks(db, taken, now)
  const byAlert = new Map(taken.map(({ each, alert }) => [alert.id, { each, alert }]))
  const told = notices.flatMap(notice => {
    const found = byAlert.get(notice.alertId)
    if (!found || notice.waits) return []
    return [{ ...found, notice, recipient: addressOf(found.each, notice) }]
  })
  const stories = await storiesOf(
    db,
    told.map(({ alert }) => alert.contactId),
    now,
  )
  await queueMessages(
    db,
    told.map(({ each, alert, notice, recipient }) => ({
      ...messageOf(house, {
        alert,
        notice,
        recipient,
        story: stories.get(alert.contactId) ?? null,
        urgent: null,
      }),
      why: each.why,
    })),
    now,
  )
  const events = await requestHandoffs(
    db,
    taken.flatMap(({ each, alert }) =>
      each.person
        ? [{ ...each, person: each.person, words: each.headline, by: each.source, alertId: alert.id }]
        : [],
    ),
    now,
  )
  return { alerts: taken.map(({ alert }) => alert), events }
}

function alertOf(raised: Raised, now: Date): NewAlert {
  const { contactId, reason, ruleId, source, headline, because, causeId, escalation } = raised
  return {
    contactId,
    id: newId(),
    reason,
    ruleId,
    source,
    headline,
    because,
    causeId,
    escalation,
    raisedAt: now,
  }
}

function noticesFor({ person, channels, dueAt, channelsDueAt, waits }: Raised, alert: NewAlert): Notice[] {
  const base = { contactId: alert.contactId, alertId: alert.id, level: 0, dueAt }
  return [
    ...(person && channels.email
      ? [{ ...base, id: newId(), userId: person.id, channel: 'email' as const, waits }]
      : []),
    // A channel is a place of its own: only people get digests.
    ...(channels.slackUrl
      ? [
          {
            ...base,
            id: newId(),
            userId: null,
            dueAt: channelsDueAt,
            channel: 'slack' as const,
            waits: false,
          },
        ]
      : []),
    ...(channels.teamsUrl
      ? [
          {
            ...base,
            id: newId(),
            userId: null,
            dueAt: channelsDueAt,
            channel: 'teams' as const,
            waits: false,
          },
        ]
      : []),
  ]
}

function addressOf({ person, channels }: Raised, { channel }: Notice): string {
  if (channel === 'slack') return channels.slackUrl ?? ''
  return channel === 'teams' ? (channels.teamsUrl ?? '') : (person?.email ?? '')
}

/** A task for the person in the CRM, due today, where a CRM takes tasks; it leaves by the CRM's own outbox. */
async function giveTasks(db: Db, taken: { each: Raised; alert: NewAlert }[], now: Date): Promise<void> {
  const asked = taken.filter(({ each }) => each.channels.crmTask)
  if (asked.length === 0) return
  const stories = await storiesOf(
    db,
    asked.map(({ alert }) => alert.contactId),
    now,
  )
  const requests = asked.map(({ each, alert }) => ({
    contactId: alert.contactId,
    connectionId: null,
    subject: `${nameOf(stories.get(alert.contactId)?.contact)}: ${alert.headline}`.slice(0, 200),
    body: taskText(alert, stories.get(alert.contactId)),
    dueOn: now.toISOString().slice(0, 10),
    ownerId: each.person?.id ?? null,
    reason: `alert:${alert.id}`,
  }))
  const made = new Set(await askTasks(db, requests, now))
  await insertNotices(
    db,
    asked.flatMap(({ each, alert }): Notice[] => {
      const { contactId, id } = alert
      if (!made.has(idFrom('crm task', contactId, `alert:${id}`))) return []
      const userId = each.person?.id ?? null
      return [
        { contactId, id: newId(), alertId: id, level: 0, userId, channel: 'task', dueAt: now, waits: false },
      ]
    }),
  )
}

const taskText = ({ source, because }: NewAlert, story: Story | undefined): string =>
  [
    because ? `${source}: ${because}` : source,
    ...(story?.actions ?? []).map(
      ({ at, sentence }) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC: ${sentence}`,
    ),
  ].join('\n')

type Told = {
  alert: Pick<Alert, 'contactId' | 'source' | 'headline' | 'because' | 'causeId'>
  notice: Notice
  story: Story | null
  urgent: string | null
}

/** What a notice says, with its own signed link: whoever follows it is who acknowledges. */
export function tellingOf(house: House, { alert, notice, story, urgent }: Told): Telling {
  const { config, secrets } = house
  const token = makeToken(secrets, 'alert', { contactId: notice.contactId, messageId: notice.id })
  const { headline, source, because } = alert
  return {
    headline,
    source,
    because,
    story,
    urgent,
    links: {
      contact: `${config.officeUrl}/contacts/${notice.contactId}`,
      acknowledge: `${config.streetUrl}/alert/${token}`,
    },
    zone: config.zone,
  }
}

/** The message of one notice to one address. */
export function messageOf(house: House, told: Told & { recipient: string }): NewMessage {
  const { alert, notice, recipient } = told
  const telling = tellingOf(house, told)
  const forms = { email: emailOf, slack: slackOf, teams: teamsOf, task: emailOf }
  return {
    contactId: alert.contactId,
    channel: notice.channel === 'email' ? 'email' : 'webhook',
    class: 'alert',
    reason: `alert:${notice.id}`,
    recipient,
    payload: forms[notice.channel](telling),
    causeId: alert.causeId,
    why: [],
    notBefore: notice.dueAt,
  }
}
