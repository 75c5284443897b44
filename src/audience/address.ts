import { domainToASCII } from 'node:url'

/**
 * One mail address as we store and compare it: trimmed, lower case, the domain in its A-label form (RFC 5891).
 * Null for anything that is not exactly one plain addr-spec: no comments, no quoted local parts, no lists, no
 * control characters - what mail software parses differently is how mail reaches strangers. At most 254 octets
 * (RFC 5321 section 4.5.3.1, erratum 1690), local part at most 64.
 */
export function normalizeAddress(text: string): string | null {
  const trimmed = text.trim()
  const at = trimmed.lastIndexOf('@')
  if (at < 1 || trimmed.length > 320) return null
  const local = trimmed.slice(0, at).normalize('NFC').toLowerCase()
  if (
    !/^[^\s\p{C}"(),:;<>@[\\\]]+$/u.test(local) ||
    /^\.|\.$|\.\./.test(local) ||
    Buffer.byteLength(local) > 64
  )
    return null
  const domain = domainToASCII(trimmed.slice(at + 1).toLowerCase())
  if (!/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(domain))
    return null
  const address = `${local}@${domain}`
  return Buffer.byteLength(address) <= 254 ? address : null
}

/** Providers that ignore dots, and those that ignore everything after a plus (their own help pages). */
const ignoresDots = new Set(['gmail.com', 'googlemail.com'])
const ignoresPlus = new Set([
  ...ignoresDots,
  'outlook.com',
  'hotmail.com',
  'live.com',
  'icloud.com',
  'me.com',
  'fastmail.com',
  'proton.me',
  'protonmail.com',
])

/**
 * The mailbox behind an address, where its provider says that several spellings are one. Only for suppression:
 * who opted out as ann+news@gmail.com is not written to as ann@gmail.com.
 */
export function mailboxOf(address: string): string {
  const [local = '', domain = ''] = address.split('@')
  const bare = ignoresPlus.has(domain) ? (local.split('+')[0] ?? local) : local
  return `${ignoresDots.has(domain) ? bare.replaceAll('.', '') : bare}@${domain === 'googlemail.com' ? 'gmail.com' : domain}`
}
