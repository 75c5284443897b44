import { AppError } from '#platform/errors.ts'
import type { Services } from '#platform/services.ts'
import type { Claimed } from './claim.ts'
import type { Outcome } from './reply.ts'

/** The body of a webhook: as it was written, or Slack's incoming form, which others understand too. */
export function webhookBody({ payload }: Claimed): string {
  return JSON.stringify(payload?.body ?? { text: payload?.text ?? '' })
}

/** In the sandbox only addresses that the operator has named are really called. */
export function reachesOut({ config }: Services, url: string): boolean {
  if (config.mode === 'live') return true
  if (!URL.canParse(url)) return false
  const { hostname, port, protocol } = new URL(url)
  return config.egressAllow.includes(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`)
}

/** Posts the JSON, through the egress guard. `webhook-id` is the same when it is repeated. */
export async function callWebhook(
  services: Services,
  message: Claimed,
  onBody: () => void,
): Promise<Outcome> {
  onBody()
  try {
    const { status } = await services.egress.fetch(message.recipient ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': message.id },
      body: webhookBody(message),
      timeoutMs: 15_000,
      maxBytes: 64 * 1024,
    })
    return status === 429 || status >= 500 || status === 408
      ? busy(status)
      : { is: 'reply', code: status < 300 ? 250 : 550, text: `HTTP ${status}` }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    if (error instanceof AppError && error.code === 'egress_refused')
      return { is: 'unfit', text, again: false }
    return { is: 'reply', code: 451, text }
  }
}

function busy(status: number): Outcome {
  return { is: 'reply', code: 451, text: `HTTP ${status}` }
}
