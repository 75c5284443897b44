import type { Connector } from '../../connector.ts'
import { pipedriveHttp } from './client.ts'
import { pipedriveConnection } from './connection.ts'
import { pipedrivePresets } from './presets.ts'
import { pipedriveOauth, pipedriveSettings } from './sign-in.ts'
import { verifyPipedrive } from './webhook.ts'

const screens: Record<string, string> = { persons: 'person', organizations: 'organization', deals: 'deal' }

/** Pipedrive, tested against a simulator that satisfies its own client (tests/harness/pipedrive.ts). */
export const pipedrive: Connector<typeof pipedriveSettings> = {
  id: 'pipedrive',
  name: 'Pipedrive',
  simulated: true,
  proof: 'Tested against a simulator that satisfies pipedrive, the client its makers publish',
  settings: pipedriveSettings,
  secrets: ['api_token', 'client_secret', 'webhook_password'],
  hosts: ['url', 'login_url'],
  connect: (settings, wire) => pipedriveConnection(pipedriveHttp(settings, wire)),
  presets: pipedrivePresets,
  // Only a company's own address leads on to its screens.
  recordUrl({ url }, { type, id }) {
    const screen = screens[type]
    if (!screen || /^https:\/\/api\.pipedrive\.com/.test(url)) return null
    return `${url.replace(/\/+$/, '')}/${screen}/${encodeURIComponent(id)}`
  },
  oauth: pipedriveOauth,
  webhook: { verify: ({ webhook_password }, hook) => verifyPipedrive(webhook_password, hook) },
}
