import type { Connector } from '../../connector.ts'
import { restHttp, restSettings } from './client.ts'
import { restConnection } from './connection.ts'
import { readDefinition } from './definition.ts'

/** Any CRM with a REST API, as a file describes it (docs/crm-rest.md). */
export const rest: Connector<typeof restSettings> = {
  id: 'rest',
  name: 'Other CRM (REST)',
  simulated: true,
  proof: 'A file of yours says how to speak to it',
  settings: restSettings,
  secrets: ['secret'],
  hosts: ['url'],
  connect(settings, wire) {
    const definition = readDefinition(settings.definition)
    return restConnection(definition, restHttp(settings, definition, wire), settings.url.replace(/\/+$/, ''))
  },
  presets: [],
}
