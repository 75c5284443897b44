import type { Simulator } from '../../src/crm/connectors/conformance.fixture.ts'
import { performBatch } from './dataverse-batch.ts'
import { perform } from './dataverse-calls.ts'
import { type Row, World } from './dataverse-world.ts'
import { type Ask, type Peer, type Reply, startPeer } from './peer.ts'

export type DataverseServer = Simulator & {
  /** Tokens that are good now, the last one given last. */
  tokens: string[]
  /** Delta links that were given until now are too old. */
  forget(): void
}

/** What an admin would fill in to reach it. */
export const settingsOf = (url: string) => ({
  url,
  login_url: url,
  tenant: 'contoso.example',
  client_id: 'app',
  client_secret: 'app-secret',
})

const tokenPath = '/contoso.example/oauth2/v2.0/token'
const prefix = '/api/data/v9.2'

const failed =
  (status: number, code: string, message: string, headers: Record<string, string> = {}) =>
  // Careless servers repeat what they were sent.
  (ask: Ask) => ({
    status,
    headers,
    body: { error: { code, message: `${message} (${ask.headers.authorization})` } },
  })

/** A stand-in for an environment of Dataverse, and for the Entra directory that signs its apps in. */
export async function startDataverse(): Promise<DataverseServer> {
  const world = new World()
  const login = {
    tokens: ['first-access-token'],
    forget() {
      world.oldest = ++world.version
    },
  }
  const peer: Peer = await startPeer({
    isSignIn: ask => ask.path === tokenPath,
    answer: ask => (ask.path === tokenPath ? token(server, ask) : serve(world, server, ask)),
    says: {
      auth: failed(401, '', 'Unauthorized'),
      expired: failed(401, '', 'Unauthorized'),
      throttle: failed(
        429,
        '0x80072322',
        'Number of requests exceeded the limit of 6000 over the time window of 300 seconds.',
        {
          'retry-after': '7',
        },
      ),
      transient: () => ({ status: 503, body: '<html>Service Unavailable</html>' }),
      denied: failed(403, '0x80040220', 'Principal user is missing prvReadContact privilege.'),
      gone: failed(404, '0x80040217', "Entity 'contact' With Id = 1 Does Not Exist"),
      schema: failed(
        400,
        '0x80060888',
        "Could not find a property named 'plan' on type 'Microsoft.Dynamics.CRM.contact'.",
      ),
    },
  })
  const server: DataverseServer = Object.assign(login, peer, {
    add: (type: string, values: Row) => world.add(type, values),
    edit: (type: string, id: string, values: Row) => world.put(type, id, values),
    read: (type: string, id: string) => world.table(type).get(id) ?? null,
    remove: (type: string, id: string) => world.remove(type, id),
    merge: (type: string, loser: string, winner: string) => world.merge(type, loser, winner),
    convert: (id: string) => world.qualify(id),
    at(time: Date | null) {
      world.time = time
    },
    refuse(rule: World['refusal']) {
      world.refusal = rule
    },
  })
  world.add('systemuser', {
    fullname: '# Tend Sync',
    internalemailaddress: 'sync@contoso.example',
    isdisabled: false,
  })
  return server
}

function token(server: DataverseServer, ask: Ask): Reply {
  const form = new URLSearchParams(ask.text)
  if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== `${server.url}/.default`)
    return {
      status: 400,
      body: { error: 'invalid_scope', error_description: 'AADSTS70011: The scope is not valid.' },
    }
  if (form.get('client_secret') !== 'app-secret')
    return {
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nTimestamp: now',
      },
    }
  const access = `access-token-${server.tokens.length + 1}-${server.calls.length}`
  server.tokens = [access]
  return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: access } }
}

function serve(world: World, server: DataverseServer, ask: Ask): Reply {
  const api = `${server.url}${prefix}`
  if (!server.tokens.includes((ask.headers.authorization ?? '').replace('Bearer ', '')))
    return { status: 401, headers: { 'www-authenticate': 'Bearer authorization_uri=there' } }
  if (!ask.path.startsWith(`${prefix}/`)) return { status: 404 }
  const path = decodeURIComponent(ask.path).slice(prefix.length)
  if (path === '/$batch') return performBatch(world, api, ask)
  return perform(world, api, { ...ask, path })
}
