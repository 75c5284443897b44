import { z } from 'zod'
import { CrmError, type Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http, type Said } from '../kit/http.ts'
import { createSession } from '../kit/session.ts'
import { asObject, asText } from '../kit/values.ts'
import { type RestDefinition, readDefinition } from './definition.ts'
import { at } from './places.ts'

export const restSettings = z.object({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Address of the API; everything in the definition lies below it'),
  user: z.string().max(200).default('').describe('User or client id, where the CRM wants one'),
  secret: z.string().min(1).max(4000).describe('Key, token, password or client secret'),
  definition: z
    .string()
    .max(200_000)
    .describe('What the CRM can do, as JSON: see docs/crm-rest.md')
    .meta({ contentMediaType: 'application/json' })
    .superRefine((text, context) => {
      try {
        readDefinition(text)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    }),
})
export type RestSettings = z.infer<typeof restSettings>

/** A REST API as its definition has it; every address stays below the connection's own. */
export function restHttp(settings: RestSettings, definition: RestDefinition, wire: Wire): Http {
  const base = settings.url.replace(/\/+$/, '')
  const { auth } = definition
  const secrets = [settings.secret, `${settings.user}:${settings.secret}`]
  const plain = createHttp({
    wire,
    base: () => base,
    sign: () => ({}),
    secrets: () => secrets,
    // Whatever is refused here, it is our access: said so, the connection pauses instead of asking for ever.
    read(answer) {
      const said = refusal(definition, answer)
      return said && answer.status >= 400 && answer.status < 500 && answer.status !== 429
        ? { ...said, kind: 'auth' as const }
        : said
    },
  })
  const session = createSession(wire, async (): Promise<Record<string, string>> => {
    if (auth.type !== 'client_credentials') return {}
    const form = { grant_type: 'client_credentials', ...(auth.scope ? { scope: auth.scope } : {}) }
    const headers = { authorization: basic(settings) }
    const answer = await plain.send({ method: 'POST', path: auth.tokenPath, form, headers })
    const token = asText(asObject(answer.json).access_token)
    if (!token) throw new CrmError({ kind: 'auth', words: 'The CRM gave no access token.', code: 'token' })
    return { access_token: token }
  })
  return createHttp({
    wire,
    base: () => base,
    async sign(): Promise<Record<string, string>> {
      const own = definition.headers
      if (auth.type === 'bearer') return { ...own, authorization: `Bearer ${settings.secret}` }
      if (auth.type === 'basic') return { ...own, authorization: basic(settings) }
      if (auth.type === 'header') return { ...own, [auth.header.toLowerCase()]: settings.secret }
      return { ...own, authorization: `Bearer ${(await session.current()).access_token}` }
    },
    ...(auth.type === 'client_credentials' ? { renew: session.renew } : {}),
    secrets: () => [...secrets, ...session.seen()],
    read: answer => refusal(definition, answer),
  })
}

const basic = ({ user, secret }: RestSettings) =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`

function refusal({ errors }: RestDefinition, answer: Answer): Said | null {
  if (answer.status < 300) return null
  const told = (place: string | undefined) => (place === undefined ? '' : asText(at(answer.json, place)))
  const field = told(errors.field)
  const existing = answer.status === 409 ? told(errors.existing) : ''
  return {
    words: told(errors.message),
    ...(told(errors.code) ? { code: told(errors.code) } : {}),
    ...(field ? { kind: 'invalid' as const, fields: [field] } : {}),
    ...(existing ? { kind: 'duplicate' as const, existing: [{ type: '', id: existing }] } : {}),
  }
}
