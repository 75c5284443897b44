import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, buildConnector, request } from 'undici'
import { AppError } from './errors.ts'

export type EgressRequest = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Buffer
  timeoutMs?: number
  /** The answer is cut off (an error) beyond this; 64 KB unless told. */
  maxBytes?: number
}
export type EgressAnswer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}
export type Egress = {
  /** AppError `egress_refused` for an address we do not go to, `egress_failed` for one that did not answer. */
  fetch(url: string, options?: EgressRequest): Promise<EgressAnswer>
  /** Why an address would be refused as it is written, before any name is looked up; null where it would not. */
  refusal(url: string): string | null
}

/** Mail, database and shell ports: nothing that a webhook has business with. */
const closedPorts = new Set([
  22, 23, 25, 110, 143, 389, 445, 465, 587, 993, 995, 1433, 3306, 5432, 6379, 9200, 11211, 27017,
])

/** Only public unicast addresses; an IPv6 form of an IPv4 address is judged as the IPv4 address. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  // NAT64 and 6to4 wrap an IPv4 address that the range test does not look into.
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3'))
}

/**
 * The one way out for HTTP. The name is resolved once and the very address that was judged is connected to
 * (no rebinding); literals are judged too, because a lookup hook is never asked about them (undici #2019).
 * Redirects are not followed: a 3xx is an answer, and the caller's business.
 */
export function createEgress(allow: readonly string[]): Egress {
  const connect = buildConnector({ timeout: 10_000, autoSelectFamily: false, lookup: guardedLookup })
  const open = buildConnector({ timeout: 10_000 })
  const agent = new Agent({
    connections: 16,
    connect(options, done) {
      const host = options.hostname.replace(/^\[|\]$/g, '')
      if (allow.includes(`${host}:${options.port || (options.protocol === 'https:' ? 443 : 80)}`))
        return open(options, done)
      if (isIP(host) && !isPublic(host)) return done(refused(host), null)
      return connect(options, done)
    },
  })
  return {
    fetch: (url, options = {}) => send(agent, allow, url, options),
    refusal(url) {
      try {
        check(url, allow)
        return null
      } catch (error) {
        if (error instanceof AppError) return error.message
        throw error
      }
    },
  }
}

function refused(host: string): AppError {
  return new AppError('egress_refused', `Tend does not send requests to ${host}: it is not a public address.`)
}

function guardedLookup(
  hostname: string,
  options: object,
  done: (
    error: NodeJS.ErrnoException | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
): void {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, '')
    const bad = found.find(entry => !isPublic(entry.address))
    const [first] = found
    if (bad || !first) return done(refused(hostname), '')
    return 'all' in options && options.all ? done(null, found) : done(null, first.address, first.family)
  })
}

function check(url: string, allow: readonly string[]): URL {
  if (!URL.canParse(url)) throw new AppError('egress_refused', 'This is no web address.')
  const target = new URL(url)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80))
  if (!['http:', 'https:'].includes(target.protocol))
    throw new AppError('egress_refused', 'Only http and https addresses can be called.')
  if (target.username || target.password)
    throw new AppError('egress_refused', 'A web address must not carry a user name or password.')
  if (allow.includes(`${host}:${port}`)) return target
  if (closedPorts.has(port))
    throw new AppError('egress_refused', `Port ${port} is not one that web requests go to.`)
  // Some resolvers know these names, some do not: the answer must not depend on it.
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(host)) throw refused(host)
  if (isIP(host) && !isPublic(host)) throw refused(host)
  return target
}

async function send(
  agent: Agent,
  allow: readonly string[],
  url: string,
  options: EgressRequest,
): Promise<EgressAnswer> {
  const target = check(url, allow)
  const limit = options.maxBytes ?? 64 * 1024
  try {
    const answer = await request(target, {
      dispatcher: agent,
      method: options.method ?? 'GET',
      headers: { 'user-agent': 'Tend', ...options.headers },
      body: options.body ?? null,
      signal: AbortSignal.timeout(options.timeoutMs ?? 15_000),
    })
    const parts: Buffer[] = []
    let size = 0
    for await (const part of answer.body) {
      size += part.length
      if (size > limit)
        throw new AppError('egress_failed', `${target.host} answered with more than ${limit} bytes.`)
      parts.push(part)
    }
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }
  } catch (error) {
    if (error instanceof AppError) throw error
    if (error instanceof Error && error.cause instanceof AppError) throw error.cause
    throw new AppError(
      'egress_failed',
      `${target.host} could not be reached: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    )
  }
}
