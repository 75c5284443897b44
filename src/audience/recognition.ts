import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Services } from '#platform/services.ts'

const cookieName = 'tend_me'
const keptDays = 180

const macOf = ({ secrets }: Pick<Services, 'secrets'>, text: string) =>
  createHmac('sha256', secrets.keyFor('capture.recognition')).update(text).digest().subarray(0, 16)

/**
 * A cookie by which we recognise somebody later. To be set only for who showed to be this contact (a link of ours in
 * his own mail), and agreed to be remembered: never because somebody typed an address.
 */
export function recognitionCookie(services: Services, contactId: string, isSecure: boolean): string {
  const until = Math.floor(services.clock.now().getTime() / 1000) + keptDays * 86_400
  const body = `${contactId}.${until.toString(36)}`
  const value = `${body}.${macOf(services, body).toString('base64url')}`
  return `${cookieName}=${value}; Path=/; Max-Age=${keptDays * 86_400}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}

/** Makes a browser forget whom it was recognised as. */
export const forgettingCookie = `${cookieName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`

/** The contact that a cookie of ours names, or null for everything that was not made here or is too old. */
export function recognised(
  services: Pick<Services, 'secrets' | 'clock'>,
  request: FastifyRequest,
): string | null {
  const [id = '', until = '', mac = ''] = request.cookies[cookieName]?.split('.') ?? []
  if (!/^\d{1,19}$/.test(id) || !/^[0-9a-z]{1,9}$/.test(until)) return null
  // As letters: the last one has bits that mean nothing, and a cookie has one spelling only.
  const given = Buffer.from(mac)
  const wanted = Buffer.from(macOf(services, `${id}.${until}`).toString('base64url'))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
  return Number.parseInt(until, 36) * 1000 > services.clock.now().getTime() ? id : null
}
