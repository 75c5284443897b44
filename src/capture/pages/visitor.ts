import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { isbot } from 'isbot'
import { addressOf } from '#platform/http/limits.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { VariantKey } from './document.ts'
import { isVariantKey } from './walk.ts'

const agentOf = (request: FastifyRequest) => (request.headers['user-agent'] ?? '').slice(0, 300)

/**
 * Who looks, for one day: a hash of the day's salt, network address and browser. It is made on our side, so nothing is
 * stored on the visitor's device; when the salt is deleted, nobody can tell any more whom it stood for.
 */
export function visitorOf(request: FastifyRequest, salt: string): string {
  return hash('sha256', `${salt} ${addressOf(request.ip)} ${agentOf(request)}`, 'hex').slice(0, 24)
}

/** The browser asks not to be counted as somebody (Global Privacy Control, Do Not Track). */
export const objects = (request: FastifyRequest): boolean =>
  request.headers['sec-gpc'] === '1' || request.headers.dnt === '1'

const verdicts = new Map<string, boolean>()

/** Programs: by name, or because nobody has looked yet (prefetched, prerendered). The same few names come again. */
export function isMachine(request: FastifyRequest): boolean {
  const { headers } = request
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? headers['x-moz']
  if (purpose !== undefined && /prefetch|prerender|preview/i.test(String(purpose))) return true
  const agent = agentOf(request)
  if (agent === '') return true
  const known = verdicts.get(agent)
  if (known !== undefined) return known
  if (verdicts.size >= 5_000) verdicts.clear()
  const verdict = isbot(agent)
  verdicts.set(agent, verdict)
  return verdict
}

/** Phone, tablet or desktop, as the browser names itself. */
export function deviceOf(request: FastifyRequest): 'phone' | 'tablet' | 'desktop' {
  const agent = agentOf(request)
  if (/iPad|Tablet|PlayBook|Silk|Android(?!.*Mobile)/i.test(agent)) return 'tablet'
  return /Mobi|iPhone|Android/i.test(agent) ? 'phone' : 'desktop'
}

/** The cookie that keeps a variant; set only for who agreed. */
const variantCookie = 'tend_pv'

const macOf = (secrets: Secrets, text: string) =>
  createHmac('sha256', secrets.keyFor('capture.variant')).update(text).digest().subarray(0, 12)

/** The cookie by which a browser gets the same variant for half a year, wherever it is. */
export function keepVariant(secrets: Secrets, pageId: string, key: VariantKey, isSecure: boolean): string {
  const signed = `${pageId}.${key}.${macOf(secrets, `${pageId}.${key}`).toString('base64url')}`
  return `${variantCookie}_${pageId}=${signed}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}

/** The variant that a cookie of ours names for this page, or null. */
function signedVariant(secrets: Secrets, pageId: string, cookie: string | undefined): VariantKey | null {
  const [id, key = '', mac = ''] = cookie?.split('.') ?? []
  if (id !== pageId || !isVariantKey(key)) return null
  const given = Buffer.from(mac, 'base64url')
  const wanted = macOf(secrets, `${pageId}.${key}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? key : null
}

type Weighted = { key: VariantKey; weight: number }

/**
 * The variant this visitor gets: the one that his cookie names, or one drawn by weight from a keyed hash of page,
 * address and browser, which is the same whenever the same browser asks from the same place, and stored nowhere.
 */
export function chooseVariant(
  page: { id: string; variants: Weighted[] },
  request: FastifyRequest,
  secrets: Secrets,
): VariantKey {
  const [first] = page.variants
  if (page.variants.length <= 1 || !first) return first?.key ?? 'a'
  const signed = signedVariant(secrets, page.id, request.cookies[`${variantCookie}_${page.id}`])
  if (signed && page.variants.some(variant => variant.key === signed)) return signed
  const mac = macOf(secrets, `${page.id} ${addressOf(request.ip)} ${agentOf(request)}`)
  return drawVariant(page.variants, mac.readUInt32BE(0) / 2 ** 32)
}

/** The variant at this point (0 to 1) of the weights laid end to end. */
export function drawVariant(variants: Weighted[], point: number): VariantKey {
  const total = variants.reduce((sum, variant) => sum + variant.weight, 0)
  let left = point * total
  for (const { key, weight } of variants) {
    left -= weight
    if (left < 0) return key
  }
  return variants.at(-1)?.key ?? 'a'
}
