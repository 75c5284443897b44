import type { FastifyRequest } from 'fastify'
import { contactsForRender } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { recognised } from '#audience/recognition.ts'
import { matchContacts } from '#decisions/match.ts'
import type { Services } from '#platform/services.ts'
import type { PageDocument } from './document.ts'
import type { Viewer } from './render.blocks.ts'
import { segmentsOf } from './walk.ts'

/** What a page may say to and show whoever is recognised; null for everybody else. */
export async function viewerOf(
  services: Services,
  document: PageDocument,
  request: FastifyRequest,
): Promise<Viewer | null> {
  const id = recognised(services, request)
  return id === null ? null : viewerFor(services, document, id)
}

/** As `viewerOf`, for a contact that is named. */
export async function viewerFor(
  { db, clock, config }: Pick<Services, 'db' | 'clock' | 'config'>,
  document: PageDocument,
  contactId: string,
): Promise<Viewer | null> {
  // He may have been joined or merged since the cookie was made.
  const id = (await currentIds(db, [contactId])).get(contactId) ?? contactId
  const [contact] = await contactsForRender(db, [id])
  if (!contact) return null
  const asks = segmentsOf(document).map(segmentId => ({
    key: segmentId,
    filter: { type: 'segment' as const, segmentId, in: true },
  }))
  const matches = await matchContacts(db, asks, [id], { now: clock.now(), zone: config.zone })
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return {
    segments: new Set([...matches].flatMap(([key, ids]) => (ids.has(id) ? [key] : []))),
    values: {
      first_name: text(contact.firstName),
      last_name: text(contact.lastName),
      job_title: text(contact.jobTitle),
      country: text(contact.country),
      company: text(contact.companyName),
      email_domain: text(contact.email)?.split('@')[1] ?? null,
    },
  }
}
