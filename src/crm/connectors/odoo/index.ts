import type { Connector, Preset } from '../../connector.ts'
import { fieldPairs } from '../kit/presets.ts'
import { createOdoo, odooSettings } from './client.ts'
import { odooConnection } from './connection.ts'
import { odooObjects } from './schema.ts'

const presets: Preset[] = [
  {
    local: 'user',
    remote: 'res.users',
    fields: fieldPairs({ email: 'login', name: 'name', active: 'active' }),
  },
  {
    local: 'company',
    remote: 'res.partner:company',
    fields: fieldPairs({ name: 'name', domain: 'website' }),
  },
  {
    local: 'person',
    remote: 'res.partner',
    fields: fieldPairs({
      email: 'email',
      first_name: 'first_name',
      last_name: 'last_name',
      phone: 'phone',
      job_title: 'function',
      company_id: 'parent_id',
      owner_id: 'user_id',
    }),
  },
  {
    local: 'person',
    remote: 'crm.lead:lead',
    fields: fieldPairs({
      email: 'email_from',
      first_name: 'first_name',
      last_name: 'last_name',
      phone: 'phone',
      job_title: 'function',
      company_name: 'partner_name',
      owner_id: 'user_id',
    }),
  },
  {
    local: 'deal',
    remote: 'crm.lead',
    fields: fieldPairs({
      name: 'name',
      stage: 'stage_id',
      amount: 'expected_revenue',
      probability: 'probability',
      close_on: 'date_deadline',
      company_id: 'partner_id',
      owner_id: 'user_id',
    }),
  },
]

/** Odoo: JSON-2 from 19, JSON-RPC before; proven as docs/crm.md says. */
export const odoo: Connector<typeof odooSettings> = {
  id: 'odoo',
  name: 'Odoo',
  simulated: true,
  proof: 'Writes tested against recordings of real servers, the rest against a simulator',
  settings: odooSettings,
  secrets: ['api_key'],
  hosts: ['url'],
  connect: (settings, wire) => odooConnection(createOdoo(settings, wire)),
  presets,
  recordUrl(settings, { type, id }) {
    const model = odooObjects.find(each => each.type === type)?.model ?? type
    return `${settings.url.replace(/\/+$/, '')}/web#id=${encodeURIComponent(id)}&model=${model}&view_type=form`
  },
}
