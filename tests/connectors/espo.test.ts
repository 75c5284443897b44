import { createHmac } from 'node:crypto'
import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { espo } from '../../src/crm/connectors/espo/index.ts'
import { type Espo, startEspo } from '../harness/espo.ts'

let simulator: Espo

conforms({
  connector: espo as unknown as Connector,
  start: async () => {
    simulator = await startEspo()
    return simulator
  },
  settings: ({ url }) => ({ url, api_key: 'right-key', secret_key: 'hmac-secret' }),
  secrets: ['right-key', 'hmac-secret'],
  person: {
    type: 'Contact',
    name: 'lastName',
    email: 'emailAddress',
    text: 'title',
    externalId: 'tendId',
    spellings: [
      { field: 'lastMeeting', there: '2026-03-04 05:06:07', here: '2026-03-04T05:06:07.000Z' },
      { field: 'birthday', there: '1815-12-10', here: '1815-12-10' },
      { field: 'interests', there: ['Tea', 'Books'], here: ['Tea', 'Books'] },
      { field: 'employees', there: 3, here: 3 },
      { field: 'accountId', there: 'e000001', here: 'e000001' },
      { field: 'addressCountry', there: 'Côte d’Ivoire', here: 'Côte d’Ivoire' },
    ],
  },
  can: {
    tellsDeletes: 'never',
    merges: false,
    converts: 'Lead',
    upserts: false,
    versions: false,
    renews: false,
    quota: false,
    calls: ['auth', 'throttle', 'transient', 'denied', 'gone', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied'],
  },
  hook(_simulator, ref, how) {
    const update = simulator.hooks[1]
    const body = JSON.stringify([{ id: ref.id }, { id: ref.id }])
    const proof = createHmac('sha256', how === 'forged' ? 'other' : (update?.secretKey ?? '')).update(body)
    const signature = Buffer.concat([Buffer.from(`${update?.id}:`), proof.digest()]).toString('base64')
    return { url: '/', headers: { 'x-signature': signature, 'x-signed-without-time': 'yes' }, body }
  },
})
