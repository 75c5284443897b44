import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { audit } from '#access/audit.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  changeDomain,
  type DomainRow,
  deleteDomain,
  insertDomain,
  pagesOn,
  selectDomain,
} from './pages/domains.sql.ts'
import { selectPageNames, tellStreets } from './pages/pages.sql.ts'

/** How the proof of a domain can be found; tests bring their own. */
export type Look = { txt(name: string): Promise<string[][]> }

const resolver: Look = {
  txt: name => new Resolver({ timeout: 5_000, tries: 2 }).resolveTxt(name),
}

/** 404 if there is none. */
export async function getDomain(db: Db, id: string): Promise<DomainRow> {
  const row = await selectDomain(db, id)
  if (!row) throw notFound('domain')
  return row
}

/** Adds a domain; pages are served on it once it has shown to be ours. */
export async function addDomain(
  { db, clock, config }: Services,
  actor: Actor,
  given: { host: string; tls: 'acme' | 'proxy' },
): Promise<DomainRow> {
  const host = given.host.toLowerCase()
  const own = [config.officeUrl, config.streetUrl].map(url => new URL(url).hostname)
  if (own.includes(host))
    throw invalid('This is a name of this installation.', [{ path: 'host', message: 'is ours already' }])
  requireAuthority(config, given.tls)
  const id = newId()
  const proof = `tend-domain-${randomBytes(20).toString('hex')}`
  return inTransaction(db, async trx => {
    const row = { ...given, id, host, proof, createdBy: actor.name, createdAt: clock.now() }
    if (!(await insertDomain(trx, row))) throw conflict('name_taken', 'This domain was added already.')
    await audit(trx, actor, 'domains.add', { kind: 'domain', id }, { host })
    return getDomain(trx, id)
  })
}

function requireAuthority(config: Services['config'], tls: 'acme' | 'proxy'): void {
  if (tls === 'acme' && (config.acmeDirectory === null || config.streetTlsPort === null))
    throw invalid('This installation gets no certificates by itself.', [
      { path: 'tls', message: 'needs TEND_ACME_DIRECTORY and TEND_STREET_TLS_PORT; else choose proxy' },
    ])
}

/** Where the proof is looked for. */
export const proofPlaces = (host: string) => ({
  record: `_tend.${host}`,
  file: `http://${host}/.well-known/tend-domain`,
})

/**
 * Looks whether the domain shows its proof: a TXT record, or a file that the domain gives, which ours does by itself
 * as soon as the domain points here. Verified once, it stays so: a resolver that fails later takes no page off.
 */
export async function verifyDomain(
  services: Services,
  actor: Actor,
  id: string,
  look: Look = resolver,
): Promise<DomainRow> {
  const { db, clock } = services
  const before = await getDomain(db, id)
  const { host, proof } = before
  const found = (await inRecord(host, proof, look)) || (await inFile(services, host, proof))
  const now = clock.now()
  return inTransaction(db, async trx => {
    if (found) {
      const due = before.tls === 'acme' && before.certificateUntil === null ? now : before.dueAt
      await changeDomain(trx, id, {
        status: 'verified',
        verifiedAt: before.verifiedAt ?? now,
        checkedAt: now,
        words: null,
        dueAt: due,
      })
      await tellStreets(trx)
    } else if (before.status !== 'verified') {
      const words = `The proof stands neither in a TXT record of ${proofPlaces(host).record} nor at ${proofPlaces(host).file}.`
      await changeDomain(trx, id, { status: 'failed', checkedAt: now, words })
    }
    await audit(trx, actor, 'domains.verify', { kind: 'domain', id }, { host, found })
    return getDomain(trx, id)
  })
}

async function inRecord(host: string, proof: string, look: Look): Promise<boolean> {
  try {
    return (await look.txt(proofPlaces(host).record)).some(parts => parts.join('') === proof)
  } catch {
    return false
  }
}

async function inFile({ egress }: Services, host: string, proof: string): Promise<boolean> {
  try {
    const answer = await egress.fetch(proofPlaces(host).file, {
      method: 'GET',
      timeoutMs: 5_000,
      maxBytes: 1_000,
    })
    return answer.status === 200 && answer.body.toString('utf8').trim() === proof
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

export type DomainChange = {
  tls?: 'acme' | 'proxy' | undefined
  hsts?: boolean | undefined
  homePageId?: string | null | undefined
}

/** Changes how a domain is served. */
export async function saveDomain(
  { db, clock, config }: Services,
  actor: Actor,
  id: string,
  change: DomainChange,
): Promise<DomainRow> {
  return inTransaction(db, async trx => {
    const before = await getDomain(trx, id)
    if (change.tls) requireAuthority(config, change.tls)
    if (change.homePageId && (await selectPageNames(trx, [change.homePageId])).length === 0)
      throw invalid('This page does not exist.', [{ path: 'homePageId', message: 'does not exist' }])
    const begins = change.tls === 'acme' && before.tls !== 'acme' && before.status === 'verified'
    const dueAt = begins ? clock.now() : change.tls === 'proxy' ? null : undefined
    await changeDomain(trx, id, { ...change, ...(dueAt === undefined ? {} : { dueAt }) } as DomainChange)
    await tellStreets(trx)
    await audit(trx, actor, 'domains.edit', { kind: 'domain', id }, { ...change })
    return getDomain(trx, id)
  })
}

/** Removes a domain. Refused while pages stand on it. */
export async function removeDomain(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const { host } = await getDomain(trx, id)
    const n = await pagesOn(trx, id)
    if (n > 0)
      throw conflict('in_use', `${n} pages stand on ${host}. Move or archive them first.`, { pages: n })
    await deleteDomain(trx, id)
    await tellStreets(trx)
    await audit(trx, actor, 'domains.remove', { kind: 'domain', id }, { host })
  })
}
