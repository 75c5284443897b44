import { randomBytes } from 'node:crypto'
import { Resolver } from 'node:dns/promises'
import { audit } from '#access/audit.ts'
import { setReferences } from '#access/references.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import type { Services } from '#platform/services.ts'
import {
  changeDomain,
  countUses,
  type DomainRow,
  type DomainUse,
  deleteDomain,
  dropPrimary,
  insertDomain,
  selectDomain,
} from './pages/domains.sql.ts'
import { selectPageNames, tellStreets } from './pages/pages.sql.ts'

/** How the proof of a domain can be found; tests bring their own. */
export type Look = { txt(name: string): Promise<string[][]>; cname(name: string): Promise<string[]> }

const resolver: Look = {
  txt: name => new Resolver({ timeout: 5_000, tries: 2 }).resolveTxt(name),
  cname: name => new Resolver({ timeout: 5_000, tries: 2 }).resolveCname(name),
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
 * Looks whether the domain shows that it is ours: its proof in a TXT record, a CNAME to the name of our street, or the
 * proof in a file, which ours gives by itself as soon as the domain points here. Verified once, it stays so: a resolver that fails later takes no page off.
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
  const street = new URL(services.config.streetUrl).hostname
  const found =
    (await inRecord(host, proof, look)) ||
    (await leadsHere(host, street, look)) ||
    (await inFile(services, host, proof))
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
      const words = `The proof stands neither in a TXT record of ${proofPlaces(host).record} nor at ${proofPlaces(host).file}, and ${host} is no CNAME of ${street}.`
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

/** Only who holds the domain can make it another name of ours. A bare host name is a name of many networks: no proof. */
async function leadsHere(host: string, street: string, look: Look): Promise<boolean> {
  if (!street.includes('.')) return false
  try {
    return (await look.cname(host)).some(name => name.toLowerCase().replace(/\.$/, '') === street)
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
  isPrimary?: boolean | undefined
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
    if (change.isPrimary) {
      if (before.status !== 'verified')
        throw conflict('wrong_status', 'Only a domain that is shown to be yours can be the primary one.')
      await dropPrimary(trx)
    }
    if (change.homePageId !== undefined) await nameHome(trx, before, change.homePageId)
    const begins = change.tls === 'acme' && before.tls !== 'acme' && before.status === 'verified'
    const dueAt = begins ? clock.now() : change.tls === 'proxy' ? null : undefined
    await changeDomain(trx, id, { ...change, ...(dueAt === undefined ? {} : { dueAt }) } as DomainChange)
    await tellStreets(trx)
    await audit(trx, actor, 'domains.edit', { kind: 'domain', id }, { ...change })
    return getDomain(trx, id)
  })
}

/** The page at "/" is in use: nobody archives it unaware. */
const nameHome = (trx: Db, { id, host }: DomainRow, pageId: string | null) =>
  setReferences(trx, { kind: 'domain', id, name: host }, pageId ? [{ kind: 'page', id: pageId }] : [])

/** What stands on each of these domains; nothing is zero. */
export async function usesOfDomains(
  db: Db,
  ids: string[],
): Promise<Map<string, Omit<DomainUse, 'domainId'>>> {
  const counted = new Map((await countUses(db, ids)).map(({ domainId, ...use }) => [domainId, use]))
  return new Map(ids.map(id => [id, counted.get(id) ?? { pages: 0, drafts: 0, redirects: 0 }]))
}

/** Removes a domain. Refused while published pages stand on it; its drafts move to the street. */
export async function removeDomain(db: Db, actor: Actor, id: string): Promise<void> {
  await inTransaction(db, async trx => {
    const domain = await getDomain(trx, id)
    const { host } = domain
    const use = (await usesOfDomains(trx, [id])).get(id)
    if (use && use.pages > 0) {
      const said = use.pages === 1 ? '1 page stands' : `${use.pages} pages stand`
      throw conflict('in_use', `${said} on ${host}. Publish them elsewhere or archive them first.`, use)
    }
    await nameHome(trx, domain, null)
    await deleteDomain(trx, id)
    await tellStreets(trx)
    await audit(trx, actor, 'domains.remove', { kind: 'domain', id }, { host })
  })
}
