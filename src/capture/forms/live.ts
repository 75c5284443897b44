import { createHmac } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { type Contact, contactsForRender } from '#audience/contacts.ts'
import { currentIds } from '#audience/identity.ts'
import { readVisitorToken, recognised } from '#audience/recognition.ts'
import { customKey } from '#decisions/contact-fields.ts'
import { addressOf } from '#platform/http/limits.ts'
import type { Services } from '#platform/services.ts'
import { type FormDocument, type FormField, fieldsOf } from './definition.ts'
import { selectFormVersion, selectLive } from './forms.sql.ts'
import type { Raw } from './kind.ts'

export type Live = { id: string; key: string; name: string; version: number; document: FormDocument }

const shelf = new Map<string, FormDocument>()
const kept = 300

/** A published document never changes: read once. */
async function documentOf(services: Services, id: string, version: number): Promise<FormDocument | null> {
  const name = `${services.databaseUrl} ${id} ${version}`
  const there = shelf.get(name)
  if (there) return there
  const found = await selectFormVersion(services.db, id, version)
  if (!found) return null
  for (const old of [...shelf.keys()].slice(0, Math.max(0, shelf.size - kept))) shelf.delete(old)
  shelf.set(name, found.document)
  return found.document
}

/**
 * The form with this key as this visitor gets it, or null where none is live. Where two versions are tried, the same
 * browser from the same place gets the same one, by a keyed hash that is stored nowhere. `wanted`: the version that a
 * showing was made with, which stays right as long as the form is live.
 */
export async function findLive(
  services: Services,
  key: string,
  request: FastifyRequest,
  wanted?: number,
): Promise<Live | null> {
  if (!/^[a-z0-9-]{5,60}$/.test(key)) return null
  const form = await selectLive(services.db, key)
  if (!form) return null
  const { id, name, liveVersion, test } = form
  const agent = (request.headers['user-agent'] ?? '').slice(0, 300)
  const point =
    createHmac('sha256', services.secrets.keyFor('capture.variant'))
      .update(`${id} ${addressOf(request.ip)} ${agent}`)
      .digest()
      .readUInt32BE(0) /
    2 ** 32
  const chosen = test && point * 100 < test.weight ? test.number : liveVersion
  const version = wanted ?? chosen
  const document = await documentOf(services, id, version)
  return document && { id, key, name, version, document }
}

/** Somebody whom we recognise. `isByLink`: by a link in his own mail, so that he may see what is known of him. */
export type Viewer = { contact: Contact; isByLink: boolean }

/**
 * Whom we recognise, by a token of ours in the address or a cookie of ours; never by anything that was typed. `token`:
 * what came as one.
 */
export async function viewerOf(
  services: Services,
  request: FastifyRequest,
  token: unknown,
): Promise<Viewer | null> {
  const byLink = typeof token === 'string' ? readVisitorToken(services, token, services.clock.now()) : null
  const named = byLink ?? recognised(services, request)
  if (named === null) return null
  const id = (await currentIds(services.db, [named])).get(named) ?? named
  const [contact] = await contactsForRender(services.db, [id])
  return contact ? { contact, isByLink: byLink !== null } : null
}

const columns: Record<string, keyof Contact> = {
  email: 'email',
  first_name: 'firstName',
  last_name: 'lastName',
  phone: 'phone',
  job_title: 'jobTitle',
  country: 'country',
  language: 'language',
  time_zone: 'timeZone',
}

function knownValue(field: FormField, contact: Contact): unknown {
  const mapping = 'mapping' in field ? field.mapping : null
  if (!mapping || mapping.to === 'event') return null
  if (mapping.to === 'company') return mapping.field === 'name' ? contact.companyName : null
  const key = customKey(mapping.field)
  if (key !== null) return contact.attrs[key]
  const column = columns[mapping.field]
  return column && contact[column]
}

const isKnown = (value: unknown) => value !== null && value !== undefined && value !== ''

/**
 * The fields that somebody we recognise is not asked again: the answer is known, or enough is asked already. Fields
 * that are always shown count first; consent, files and words are not counted.
 */
export function skippedFor(document: FormDocument, viewer: Viewer | null): Set<string> {
  const skipped = new Set<string>()
  if (!viewer || !document.progressive.isOn) return skipped
  const asked = fieldsOf(document).filter(field => 'always' in field)
  let room = document.progressive.maxShown - asked.filter(field => field.always).length
  for (const field of asked) {
    if (field.always) continue
    if (isKnown(knownValue(field, viewer.contact)) || room-- <= 0) skipped.add(field.key)
  }
  return skipped
}

/** What is known, by field, as it would be entered: for those who came by a link of their own, where the form does so. */
export function prefilled(document: FormDocument, viewer: Viewer | null): Map<string, Raw> {
  if (!viewer?.isByLink || !document.progressive.prefills) return new Map()
  return new Map(
    fieldsOf(document).flatMap(field => {
      const value = field.type === 'hidden' ? null : knownValue(field, viewer.contact)
      if (!isKnown(value)) return []
      return [
        [field.key, field.type === 'multi_select' ? String(value).split(', ') : [String(value)]] as const,
      ]
    }),
  )
}

/** The language that the visitor asks for, as far as the form speaks it. */
export function languageFor(live: Live, asked: string | undefined, header: string | undefined): string {
  const { main, others } = live.document.languages
  const known = [main, ...Object.keys(others)]
  const wanted = [asked ?? '', ...(header ?? '').split(',').map(part => part.split(';')[0]?.trim() ?? '')]
  for (const tag of wanted) {
    const found = known.find(each => each === tag) ?? known.find(each => each === tag.split('-')[0])
    if (found) return found
  }
  return main
}
