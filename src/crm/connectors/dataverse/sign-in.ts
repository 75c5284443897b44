import { z } from 'zod'
import { CrmError, type Wire } from '../../connector.ts'
import { createHttp } from '../kit/http.ts'
import { asObject, asText } from '../kit/values.ts'

export const dataverseSettings = z.object({
  url: z.url().describe('Address of the environment, as in https://contoso.crm4.dynamics.com'),
  tenant: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)*$/, 'must be the id or a domain of the directory')
    .describe('Directory (tenant) id in Microsoft Entra'),
  client_id: z.string().min(1).max(200).describe('Application (client) id of the app registration'),
  client_secret: z.string().min(1).max(500).describe('Value of a client secret of the app'),
  login_url: z
    .url()
    .default('https://login.microsoftonline.com')
    .describe('Where the app signs in; another one in national clouds'),
})
export type DataverseSettings = z.infer<typeof dataverseSettings>

const bare = (url: string) => new URL(url).href.replace(/\/+$/, '')
export const apiOf = ({ url }: DataverseSettings): string => `${bare(url)}/api/data/v9.2`

/**
 * A token for the application user, by the app's own secret (client credentials), as the vault keeps it.
 * https://learn.microsoft.com/power-apps/developer/data-platform/use-single-tenant-server-server-authentication
 */
export async function freshToken(settings: DataverseSettings, wire: Wire): Promise<Record<string, string>> {
  const http = createHttp({
    wire,
    base: () => bare(settings.login_url),
    sign: () => ({}),
    secrets: () => [settings.client_secret],
    read(answer) {
      if (answer.status < 300) return null
      const { error, error_description } = asObject(answer.json)
      // `AADSTS7000215: Invalid client secret provided.` and then where and when it was refused, line by line.
      const [words = ''] = asText(error_description).split(/\r?\n/)
      const isRefusal = answer.status >= 400 && answer.status < 500 && answer.status !== 429
      return {
        words: words || asText(error),
        ...(asText(error) ? { code: asText(error) } : {}),
        ...(isRefusal ? { kind: 'auth' as const } : {}),
      }
    },
  })
  const answer = await http.send({
    method: 'POST',
    path: `/${settings.tenant}/oauth2/v2.0/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: settings.client_id,
      client_secret: settings.client_secret,
      scope: `${bare(settings.url)}/.default`,
    },
  })
  const token = asText(asObject(answer.json).access_token)
  if (!token)
    throw new CrmError({
      kind: 'auth',
      words: 'Microsoft gave no token that can be used.',
      code: 'no_token',
      sample: answer.sample,
    })
  return { access_token: token }
}
