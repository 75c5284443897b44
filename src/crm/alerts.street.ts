import type { FastifyInstance, FastifyReply } from 'fastify'
import { getUser } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { contactsForRender } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { readToken } from '#outreach/tokens.ts'
import { inTransaction } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { type Alert, acknowledgeAlert, type Notice, selectAlerts, selectNotice } from './alerts/alerts.sql.ts'
import { alertPage, pageHeaders, unknownAlertPage } from './alerts/page.ts'
import { nameOf } from './alerts/story.ts'

type Found = { alert: Alert; notice: Notice }

/**
 * The link in every alert. Looking at it changes nothing, because scanners of mail look at every link; the button on
 * the page does.
 */
export async function alertsStreet(app: FastifyInstance, services: Services): Promise<void> {
  await app.register(async scope => addPages(scope, services))
}

async function addPages(app: FastifyInstance, services: Services): Promise<void> {
  // The button sends an empty form; whatever else comes with it is not read.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 10_000 }, (_request, _body, done) =>
    done(null),
  )
  const hidden = { schema: { hide: true } }
  app.get<{ Params: { token: string } }>('/alert/:token', hidden, async (request, reply) => {
    const found = await findAlert(services, request.params.token)
    return found
      ? show(services, reply, found)
      : reply.status(404).headers(pageHeaders).send(unknownAlertPage)
  })
  app.post<{ Params: { token: string } }>('/alert/:token', hidden, async (request, reply) => {
    const found = await findAlert(services, request.params.token)
    if (!found) return reply.status(404).headers(pageHeaders).send(unknownAlertPage)
    await acknowledge(services, found)
    return show(services, reply, (await findAlert(services, request.params.token)) ?? found)
  })
}

async function findAlert({ db, secrets }: Services, token: string): Promise<Found | null> {
  const subject = readToken(secrets, 'alert', token)
  if (!subject) return null
  const key = { contactId: subject.contactId, id: subject.messageId }
  const notice = (await selectNotice(db, key)) ?? (await followed(db, key))
  if (!notice) return null
  const [alert] = await selectAlerts(db, [{ contactId: notice.contactId, id: notice.alertId }])
  return alert ? { alert, notice } : null
}

/** Contacts are joined and merged: the notice moved along. */
async function followed(
  db: Services['db'],
  key: { contactId: string; id: string },
): Promise<Notice | undefined> {
  const contactId = (await currentIds(db, [key.contactId])).get(key.contactId)
  return contactId && contactId !== key.contactId ? selectNotice(db, { contactId, id: key.id }) : undefined
}

/** The name behind the link: that of the person it was sent to, or the channel's. */
async function acknowledge({ db, clock }: Services, { alert, notice }: Found): Promise<void> {
  const now = clock.now()
  await inTransaction(db, async trx => {
    const person = notice.userId ? await getUser(trx, notice.userId) : undefined
    const by = person?.name ?? `Somebody in ${notice.channel === 'teams' ? 'Teams' : 'Slack'}`
    if (!(await acknowledgeAlert(trx, { contactId: alert.contactId, id: alert.id }, by, now))) return
    const data = { alertId: alert.id, by }
    await record(trx, [{ contactId: alert.contactId, type: 'alert.acknowledged', at: now, data }])
  })
}

async function show({ db, config }: Services, reply: FastifyReply, { alert }: Found): Promise<FastifyReply> {
  const [contact] = await contactsForRender(db, [alert.contactId])
  const page = alertPage({
    who: nameOf(contact),
    headline: alert.headline,
    source: alert.source,
    acknowledgedBy: alert.acknowledgedBy,
    contactUrl: `${config.officeUrl}/contacts/${alert.contactId}`,
  })
  return reply.status(200).headers(pageHeaders).send(page)
}
