import type { FastifyRequest } from 'fastify'

export type Touch = { source: string; medium: string; campaign: string; click: string; referrer: string }

const clickIds: Record<string, [source: string, medium: string]> = {
  gclid: ['google', 'cpc'],
  gbraid: ['google', 'cpc'],
  wbraid: ['google', 'cpc'],
  fbclid: ['facebook', 'social'],
  msclkid: ['bing', 'cpc'],
  li_fat_id: ['linkedin', 'cpc'],
  ttclid: ['tiktok', 'cpc'],
}
const searchEngines = /(^|\.)(google|bing|duckduckgo|ecosia|qwant|yahoo|baidu|yandex|startpage)\./

/** PostgreSQL holds no NUL, and nobody names a campaign in more letters than these. */
const short = (text: string | null) => (text ?? '').replaceAll('\0', '').trim().slice(0, 120).toWellFormed()

/**
 * Where somebody came from: utm parameters, else the click id of an ad, else the page he came from. All empty: he
 * typed the address, or came from a page of this host.
 */
export function touchOf(request: FastifyRequest): Touch {
  const at = request.url.indexOf('?')
  const query = new URLSearchParams(at === -1 ? '' : request.url.slice(at + 1, at + 4_000))
  const referrer = refererOf(request)
  const utm = short(query.get('utm_source'))
  const click = Object.keys(clickIds).find(name => query.has(name)) ?? ''
  const [paidSource, paidMedium] = clickIds[click] ?? ['', '']
  const isSearch = searchEngines.test(referrer)
  return {
    source: utm || paidSource || referrer,
    medium:
      short(query.get('utm_medium')) ||
      (utm ? '' : paidMedium || (referrer ? (isSearch ? 'search' : 'referral') : '')),
    campaign: short(query.get('utm_campaign')),
    click,
    referrer,
  }
}

/** The host that led here, without the one that we are ourselves. */
function refererOf({ headers, hostname }: FastifyRequest): string {
  const given = headers.referer
  if (!given || !URL.canParse(given)) return ''
  const host = new URL(given).hostname
  return host === hostname ? '' : short(host.replace(/^www\./, ''))
}
