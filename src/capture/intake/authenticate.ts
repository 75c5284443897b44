import { AppError, forbidden } from '#platform/errors.ts'
import type { Source } from '../sources.ts'
import type { Arrival } from './call.ts'
import type { Keys } from './keys.ts'

/** Step 2: whose key is it, and may the page that sent this use it? */
export async function authenticate(arrival: Arrival, keys: Keys): Promise<Arrival> {
  const writeKey = keyFromHeader(arrival.headers.authorization) ?? arrival.writeKey
  const source = writeKey && writeKey.length <= 200 ? await keys.find(writeKey) : null
  if (!source) throw new AppError('unknown_key', 'This write key is not known.', { status: 401 })
  if (!mayBeUsedFrom(source, arrival.headers.origin ?? arrival.headers.referer))
    throw forbidden('This write key may not be used by pages of this host.')
  arrival.source = source
  return arrival
}

/** Basic (the key is the user's name, as in Segment's SDKs) or bearer. */
export function keyFromHeader(header: string | undefined): string | null {
  const [, scheme, value] = /^(basic|bearer)\s+(\S+)\s*$/i.exec(header ?? '') ?? []
  if (!scheme || !value) return null
  if (scheme.toLowerCase() === 'bearer') return value
  const [user] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return user || null
}

/** Browser keys are public: what keeps them to one's own pages is the Origin, which page scripts cannot forge. */
export function mayBeUsedFrom(
  source: Pick<Source, 'type' | 'allowedHosts'>,
  page: string | undefined,
): boolean {
  if (source.type === 'server' || source.allowedHosts.length === 0) return true
  if (!page || !URL.canParse(page)) return false
  const { host, hostname } = new URL(page)
  return source.allowedHosts.some(allowed => matchesHost(allowed, allowed.includes(':') ? host : hostname))
}

function matchesHost(allowed: string, host: string): boolean {
  return allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed
}
