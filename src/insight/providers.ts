/** Receiving providers by the domains of their mailboxes; a domain of a company stands for itself. */
export const providers: { key: string; name: string; domains: string[] }[] = [
  { key: 'google', name: 'Google (Gmail)', domains: ['gmail.com', 'googlemail.com'] },
  {
    key: 'microsoft',
    name: 'Microsoft (Outlook, Hotmail)',
    domains: [
      'outlook.com',
      'hotmail.com',
      'live.com',
      'msn.com',
      'outlook.de',
      'hotmail.de',
      'hotmail.co.uk',
      'hotmail.fr',
      'live.de',
      'live.nl',
    ],
  },
  {
    key: 'yahoo',
    name: 'Yahoo and AOL',
    domains: [
      'yahoo.com',
      'yahoo.co.uk',
      'yahoo.de',
      'yahoo.fr',
      'ymail.com',
      'rocketmail.com',
      'aol.com',
      'aol.de',
    ],
  },
  { key: 'apple', name: 'Apple (iCloud)', domains: ['icloud.com', 'me.com', 'mac.com'] },
  {
    key: 'gmx',
    name: 'GMX and WEB.DE',
    domains: ['gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch', 'web.de', 'gmx.com', 'mail.com'],
  },
  { key: 'proton', name: 'Proton', domains: ['proton.me', 'protonmail.com', 'pm.me'] },
  { key: 'telekom', name: 'Telekom (T-Online)', domains: ['t-online.de', 'magenta.de'] },
]

/** So many domains with the most messages of a day stand for themselves; the others are counted together. */
export const ownDomains = 300

const names = new Map(providers.map(({ key, name }) => [key, name]))

/** The name of a provider as the reports show it. */
export function providerName(key: string): string {
  if (key === 'small') return `All but the ${ownDomains} largest domains of a day`
  if (key === '') return 'Without an address'
  return names.get(key) ?? key
}
