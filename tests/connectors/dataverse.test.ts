import type { Connector } from '../../src/crm/connector.ts'
import { conforms } from '../../src/crm/connectors/conformance.fixture.ts'
import { dataverse } from '../../src/crm/connectors/dataverse/index.ts'
import { startDataverse } from '../harness/dataverse.ts'

const settingsOf = (url: string) => ({
  url,
  login_url: url,
  tenant: 'contoso.example',
  client_id: 'app',
  client_secret: 'app-secret',
})

conforms({
  connector: dataverse as unknown as Connector,
  start: startDataverse,
  settings: ({ url }) => settingsOf(url),
  secrets: ['app-secret', 'first-access-token'],
  person: {
    type: 'contact',
    name: 'lastname',
    email: 'emailaddress1',
    text: 'jobtitle',
    externalId: 'tend_id',
    spellings: [
      { field: 'new_lastvisit', there: '2026-03-04T05:06:07Z', here: '2026-03-04T05:06:07.000Z' },
      { field: 'birthdate', there: '1815-12-10', here: '1815-12-10' },
      { field: 'new_topics', there: '100,200', here: ['100', '200'] },
      { field: 'new_score', there: 3.25, here: 3.25 },
      { field: 'creditlimit', there: 1200.5, here: 1200.5 },
      { field: 'gendercode', there: 2, here: '2' },
      { field: 'donotbulkemail', there: true, here: true },
    ],
  },
  can: {
    tellsDeletes: 'removals',
    merges: true,
    converts: 'lead',
    upserts: true,
    versions: true,
    renews: true,
    quota: false,
    calls: ['auth', 'throttle', 'transient', 'denied', 'gone', 'schema', 'cut', 'lost'],
    rows: ['invalid', 'duplicate', 'denied', 'lock'],
  },
})
