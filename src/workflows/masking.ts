import { may } from '#access/policy.ts'
import type { Actor } from '#platform/http/route.ts'

/** Whoever knows the address of a webhook can write into the channel behind it: the address is its key. */
const secretSettings = new Set(['webhookUrl'])

const hostOnly = (address: string): string =>
  URL.canParse(address) ? `${new URL(address).origin}/...` : '...'

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      secretSettings.has(key) && typeof part === 'string' ? hostOnly(part) : mask(part),
    ]),
  )
}

/** A definition as this person may see it: who cannot change it is shown of a webhook only where it leads. */
export function visibleTo(actor: Actor, definition: Record<string, unknown>): Record<string, unknown> {
  if (may(actor, 'workflows.edit')) return definition
  return Object.fromEntries(Object.entries(definition).map(([key, part]) => [key, mask(part)]))
}
