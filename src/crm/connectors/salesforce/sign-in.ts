import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import { type Connector, CrmError, type Wire } from '../../connector.ts'
import { createHttp, queryText } from '../kit/http.ts'
import { asObject, asText } from '../kit/values.ts'

export const salesforceSettings = z.object({
  login_url: z
    .url()
    .default('https://login.salesforce.com')
    .describe(
      'Where one signs in: login.salesforce.com, test.salesforce.com for a sandbox, or your My Domain',
    ),
  sign_in: z
    .enum(['browser', 'jwt'])
    .default('browser')
    .describe('By a person in the browser, or by a key of the app (JWT bearer)'),
  client_id: z.string().min(1).describe('Consumer key of the External Client App'),
  client_secret: z.string().default('').describe('Consumer secret, where the app wants one'),
  username: z
    .string()
    .default('')
    .describe('User to act as')
    .meta({ when: { sign_in: 'jwt' } }),
  private_key: z
    .string()
    .default('')
    .describe('Private RSA key (PEM) of the app’s certificate')
    .meta({ when: { sign_in: 'jwt' } }),
  api_version: z
    .string()
    .regex(/^\d\d\.0$/)
    .default('62.0')
    .describe('Version of the API'),
})
export type SalesforceSettings = z.infer<typeof salesforceSettings>

const loginOf = (settings: SalesforceSettings) => settings.login_url.replace(/\/+$/, '')

/** What the token service answers, as the vault keeps it. Refresh tokens may change with every use. */
async function askToken(
  settings: SalesforceSettings,
  wire: Wire,
  form: Record<string, string>,
): Promise<Record<string, string>> {
  const http = createHttp({
    wire,
    base: () => loginOf(settings),
    sign: () => ({}),
    secrets: () => [settings.client_secret, ...Object.values(form).filter(value => value.length > 20)],
    read(answer) {
      if (answer.status < 300) return null
      const { error, error_description } = asObject(answer.json)
      const words = asText(error_description) || asText(error)
      const isRefusal = answer.status >= 400 && answer.status < 500 && answer.status !== 429
      return { words, code: asText(error), ...(isRefusal ? { kind: 'auth' as const } : {}) }
    },
  })
  const answer = await http.send({ method: 'POST', path: '/services/oauth2/token', form })
  const said = asObject(answer.json)
  const instance = asText(said.instance_url).replace(/\/+$/, '')
  if (
    !asText(said.access_token) ||
    new URL(instance || 'none:').protocol !== new URL(loginOf(settings)).protocol
  )
    throw new CrmError({
      kind: 'auth',
      words: 'Salesforce gave no token that can be used.',
      code: 'no_token',
    })
  const refresh = asText(said.refresh_token)
  return {
    access_token: asText(said.access_token),
    instance_url: instance,
    identity: asText(said.id),
    ...(refresh ? { refresh_token: refresh } : {}),
  }
}

const secretOf = ({ client_secret }: SalesforceSettings): Record<string, string> =>
  client_secret ? { client_secret } : {}

/** Code flow with PKCE. */
export const salesforceOauth: NonNullable<Connector<typeof salesforceSettings>['oauth']> = {
  authorizeUrl: (settings, { redirectUri, state, challenge }) =>
    `${loginOf(settings)}/services/oauth2/authorize${queryText({
      response_type: 'code',
      client_id: settings.client_id,
      redirect_uri: redirectUri,
      scope: 'api refresh_token',
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })}`,
  exchange: (settings, { code, verifier, redirectUri }, wire) =>
    askToken(settings, wire, {
      grant_type: 'authorization_code',
      code,
      client_id: settings.client_id,
      ...secretOf(settings),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
}

/** A fresh token by what we have: the key of the app, or the refresh token that the person's sign-in has left. */
export async function freshToken(
  settings: SalesforceSettings,
  wire: Wire,
  kept: Record<string, string>,
): Promise<Record<string, string>> {
  if (settings.sign_in === 'jwt')
    return askToken(settings, wire, {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertionOf(settings, wire.realTime()),
    })
  if (!kept.refresh_token)
    throw new CrmError({
      kind: 'auth',
      words: 'Nobody has signed in to Salesforce for this connection yet, or not for good.',
      code: 'not_signed_in',
    })
  return askToken(settings, wire, {
    grant_type: 'refresh_token',
    refresh_token: kept.refresh_token,
    client_id: settings.client_id,
    ...secretOf(settings),
  })
}

const minutes3 = 180

/** RFC 7523 as Salesforce wants it: for three minutes, for the login host. */
function assertionOf(settings: SalesforceSettings, now: Date): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: settings.client_id,
    sub: settings.username,
    aud: loginOf(settings),
    exp: Math.floor(now.getTime() / 1000) + minutes3,
  }
  const text = `${part({ alg: 'RS256' })}.${part(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), keyOf(settings.private_key)).toString('base64url')}`
}

/** A PEM text, also one that lost its line breaks in a field of one line. */
function keyOf(pem: string): KeyObject {
  const [, kind = '', body = ''] = /-----BEGIN (RSA )?PRIVATE KEY-----([\s\S]*?)-----END/.exec(pem) ?? []
  try {
    return createPrivateKey({
      key: Buffer.from(body, 'base64'),
      format: 'der',
      type: kind ? 'pkcs1' : 'pkcs8',
    })
  } catch {
    throw new CrmError({
      kind: 'auth',
      words: 'The private key cannot be read: it should be an RSA key in PEM without a password.',
      code: 'private_key',
    })
  }
}
