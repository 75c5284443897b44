import { createHmac, timingSafeEqual } from 'node:crypto'
import { newId } from '#platform/ids.ts'
import type { Secrets } from '#platform/secrets.ts'

/** One showing of a form: what it was shown with, and when. */
export type Showing = { id: string; formId: string; version: number; at: Date }

function macOf(secrets: Secrets, text: string): Buffer {
  return createHmac('sha256', secrets.keyFor('capture.forms')).update(text).digest().subarray(0, 16)
}

const sealed = (secrets: Secrets, kind: string, body: string) =>
  `${body}.${macOf(secrets, `${kind} ${body}`).toString('base64url')}`

function opened(secrets: Secrets, kind: string, token: string): string[] | null {
  const cut = token.lastIndexOf('.')
  const body = token.slice(0, Math.max(cut, 0))
  // As letters: the last one has bits that mean nothing, and a token has one spelling only.
  const given = Buffer.from(token.slice(cut + 1))
  const wanted = Buffer.from(macOf(secrets, `${kind} ${body}`).toString('base64url'))
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? body.split('.') : null
}

/** A token for a new showing; sending it twice is known by its id. */
export function renderToken(secrets: Secrets, formId: string, version: number, now: Date): string {
  return sealed(secrets, 'render', `${newId()}.${formId}.${version}.${now.getTime().toString(36)}`)
}

/** The showing that a token stands for, or null for everything that was not made here. */
export function readRender(secrets: Secrets, token: string): Showing | null {
  const [id = '', formId = '', version = '', at = ''] = opened(secrets, 'render', token) ?? []
  return id === '' ? null : { id, formId, version: Number(version), at: new Date(Number.parseInt(at, 36)) }
}

/** Names a file that was sent, for the form it was sent to. */
export const fileHandle = (secrets: Secrets, formId: string, id: string): string =>
  sealed(secrets, 'file', `${formId}.${id}`)

/** The id of an upload to this form, or null. */
export function readHandle(secrets: Secrets, formId: string, handle: string): string | null {
  const [form, id = ''] = opened(secrets, 'file', handle) ?? []
  return form === formId && /^\d{1,19}$/.test(id) ? id : null
}

const assetDays = 7

/** A link to a file given in return; it works for a week. */
export function assetToken(
  secrets: Secrets,
  given: { assetId: string; contactId: string; formId: string },
  now: Date,
): string {
  const until = Math.floor(now.getTime() / 1000) + assetDays * 86_400
  return sealed(secrets, 'asset', `${given.assetId}.${given.contactId}.${given.formId}.${until.toString(36)}`)
}

/** What a link leads to and whose it is, or null where it was not made here or its time is over. */
export function readAsset(
  secrets: Secrets,
  token: string,
  now: Date,
): { assetId: string; contactId: string; formId: string } | null {
  const [assetId = '', contactId = '', formId = '', until = ''] = opened(secrets, 'asset', token) ?? []
  if (assetId === '' || Number.parseInt(until, 36) * 1000 < now.getTime()) return null
  return { assetId, contactId, formId }
}

/** A keyed hash of what is counted, so that no address stands in the counters. */
export const tallyHash = (secrets: Secrets, what: string): Buffer => macOf(secrets, `tally ${what}`)
