import type { Secrets } from '#platform/secrets.ts'
import { readMailToken, type Subject } from '../tokens.ts'

/** Where a mail to us may go: nowhere else does the listener take any. */
export type OwnAddress =
  | { is: 'return-path'; subject: Subject }
  | { is: 'unsubscribe'; subject: Subject }
  /** Complaints of feedback loops, and bounces that lost their return path: they must name the message themselves. */
  | { is: 'reports' }

/** The fixed addresses, before the bounce domain. */
export const reportNames = ['complaints', 'bounces'] as const

/** Which of our addresses this is, or null: not ours, or with a token that was not made here. */
export function ownAddress(secrets: Secrets, bounceDomain: string, address: string): OwnAddress | null {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, Math.max(at, 0)).toLowerCase()
  if (address.slice(at + 1).toLowerCase() !== bounceDomain.toLowerCase()) return null
  if (reportNames.some(name => name === local)) return { is: 'reports' }
  const [, kind, token = ''] = /^([bu])\+([a-z2-7]{47})$/.exec(local) ?? []
  if (kind === undefined) return null
  const subject = readMailToken(secrets, kind === 'b' ? 'bounce' : 'unsubscribe-mail', token)
  if (!subject) return null
  return { is: kind === 'b' ? 'return-path' : 'unsubscribe', subject }
}

/** The message that `<token@domain>` or `<b+token@domain>` names, or null. */
export function messageNamed(secrets: Secrets, bounceDomain: string, id: string): Subject | null {
  const [, local = '', domain = ''] = /^<?([^<>@\s]+)@([^<>@\s]+?)>?$/.exec(id.trim()) ?? []
  if (domain.toLowerCase() !== bounceDomain.toLowerCase()) return null
  if (local.toLowerCase().startsWith('b+')) return readMailToken(secrets, 'bounce', local.slice(2))
  return readMailToken(secrets, 'message', local)
}
