import type { Connector } from '../../connector.ts'
import { createSalesforce } from './client.ts'
import { salesforceConnection } from './connection.ts'
import { salesforcePresets } from './presets.ts'
import { salesforceOauth, salesforceSettings } from './sign-in.ts'

/** Salesforce over REST, tested against a simulator that satisfies its public client (tests/harness/salesforce.ts). */
export const salesforce: Connector<typeof salesforceSettings> = {
  id: 'salesforce',
  name: 'Salesforce',
  simulated: true,
  proof: 'Tested against a simulator that satisfies jsforce, the public client of its API',
  settings: salesforceSettings,
  secrets: ['client_secret', 'private_key'],
  hosts: ['login_url'],
  connect: (settings, wire) => salesforceConnection(createSalesforce(settings, wire)),
  presets: salesforcePresets,
  // Only a company's own domain leads on to a record; the common places to sign in do not.
  recordUrl: ({ login_url }, { id }) =>
    /^https:\/\/(login|test)\.salesforce\.com/.test(login_url)
      ? null
      : `${login_url.replace(/\/+$/, '')}/${encodeURIComponent(id)}`,
  oauth: salesforceOauth,
}
