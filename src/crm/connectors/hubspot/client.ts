import { z } from 'zod'
import type { Failure, FailureKind, Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http, type Said } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'

export const hubspotSettings = z.object({
  url: z.url().default('https://api.hubapi.com').describe('Address of the API'),
  token: z.string().min(1).max(500).describe('Access token of a private app'),
  client_secret: z
    .string()
    .max(500)
    .default('')
    .describe('Client secret of the app, where it calls us by webhooks'),
  portal_id: z
    .string()
    .regex(/^\d*$/, 'must be a number')
    .default('')
    .describe('Number of the account, for links to its screens'),
})
export type HubspotSettings = z.infer<typeof hubspotSettings>

/** HubSpot's REST API, signed in to as a private app. https://developers.hubspot.com/docs/api/overview */
export function hubspotHttp(settings: HubspotSettings, wire: Wire): Http {
  return createHttp({
    wire,
    base: () => settings.url.replace(/\/+$/, ''),
    sign: () => ({ authorization: `Bearer ${settings.token}` }),
    secrets: () => [settings.token, settings.client_secret],
    read: answer => (answer.status < 300 ? null : { ...said(answer.json), ...kindByStatus(answer) }),
    learn: answer => learnQuota(wire, answer),
  })
}

/** 477: the account is being moved to another data centre, for a while. */
function kindByStatus({ status }: Answer): { kind?: FailureKind } {
  return status === 477 ? { kind: 'transient' } : {}
}

/** An error of a call or of one element: `{status, category, message, errors, context}`. */
function said(body: unknown): Said {
  const error = asObject(body)
  const message = asText(error.message)
  const category = asText(error.category)
  const told = { words: message, code: category || undefined }
  const existing = /Existing ID: (\d+)/.exec(message)?.[1]
  if (existing) return { ...clean(told), kind: 'duplicate', existing: [{ type: '', id: existing }] }
  const fields = fieldsOf(error, message)
  if (/PROPERTY_DOESNT_EXIST/.test(JSON.stringify(body))) return { ...clean(told), kind: 'schema', fields }
  if (category === 'OBJECT_NOT_FOUND') return { ...clean(told), kind: 'gone' }
  if (category === 'VALIDATION_ERROR') return { ...clean(told), kind: 'invalid', fields }
  if (/PERMISSION|SCOPES/.test(category)) return { ...clean(told), kind: 'denied' }
  if (category === 'CONFLICT' || category === 'RESOURCE_LOCKED') return { ...clean(told), kind: 'lock' }
  return clean(told)
}

const clean = ({ words, code }: { words: string; code: string | undefined }): Said =>
  code === undefined ? { words } : { words, code }

/** The properties that a refusal is about: beside the errors, or inside the sentence. */
function fieldsOf(error: Record<string, unknown>, message: string): string[] {
  const places = [error, ...asList(error.errors).map(asObject)]
  const named = places.flatMap(each => asList(asObject(each.context).propertyName).map(asText))
  const inside = [...message.matchAll(/"name":\s*"([\w-]+)"|Property "([\w-]+)"/g)].map(
    ([, one, two]) => one ?? two ?? '',
  )
  return [...new Set([...named, ...inside])].filter(Boolean)
}

/** The failure of one element of a batch. */
export function elementFailure(error: unknown): Failure {
  const { kind = 'invalid', words = '', ...rest } = said(error)
  const { existing, fields, code } = rest
  return {
    kind,
    words: words || 'HubSpot refused it.',
    ...(code ? { code } : {}),
    ...(fields?.length ? { fields } : {}),
    ...(existing ? { existing } : {}),
  }
}

function learnQuota(wire: Wire, { headers }: Answer): void {
  const allowed = Number(headers['x-hubspot-ratelimit-daily'])
  const left = Number(headers['x-hubspot-ratelimit-daily-remaining'])
  if (allowed > 0 && left >= 0 && left <= allowed) wire.quota({ used: allowed - left, allowed })
}
