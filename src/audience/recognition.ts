import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Services } from '#platform/services.ts'

const cookieName = 'tend_me'
const keptDays = 180

type Keys = Pick<Services, 'secrets'>

const macOf = ({ secrets }: Keys, text: string) =>
  createHmac('sha256', secrets.keyFor('capture.recognition')).update(text).digest().subarray(0, 16)

/** `contact.until.mac`, signed for one use only. */
function signed(keys: Keys, use: string, contactId: string, until: Date): string {
  const body = `${contactId}.${Math.floor(until.getTime() / 1000).toString(36)}`
  return `${body}.${macOf(keys, use + body).toString('base64url')}`
}

/** The contact that was signed for this use, or null for everything that was not made here or is too old. */
function readSigned(keys: Keys, use: string, text: string, now: Date): string | null {
  const [id = '', until = '', mac = ''] = text.split('.')
  if (!/^\d{1,19}$/.test(id) || !/^[0-9a-z]{1,9}$/.test(until)) return null
  // As letters: the last one has bits that mean nothing, and a token has one spelling only.
  const given = Buffer.from(mac)
  const wanted = Buffer.from(macOf(keys, `${use}${id}.${until}`).toString('base64url'))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
  return Number.parseInt(until, 36) * 1000 > now.getTime() ? id : null
}

const inDays = (now: Date, days: number) => new Date(now.getTime() + days * 86_400_000)

/**
 * A cookie by which we recognise somebody later. To be set only for who showed to be this contact (a link of ours in
 * his own mail), and agreed to be remembered: never because somebody typed an address.
 */
export function recognitionCookie(services: Services, contactId: string, isSecure: boolean): string {
  const value = signed(services, '', contactId, inDays(services.clock.now(), keptDays))
  return `${cookieName}=${value}; Path=/; Max-Age=${keptDays * 86_400}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}

/** Makes a browser forget whom it was recognised as. */
export const forgettingCookie = `${cookieName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`

/** The contact that a cookie of ours names, or null for everything that was not made here or is too old. */
export function recognised(
  services: Pick<Services, 'secrets' | 'clock'>,
  request: FastifyRequest,
): string | null {
  return readSigned(services, '', request.cookies[cookieName] ?? '', services.clock.now())
}

/** The parameter of an address that carries a visitor token. */
export const visitorParameter = 'tend_t'
const linkDays = 30

/**
 * Names the reader of a mail in the links of that very mail, for 30 days: a form that he opens by it may show him what
 * is known of him. Like the link to his preferences it says no more than that somebody has the mail.
 */
export const visitorToken = (keys: Keys, contactId: string, now: Date): string =>
  signed(keys, 'link ', contactId, inDays(now, linkDays))

/** The contact that a visitor token names, or null for everything that was not made here or is too old. */
export const readVisitorToken = (keys: Keys, token: string, now: Date): string | null =>
  readSigned(keys, 'link ', token, now)

/** An address without the visitor token in it: it is kept nowhere. */
export function withoutVisitor(url: string): string {
  if (!url.includes(`${visitorParameter}=`) || !URL.canParse(url)) return url
  const plain = new URL(url)
  plain.searchParams.delete(visitorParameter)
  return plain.href
}
