import type { Connector } from '../../connector.ts'
import { createDataverse } from './client.ts'
import { dataverseConnection } from './connection.ts'
import { dataversePresets } from './presets.ts'
import { dataverseSettings } from './sign-in.ts'

/** Dataverse, which Dynamics 365 Sales stands on, over its Web API 9.2; proven as docs/crm.md says. */
export const dataverse: Connector<typeof dataverseSettings> = {
  id: 'dataverse',
  name: 'Microsoft Dynamics 365',
  simulated: true,
  proof:
    'Dataverse Web API; tested against a simulator that satisfies dynamics-web-api, a public client of it',
  settings: dataverseSettings,
  secrets: ['client_secret'],
  hosts: ['url', 'login_url'],
  connect: (settings, wire) => dataverseConnection(createDataverse(settings, wire)),
  presets: dataversePresets,
  recordUrl: ({ url }, { type, id }) =>
    `${url.replace(/\/+$/, '')}/main.aspx?pagetype=entityrecord&etn=${encodeURIComponent(type)}&id=${encodeURIComponent(id)}`,
}
