import { audit } from '#access/audit.ts'
import { getUser } from '#access/users.ts'
import { type Filter, filterSchema } from '#decisions/filter.ts'
import { inTransaction } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  deleteEndpoint,
  type Endpoint,
  insertEndpoint,
  type SealedEndpoint,
  selectEndpoint,
  updateEndpoint,
} from './endpoints.sql.ts'
import { newSecret } from './signature.ts'

export const endpointFilter = filterSchema
/** How long the old secret signs beside the new one. */
const rotationMs = 24 * 3_600_000

export type EndpointDraft = {
  name: string
  url: string
  types: string[]
  filter: Filter | null
  ownerId: string
}

/** The endpoint with its sealed secrets, or 404. */
export async function requireEndpoint(db: Services['db'], id: string): Promise<SealedEndpoint> {
  const found = await selectEndpoint(db, id)
  if (!found) throw notFound('webhook')
  return found
}

/** What leaves the house of an endpoint: everything but the secrets. */
export function shownEndpoint({ secret: _secret, oldSecret: _old, ...shown }: SealedEndpoint): Endpoint {
  return shown
}

/** Refused at once, and not only at the first call: what is no public address, and plain http in live mode. */
function requireUrl({ egress, config }: Services, url: string): void {
  const problem = egress.refusal(url)
  if (problem) throw invalid(problem, [{ path: 'url', message: problem }])
  const { protocol, host } = new URL(url)
  if (config.mode === 'live' && protocol !== 'https:' && !config.egressAllow.includes(host))
    throw invalid('Webhooks carry personal data: the address must begin with https.', [
      { path: 'url', message: 'must begin with https' },
    ])
}

async function requireOwner({ db }: Services, ownerId: string): Promise<void> {
  if (!(await getUser(db, ownerId)))
    throw invalid('The owner is not known.', [{ path: 'ownerId', message: 'is no user' }])
}

/** Makes an endpoint; its secret is answered this once. */
export async function createEndpoint(
  services: Services,
  actor: Actor,
  draft: EndpointDraft,
): Promise<{ endpoint: Endpoint; secret: string }> {
  requireUrl(services, draft.url)
  await requireOwner(services, draft.ownerId)
  const id = newId()
  const secret = newSecret()
  const endpoint = await inTransaction(services.db, async trx => {
    const row = { ...draft, id, secret: services.secrets.encrypt(secret), updatedBy: actor.name }
    await insertEndpoint(trx, row, services.clock.now())
    await audit(
      trx,
      actor,
      'webhooks.create',
      { kind: 'webhook', id },
      { name: draft.name, types: draft.types },
    )
    return shownEndpoint(await requireEndpoint(trx, id))
  })
  return { endpoint, secret }
}

export type EndpointChange = Partial<EndpointDraft> & { version: number; state?: 'on' | 'off' }

/**
 * Changes an endpoint. Another host gets a new secret, which is answered this once: whoever runs the old one must
 * not be able to sign for the new one. Switching it on again forgets its failures.
 */
export async function changeEndpoint(
  services: Services,
  actor: Actor,
  { id, change }: { id: string; change: EndpointChange },
): Promise<{ endpoint: Endpoint; secret: string | null }> {
  if (change.url !== undefined) requireUrl(services, change.url)
  if (change.ownerId !== undefined) await requireOwner(services, change.ownerId)
  return inTransaction(services.db, async trx => {
    const old = await requireEndpoint(trx, id)
    const isMoved = change.url !== undefined && new URL(change.url).host !== new URL(old.url).host
    const secret = isMoved ? newSecret() : null
    const fresh = change.state === 'on' ? { stateWords: null, failingSince: null, failures: 0 } : {}
    const { state, version, ...rest } = change
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    const next: SealedEndpoint = {
      ...old,
      ...given,
      ...fresh,
      ...(state ? { state } : {}),
      ...(secret ? { secret: services.secrets.encrypt(secret), oldSecret: null, oldSecretUntil: null } : {}),
      version,
      updatedBy: actor.name,
    }
    if (!(await updateEndpoint(trx, next, services.clock.now())))
      throw conflict('stale', `${old.updatedBy} has changed this webhook meanwhile. Load it again.`)
    const detail = {
      ...Object.fromEntries(Object.keys(given).map(name => [name, true])),
      state,
      newHost: isMoved,
    }
    await audit(trx, actor, 'webhooks.edit', { kind: 'webhook', id }, detail)
    return { endpoint: shownEndpoint(await requireEndpoint(trx, id)), secret }
  })
}

/** A new secret; the old one signs beside it for a day. */
export async function rotateSecret(
  services: Services,
  actor: Actor,
  id: string,
): Promise<{ endpoint: Endpoint; secret: string }> {
  const secret = newSecret()
  const now = services.clock.now()
  return inTransaction(services.db, async trx => {
    const old = await requireEndpoint(trx, id)
    const next = {
      ...old,
      secret: services.secrets.encrypt(secret),
      oldSecret: old.secret,
      oldSecretUntil: new Date(now.getTime() + rotationMs),
      updatedBy: actor.name,
    }
    if (!(await updateEndpoint(trx, next, now)))
      throw conflict('stale', 'Somebody has just changed this webhook.')
    await audit(trx, actor, 'webhooks.rotate', { kind: 'webhook', id })
    return { endpoint: shownEndpoint(await requireEndpoint(trx, id)), secret }
  })
}

export async function removeEndpoint(services: Services, actor: Actor, id: string): Promise<void> {
  await inTransaction(services.db, async trx => {
    if (!(await deleteEndpoint(trx, id))) throw notFound('webhook')
    await audit(trx, actor, 'webhooks.delete', { kind: 'webhook', id })
  })
}
