import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Wire } from '../../connector.ts'
import { type Answer, createHttp, type Http, type Said } from '../kit/http.ts'
import { asList, asObject, asText } from '../kit/values.ts'

export const espoSettings = z.object({
  url: z.url().describe('Address of EspoCRM, without /api/v1'),
  sign_in: z.enum(['api_key', 'hmac']).default('api_key').describe('How the API user signs in'),
  api_key: z.string().min(1).describe('API key of the API user'),
  secret_key: z.string().default('').describe('Secret key, for HMAC only'),
})
export type EspoSettings = z.infer<typeof espoSettings>

/** REST of EspoCRM (read with 8.4.2): paths below `/api/v1/`, reasons of a refusal in `X-Status-Reason`. */
export function espoHttp(settings: EspoSettings, wire: Wire): Http {
  const base = `${settings.url.replace(/\/+$/, '')}/api/v1/`
  return createHttp({
    wire,
    base: () => base,
    sign(call): Record<string, string> {
      if (settings.sign_in === 'api_key') return { 'x-api-key': settings.api_key }
      const path = call.path.split('?', 1)[0] ?? ''
      const proof = createHmac('sha256', settings.secret_key).update(`${call.method ?? 'GET'} /${path}`)
      const signed = Buffer.concat([Buffer.from(`${settings.api_key}:`), proof.digest()])
      return { 'x-hmac-authorization': signed.toString('base64') }
    },
    secrets: () => [settings.api_key, settings.secret_key],
    read: readRefusal,
  })
}

/** `field: status, type: valid` inside the sentence of a refused value. */
const fieldPattern = /field: (\w+), type: (\w+)/

function readRefusal(answer: Answer): Said | null {
  if (answer.status < 300) return null
  const reason = answer.headers['x-status-reason'] ?? ''
  if (answer.status === 409 && Array.isArray(answer.json))
    return {
      kind: 'duplicate',
      words: 'EspoCRM already has a record that looks the same.',
      code: 'duplicate',
      existing: asList(answer.json).flatMap(each => {
        const row = asObject(each)
        return row.id ? [{ type: asText(row._entityType), id: asText(row.id) }] : []
      }),
    }
  const found = fieldPattern.exec(reason)
  const [, field = '', rule = ''] = found ?? []
  if (field)
    return {
      kind: 'invalid',
      words: `EspoCRM refused the field ${field}: ${rule}.`,
      code: rule,
      fields: [field],
    }
  if (answer.status === 403 && /max size|forbidden field|limit/i.test(reason))
    return { kind: 'invalid', words: reason }
  return { words: reason }
}
