import { getUser } from '#access/users.ts'
import { record } from '#activity/record.ts'
import { contactsByAddress } from '#audience/by-address.ts'
import { type ConsentEntry, recordConsent } from '#audience/consent.ts'
import { type Contact, contactsForRender, upsertContacts } from '#audience/contacts.ts'
import { type IdentityCall, resolve } from '#audience/identity.ts'
import { changeMembers } from '#audience/lists.ts'
import { askConsent } from '#audience/opt-in.ts'
import { liftOptOut } from '#audience/suppression.ts'
import { customKey } from '#decisions/contact-fields.ts'
import { addPoints } from '#decisions/scoring.ts'
import type { NewEvent } from '#engine/reactor.ts'
import { queueMessages } from '#outreach/messages.ts'
import type { Db } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import { type FormDocument, type FormField, fieldsOf } from './definition.ts'
import type { Answer } from './logic.ts'
import type { Merge } from './shape.ts'
import type { Submission } from './submissions.sql.ts'

export type LiveForm = { id: string; key: string; name: string; document: FormDocument }
type Who = { contactId: string; isNew: boolean; mayOverwrite: boolean; before: Contact | undefined }

/**
 * What an accepted submission does: finds or makes its contact, fills in what it may, takes down consent with its proof,
 * and tells it to everybody by `form.submitted`. Returns the contact, "0" where nobody is named. All in the caller's
 * transaction.
 */
export async function accept(
  trx: Db,
  services: Services,
  form: LiveForm,
  submission: Submission,
): Promise<string> {
  const now = services.clock.now()
  const who = await whose(trx, services, submission)
  if (!who) return '0'
  const { contactId } = who
  const traits = traitsOf(form.document, submission.answers, who)
  const email = who.isNew && submission.address ? { email: submission.address } : {}
  const changes = await upsertContacts(trx, [{ contactId, ...email, traits }], {
    now,
    source: `form ${form.name}`,
  })
  const id = newId()
  const event: NewEvent = {
    contactId,
    id,
    type: 'form.submitted',
    name: form.name,
    at: now,
    data: dataOf(form, submission),
  }
  const consents = await agree(trx, services, { form, submission, who, causeId: id })
  const { lists, score } = form.document.after
  const joined = await changeMembers(
    trx,
    lists.map(listId => ({ contactId, listId, in: true, causeId: id })),
    now,
  )
  await record(trx, [...changes, event, ...consents, ...joined])
  // Once for each contact and form: nobody gains a score by sending again.
  const points = score
    ? [{ contactId, ...score, reason: `Form ${form.name}`, causeId: id, key: `form:${form.id}:${contactId}` }]
    : []
  const scored = await addPoints(trx, points, now)
  if (scored.length > 0) await record(trx, scored)
  await notify(trx, services, { form, submission, contactId, causeId: id })
  return contactId
}

/**
 * Whose submission it is. A browser that we recognise speaks for its contact, unless somebody else's address was typed.
 * An address that somebody has leads to him, but nobody becomes him by typing it; one that nobody has makes a contact of
 * the visitor, or a new one.
 */
async function whose(trx: Db, services: Services, submission: Submission): Promise<Who | null> {
  const { address, contactId, recognised, origin } = submission
  const now = services.clock.now()
  const known = async (id: string, mayOverwrite: boolean): Promise<Who> => {
    const [before] = await contactsForRender(trx, [id])
    return { contactId: id, isNew: false, mayOverwrite, before }
  }
  if (recognised) return known(contactId, true)
  if (address === null) return null
  const holder = (await contactsByAddress(trx, [address])).get(address)
  if (holder) return known(holder, false)
  const visitor: IdentityCall[] = origin.anonymousId
    ? [{ email: address, anonymousId: origin.anonymousId, trust: 'browser' }]
    : []
  for (const call of [...visitor, { email: address, trust: 'server' } as const]) {
    const [owner] = await resolve(trx, [call], { now, repoint: services.repoint })
    if (!owner?.holdsAddress) continue
    return owner.promoted || owner.created
      ? { contactId: owner.contactId, isNew: true, mayOverwrite: true, before: undefined }
      : known(owner.contactId, false)
  }
  return null
}

const textOf = (answer: Answer): string | number | boolean =>
  Array.isArray(answer) ? answer.join(', ') : (answer ?? '')

/** What a field becomes, by its policy; undefined where it stays as it is. Strangers fill in blanks only. */
function merged(before: unknown, answer: Answer, merge: Merge, mayOverwrite: boolean): unknown {
  const value = textOf(answer)
  const isEmpty = before === null || before === undefined || before === ''
  if (isEmpty) return value
  if (!mayOverwrite || merge === 'fill_if_empty') return undefined
  if (merge === 'overwrite') return value
  const parts = String(before).split(', ')
  return parts.includes(String(value)) ? undefined : `${before}, ${value}`.slice(0, 5_000)
}

const columnNames: Record<string, keyof Contact> = {
  first_name: 'firstName',
  last_name: 'lastName',
  phone: 'phone',
  job_title: 'jobTitle',
  country: 'country',
  language: 'language',
  time_zone: 'timeZone',
}

function traitsOf(
  document: FormDocument,
  answers: Record<string, Answer>,
  who: Who,
): Record<string, unknown> {
  const { before, mayOverwrite } = who
  const traits: Record<string, unknown> = {}
  const company: Record<string, unknown> = {}
  for (const field of fieldsOf(document)) {
    const mapping = 'mapping' in field ? field.mapping : null
    const answer = answers[field.key]
    if (answer === undefined || answer === null || !mapping || mapping.to === 'event') continue
    if (mapping.to === 'company') {
      if (!before?.companyId || (mayOverwrite && mapping.merge === 'overwrite'))
        company[mapping.field] = textOf(answer)
      continue
    }
    if (mapping.field === 'email') continue
    const key = customKey(mapping.field)
    const column = columnNames[mapping.field]
    const old = key === null ? column && before?.[column] : before?.attrs[key]
    const value = merged(old, answer, mapping.merge, mayOverwrite)
    if (value !== undefined) traits[key ?? mapping.field] = value
  }
  return Object.keys(company).length > 0 ? { ...traits, company } : traits
}

const isTold = (field: FormField) => !['consent', 'file', 'html'].includes(field.type)

function dataOf(form: LiveForm, submission: Submission): Record<string, unknown> {
  const { utm, ip: _ip, agent: _agent, anonymousId: _id, ...page } = submission.origin
  const named = fieldsOf(form.document).flatMap(field => {
    const answer = submission.answers[field.key]
    if (answer === undefined || answer === null || !isTold(field)) return []
    const mapping = 'mapping' in field ? field.mapping : null
    const name = mapping?.to === 'event' ? mapping.field : field.key
    return [[name, typeof answer === 'string' ? answer.slice(0, 1_000) : textOf(answer)] as const]
  })
  return {
    formId: form.id,
    formName: form.name,
    version: submission.version,
    submissionId: submission.id,
    fields: Object.fromEntries(named),
    ...page,
    utm,
  }
}

type Act = { form: LiveForm; submission: Submission; who: Who; causeId: string }

/**
 * Consent with its proof. Only somebody new, or somebody we recognise, is believed at once, and only where the form asks
 * for no letter; everybody else confirms from his own mailbox first.
 */
async function agree(trx: Db, services: Services, { form, submission, who }: Act): Promise<NewEvent[]> {
  const { origin, consents, version, at, language } = submission
  const entries = consents.map(({ field, purpose, topicId, wording, doubleOptIn }) => ({
    doubleOptIn,
    entry: {
      contactId: who.contactId,
      purpose,
      topicId,
      basis: 'opt-in',
      source: `form ${form.name}`,
      wording,
      proof: {
        method: 'form',
        formId: form.id,
        formVersion: version,
        submissionId: submission.id,
        field,
        page: origin.url,
        network: origin.ip,
        userAgent: origin.agent,
        language,
      },
      at,
    } satisfies Omit<ConsentEntry, 'state'>,
  }))
  const believed = entries.filter(each => !each.doubleOptIn && who.mayOverwrite).map(each => each.entry)
  const asked = entries.filter(each => each.doubleOptIn || !who.mayOverwrite).map(each => each.entry)
  if (believed.length > 0 && submission.recognised && who.before?.email)
    await liftOptOut(trx, services.secrets, who.before.email)
  return [
    ...(await recordConsent(
      trx,
      believed.map(entry => ({ ...entry, state: 'granted' as const })),
    )),
    ...(await askConsent(trx, asked)),
  ]
}

type Told = { form: LiveForm; submission: Submission; contactId: string; causeId: string }

/** Tells the colleagues that the form names. */
async function notify(trx: Db, { config, clock }: Services, told: Told): Promise<void> {
  const { form, submission, contactId, causeId } = told
  const now = clock.now()
  const people = await Promise.all(form.document.after.notify.map(id => getUser(trx, id)))
  const lines = fieldsOf(form.document).flatMap(field => {
    const answer = submission.answers[field.key]
    return answer === undefined || answer === null ? [] : [`${field.label || field.key}: ${textOf(answer)}`]
  })
  await queueMessages(
    trx,
    people
      .filter(user => user?.active)
      .map(user => ({
        contactId,
        channel: 'email' as const,
        class: 'alert' as const,
        reason: `form:${submission.id}:${user?.id}`,
        recipient: user?.email ?? '',
        payload: {
          subject: `${form.name}: a new submission`,
          text: [...lines, '', `${config.officeUrl}/contacts/${contactId}`].join('\n'),
        },
        causeId,
        why: [],
        notBefore: now,
      })),
    now,
  )
}
