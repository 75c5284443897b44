import { getDomain } from 'tldts'
import type { Arrival } from './call.ts'

const yearSeconds = 31_536_000

/**
 * Safari keeps cookies that a script has set for 7 days only; one that comes from a server of the same site
 * lives on. So where the street stands under the site's own domain, the visitor's id that the page script sent
 * is set again from here, readable by the script. Elsewhere there is no cookie: a third party's would be blocked.
 * Null where there is nothing to set.
 */
export function visitorCookie(arrival: Arrival, streetHost: string): string | null {
  const { origin } = arrival.headers
  const id = arrival.calls[0]?.anonymousId
  if (arrival.source?.type !== 'browser' || !origin || !URL.canParse(origin)) return null
  // Written into a header: only what our own script makes.
  if (!id || !/^[\w-]{8,64}$/.test(id)) return null
  const domain = sharedDomain(new URL(origin).hostname, streetHost)
  if (domain === null) return null
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  const scope = domain === '' ? '' : `; Domain=${domain}`
  return `tend_aid=${id}; Path=/; Max-Age=${yearSeconds}; SameSite=Lax${scope}${secure}`
}

/** The domain both hosts are below, '' where they are one host, null where they are of different sites. */
function sharedDomain(page: string, street: string): string | null {
  const domain = getDomain(page, { allowPrivateDomains: true })
  if (domain && domain === getDomain(street, { allowPrivateDomains: true })) return domain
  return page === street ? '' : null
}
