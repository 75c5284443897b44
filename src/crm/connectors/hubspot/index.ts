import type { Connector, Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'
import { hubspotHttp, hubspotSettings } from './client.ts'
import { hubspotConnection } from './connection.ts'
import { dealCompany } from './schema.ts'
import { verifyHubspot } from './webhook.ts'

const presets: Preset[] = [
  {
    local: 'user',
    remote: 'owners',
    fields: fieldPairs({ email: 'email', name: 'name', is_active: 'active' }),
  },
  { local: 'company', remote: 'companies', fields: fieldPairs({ name: 'name', domain: 'domain' }) },
  {
    local: 'person',
    remote: 'contacts',
    fields: fieldPairs({
      email: 'email',
      first_name: 'firstname',
      last_name: 'lastname',
      phone: 'phone',
      job_title: 'jobtitle',
      country: 'country',
      company_id: 'associatedcompanyid',
      owner_id: 'hubspot_owner_id',
      opt_out: 'hs_email_optout',
    }),
  },
  {
    local: 'deal',
    remote: 'deals',
    fields: fieldPairs({
      name: 'dealname',
      amount: 'amount',
      currency: 'deal_currency_code',
      stage: 'dealstage',
      close_on: 'closedate',
      company_id: dealCompany,
      owner_id: 'hubspot_owner_id',
    }),
  },
  {
    local: 'task',
    remote: 'tasks',
    fields: fieldPairs({
      subject: 'hs_task_subject',
      body: 'hs_task_body',
      due_on: 'hs_timestamp',
      status: 'hs_task_status',
      owner_id: 'hubspot_owner_id',
    }),
  },
]

const screens: Record<string, string> = { contacts: '0-1', companies: '0-2', deals: '0-3', tasks: '0-27' }

/** HubSpot, by a private app; proven as docs/crm.md says. */
export const hubspot: Connector<typeof hubspotSettings> = {
  id: 'hubspot',
  name: 'HubSpot',
  simulated: true,
  settings: hubspotSettings,
  secrets: ['token', 'client_secret'],
  hosts: ['url'],
  connect: (settings, wire) => hubspotConnection(hubspotHttp(settings, wire)),
  presets,
  recordUrl({ portal_id }, { type, id }) {
    const screen = screens[type]
    if (!portal_id || !screen) return null
    return `https://app.hubspot.com/contacts/${portal_id}/record/${screen}/${encodeURIComponent(id)}`
  },
  webhook: {
    verify: ({ client_secret }, hook, _kept, realNow) => verifyHubspot(client_secret, hook, realNow),
  },
}
