import { Resolver } from 'node:dns/promises'
import { checkSmtp } from '#outreach/smtp-check.ts'
import type { Config } from '#platform/config.ts'
import { createEgress } from '#platform/egress.ts'
import { bad, type Finding, warn, well } from './finding.ts'

/** Whether both doors answer under the addresses that links and people use. */
export function lookAtDoors(config: Config): Promise<Finding[]> {
  return Promise.all([lookAtDoor('office', config.officeUrl), lookAtDoor('street', config.streetUrl)])
}

async function lookAtDoor(name: string, address: string): Promise<Finding> {
  const { hostname, port, protocol } = new URL(address)
  const own = createEgress([`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`])
  try {
    const { status } = await own.fetch(`${address}/healthz`, { timeoutMs: 5_000 })
    return status === 200
      ? well(name, `The ${name} answers at ${address}.`)
      : bad(name, `The ${name} answers ${status} at ${address}.`)
  } catch (error) {
    return bad(
      name,
      `The ${name} does not answer at ${address}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

export async function lookAtMail(config: Config): Promise<Finding[]> {
  if (config.smtpUrl === null)
    return [
      config.mode === 'live'
        ? bad('mail', 'No mail server is set up (TEND_SMTP_URL): mail is held.')
        : well('mail', 'Sandbox: mail goes to the built-in mailbox.'),
    ]
  const { ok, words } = await checkSmtp(config.smtpUrl)
  const server = ok ? well('mail', words) : bad('mail', words)
  return [server, ...(await lookAtSender(config.mailFrom))]
}

/** SPF and DMARC of the sender's domain. DKIM is signed by the mail server under a selector that only it knows. */
async function lookAtSender(address: string): Promise<Finding[]> {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  const [spf, dmarc] = await Promise.all([
    txt(resolver, domain, 'v=spf1'),
    txt(resolver, `_dmarc.${domain}`, 'v=DMARC1'),
  ])
  const say = (about: string, found: string | null | undefined, without: string): Finding =>
    found === undefined
      ? warn(about, `DNS could not be asked about ${about} of ${domain} from here.`)
      : found === null
        ? warn(about, `${domain} has no ${about} record: ${without}.`)
        : well(about, `${domain} has ${about}: ${found.slice(0, 100)}`)
  return [
    say('SPF', spf, 'receivers cannot tell whether this server may send for it'),
    say('DMARC', dmarc, 'large receivers ask for one from whoever sends in bulk'),
    well(
      'DKIM',
      'DKIM is signed by your mail server: send a test mail and look for dkim=pass in its headers.',
    ),
  ]
}

/** The record that begins so, null where there is none, undefined where nobody answers. */
async function txt(resolver: Resolver, name: string, begin: string): Promise<string | null | undefined> {
  try {
    const records = await resolver.resolveTxt(name)
    return records.map(parts => parts.join('')).find(record => record.startsWith(begin)) ?? null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    return code === 'ENODATA' || code === 'ENOTFOUND' ? null : undefined
  }
}
