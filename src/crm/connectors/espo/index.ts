import type { Connector } from '../../connector.ts'
import { espoHttp, espoSettings } from './client.ts'
import { espoConnection } from './connection.ts'
import { espoPresets } from './presets.ts'
import { verifyEspo } from './webhook.ts'

/** EspoCRM 8, tested against a simulator of its API (tests/harness/espo.ts). */
export const espo: Connector<typeof espoSettings> = {
  id: 'espo',
  name: 'EspoCRM',
  simulated: true,
  proof: 'Writes tested against recordings of a real server, the rest against a simulator',
  settings: espoSettings,
  secrets: ['api_key', 'secret_key'],
  hosts: ['url'],
  connect: (settings, wire) => espoConnection(espoHttp(settings, wire), wire.vault),
  presets: espoPresets,
  recordUrl: (settings, ref) =>
    `${settings.url.replace(/\/+$/, '')}/#${ref.type}/view/${encodeURIComponent(ref.id)}`,
  webhook: { verify: (_settings, hook, kept) => verifyEspo(hook, kept) },
}
