import { z } from 'zod'
import { type Connector, CrmError, type Wire } from '../../connector.ts'
import { createHttp, queryText } from '../kit/http.ts'
import { asObject, asText } from '../kit/values.ts'

/** Shown only where one signs in so. */
const byBrowser = { when: { sign_in: 'browser' } }

export const pipedriveSettings = z.object({
  sign_in: z
    .enum(['token', 'browser'])
    .default('token')
    .describe('By the API token of a user, or by a person in the browser with an app of yours'),
  url: z
    .url()
    .default('https://api.pipedrive.com')
    .describe('Address of your Pipedrive: https://COMPANY.pipedrive.com'),
  api_token: z
    .string()
    .max(500)
    .default('')
    .describe('Of a user who may see and edit everything: Personal preferences › API')
    .meta({ when: { sign_in: 'token' } }),
  client_id: z.string().max(500).default('').describe('Client ID of your app').meta(byBrowser),
  client_secret: z.string().max(500).default('').describe('Client secret of your app').meta(byBrowser),
  login_url: z.url().default('https://oauth.pipedrive.com').describe('Where one signs in').meta(byBrowser),
  webhook_password: z
    .string()
    .max(500)
    .default('')
    .describe('HTTP Auth password of the webhooks, with the user “tend”, where Pipedrive calls us'),
})
export type PipedriveSettings = z.infer<typeof pipedriveSettings>

const loginOf = ({ login_url }: PipedriveSettings) => login_url.replace(/\/+$/, '')

/** What the token service answers, as the vault keeps it. Each refresh token is good for one use or sixty days. */
async function askToken(
  settings: PipedriveSettings,
  wire: Wire,
  form: Record<string, string>,
): Promise<Record<string, string>> {
  const { client_id, client_secret } = settings
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64')
  const http = createHttp({
    wire,
    base: () => loginOf(settings),
    sign: () => ({ authorization: `Basic ${basic}` }),
    secrets: () => [client_secret, basic, ...Object.values(form).filter(value => value.length > 20)],
    read(answer) {
      if (answer.status < 300) return null
      const { error, error_description, message } = asObject(answer.json)
      const words = [error_description, message, error].map(asText).find(Boolean) ?? ''
      const isRefusal = answer.status >= 400 && answer.status < 500 && answer.status !== 429
      return { words, code: asText(error), ...(isRefusal ? { kind: 'auth' as const } : {}) }
    },
  })
  const answer = await http.send({ method: 'POST', path: '/oauth/token', form })
  const said = asObject(answer.json)
  const domain = asText(said.api_domain).replace(/\/+$/, '')
  if (!asText(said.access_token) || !isOfHouse(loginOf(settings), domain))
    throw new CrmError({ kind: 'auth', words: 'Pipedrive gave no token that can be used.', code: 'no_token' })
  const refresh = asText(said.refresh_token)
  return {
    access_token: asText(said.access_token),
    api_domain: domain,
    ...(refresh ? { refresh_token: refresh } : {}),
  }
}

/** Whether an address that the token service names is a neighbour of its own: our token goes nowhere else. */
function isOfHouse(login: string, named: string): boolean {
  if (!URL.canParse(named)) return false
  const [own, other] = [new URL(login), new URL(named)]
  const [, ...domain] = own.hostname.split('.')
  const isNeighbour = domain.length > 1 && other.hostname.endsWith(`.${domain.join('.')}`)
  return own.protocol === other.protocol && (own.host === other.host || isNeighbour)
}

/** Code flow; Pipedrive knows the app by its secret and takes no challenge. */
export const pipedriveOauth: NonNullable<Connector<typeof pipedriveSettings>['oauth']> = {
  authorizeUrl: (settings, { redirectUri, state }) =>
    `${loginOf(settings)}/oauth/authorize${queryText({
      client_id: settings.client_id,
      redirect_uri: redirectUri,
      state,
    })}`,
  exchange: (settings, { code, redirectUri }, wire) =>
    askToken(settings, wire, { grant_type: 'authorization_code', code, redirect_uri: redirectUri }),
}

/** A fresh token by the refresh token that somebody's sign-in has left. */
export async function freshToken(
  settings: PipedriveSettings,
  wire: Wire,
  { refresh_token }: Record<string, string>,
): Promise<Record<string, string>> {
  if (refresh_token) return await askToken(settings, wire, { grant_type: 'refresh_token', refresh_token })
  throw new CrmError({
    kind: 'auth',
    words: 'Nobody has signed in to Pipedrive for this connection yet, or not for good.',
    code: 'not_signed_in',
  })
}
