import { z } from 'zod'
import { record } from '#activity/record.ts'
import { inTransaction } from '#platform/db/db.ts'
import { idParams, type Route, route } from '#platform/http/route.ts'
import { enterConsent } from './consent.by-hand.ts'
import { contactFieldsSchema, contactSchema, shapeContact } from './contact-shape.ts'
import { createContact, updateContact } from './contacts.by-hand.ts'
import { getContact } from './contacts.ts'
import { listsOf } from './lists.ts'

const coreOf = (body: z.output<typeof contactFieldsSchema>) => {
  const {
    email,
    firstName,
    lastName,
    phone,
    jobTitle,
    country,
    language,
    timeZone,
    stage,
    ownerId,
    companyId,
  } = body
  const given = {
    email,
    first_name: firstName,
    last_name: lastName,
    phone,
    job_title: jobTitle,
    country,
    language,
    time_zone: timeZone,
    stage,
    owner_id: ownerId,
    company_id: companyId,
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
    string,
    string | null
  >
}

export const contactRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/v1/contacts',
    can: 'contacts.edit',
    summary: 'Create a contact by hand; 409 names the one that has the address',
    tag: 'Contacts',
    body: contactFieldsSchema.extend({
      email: z.string().max(320),
      consent: z
        .object({ wording: z.string().trim().min(1).max(2000), note: z.string().trim().min(1).max(2000) })
        .optional(),
    }),
    reply: contactSchema,
    status: 201,
    async handle({ body, actor }, { db, clock, secrets }) {
      const now = clock.now()
      return inTransaction(db, async trx => {
        const made = await createContact(
          trx,
          { core: coreOf(body), attrs: body.attrs ?? {} },
          { now, by: actor.name },
        )
        const word = { purpose: 'marketing', state: 'granted' as const, ...body.consent }
        const granted = body.consent
          ? await enterConsent(trx, secrets, { contact: made.contact, actor, word, now })
          : []
        await record(trx, [...made.events, ...granted])
        return shapeContact(made.contact)
      })
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/contacts/:id',
    can: 'contacts.read',
    summary: 'One contact; one that was joined is found under its old id too',
    tag: 'Contacts',
    params: idParams,
    reply: contactSchema.extend({ lists: z.array(z.object({ id: z.string(), name: z.string() })) }),
    async handle({ params }, { db }) {
      const contact = await getContact(db, params.id)
      return { ...shapeContact(contact), lists: await listsOf(db, contact.id) }
    },
  }),
  route({
    method: 'PATCH',
    url: '/api/v1/contacts/:id',
    can: 'contacts.edit',
    summary: 'Change a contact; null clears a field, a stale version is 409',
    tag: 'Contacts',
    params: idParams,
    body: contactFieldsSchema.extend({ version: z.number().int().min(1) }),
    reply: contactSchema,
    async handle({ params, body, actor }, { db, clock }) {
      return inTransaction(db, async trx => {
        const change = { core: coreOf(body), attrs: body.attrs ?? {} }
        const ask = { id: params.id, version: body.version, change, now: clock.now(), by: actor.name }
        const { contact, events } = await updateContact(trx, ask)
        await record(trx, events)
        return shapeContact(contact)
      })
    },
  }),
]
