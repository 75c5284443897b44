import { createHash, randomBytes } from 'node:crypto'
import { type Db, many, maybeOne, run } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import { newId } from '#platform/ids.ts'
import * as statements from './sources.sql.ts'

export const sourceTypes = ['server', 'browser'] as const
/** `server`: the key is a secret and its calls are believed. `browser`: the key is public and may loosen nothing. */
export type SourceType = (typeof sourceTypes)[number]

export type Source = {
  id: string
  name: string
  type: SourceType
  /** The first characters of the key, to recognise it by. */
  keyPrefix: string
  /** The whole key of a browser source; a server's is shown once, when it is made. */
  publicKey: string | null
  allowedHosts: string[]
  enabled: boolean
  /** Browser sources: nothing is recorded of a visitor before he has agreed on that site. */
  needsConsent: boolean
  createdBy: string
  createdAt: Date
  updatedAt: Date
  version: number
}

/** A source with what came from it in the last seven days of business time. */
export type SourceWithTraffic = Source & {
  accepted: number
  rejected: number
  bots: number
  optedOut: number
  lastAt: Date | null
}

export type NewSource = {
  name: string
  type: SourceType
  allowedHosts?: string[]
  needsConsent?: boolean
  createdBy?: string
  now: Date
}

/** The SHA-256 of a write key: 160 random bits need no salt and no slow hash, and can be looked up. */
export function hashKey(writeKey: string): Buffer {
  return createHash('sha256').update(writeKey).digest()
}

/** Makes a source and its write key. The key of a server source is returned here and never again. */
export async function createSource(db: Db, given: NewSource): Promise<{ source: Source; writeKey: string }> {
  const writeKey = `${given.type === 'server' ? 'tws' : 'twb'}_${randomBytes(20).toString('base64url')}`
  const source: Source = {
    id: newId(),
    name: checkName(given.name),
    type: given.type,
    keyPrefix: writeKey.slice(0, 10),
    publicKey: given.type === 'browser' ? writeKey : null,
    allowedHosts: checkHosts(given.type, given.allowedHosts ?? []),
    enabled: true,
    needsConsent: given.type === 'browser' && (given.needsConsent ?? false),
    createdBy: given.createdBy ?? 'the command line',
    createdAt: given.now,
    updatedAt: given.now,
    version: 1,
  }
  await run(db, statements.insertSource(source, hashKey(writeKey)))
  return { source, writeKey }
}

/** All sources by name, for the screen. Sources are few: there is no paging. */
export function listSources(db: Db, now: Date): Promise<SourceWithTraffic[]> {
  return many(db, statements.selectSourcesWithTraffic(now))
}

/** One source; 404 when there is none. */
export async function getSource(db: Db, id: string): Promise<Source> {
  const source = await maybeOne(db, statements.selectSource(id))
  if (!source) throw notFound('source')
  return source
}

export type SourceChange = {
  name?: string
  allowedHosts?: string[]
  enabled?: boolean
  needsConsent?: boolean
}

/** Changes what is given. `version` must be the one the change was made on. Running streets follow within a second. */
export async function updateSource(
  db: Db,
  id: string,
  given: { change: SourceChange; version: number; now: Date },
): Promise<Source> {
  const source = await getSource(db, id)
  const { name, allowedHosts, enabled, needsConsent } = given.change
  if (needsConsent && source.type === 'server')
    throw invalid('Only browser sources have visitors.', [
      { path: 'needsConsent', message: 'is for browser sources' },
    ])
  const changed: Source = {
    ...source,
    name: name === undefined ? source.name : checkName(name),
    allowedHosts: allowedHosts === undefined ? source.allowedHosts : checkHosts(source.type, allowedHosts),
    enabled: enabled ?? source.enabled,
    needsConsent: needsConsent ?? source.needsConsent,
    updatedAt: given.now,
    version: given.version + 1,
  }
  if ((await run(db, statements.updateSource(changed, given.version))) === 1) return changed
  throw conflict('stale', 'Somebody else has changed this source in the meantime.', {
    version: source.version,
    updatedAt: source.updatedAt,
  })
}

/** Removes a source with its rejects; its key stops working within a second. Events it sent stay. */
export async function deleteSource(db: Db, id: string): Promise<void> {
  if ((await run(db, statements.deleteSource(id))) === 0) throw notFound('source')
}

/** Names of sources, for timelines: events keep the id of a source that may be gone. */
export async function sourceNames(db: Db, ids: string[]): Promise<Map<string, string>> {
  const rows = await many(db, statements.selectSourceNames(ids))
  return new Map(rows.map(row => [row.id, row.name]))
}

function checkName(name: string): string {
  const trimmed = name.trim()
  if (trimmed.length < 1 || trimmed.length > 120)
    throw invalid('A source needs a name.', [{ path: 'name', message: 'must have 1 to 120 characters' }])
  return trimmed
}

/** A host as a page's address has it, perhaps with a port, perhaps with `*.` before it for all hosts below. */
const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/

function checkHosts(type: SourceType, hosts: string[]): string[] {
  const clean = hosts.map(host => host.trim().toLowerCase())
  const fields = clean.flatMap((host, i) =>
    hostPattern.test(host) && host.length <= 255
      ? []
      : [{ path: `allowedHosts.${i}`, message: 'must be a host like shop.example or *.shop.example' }],
  )
  if (type === 'server' && clean.length > 0)
    fields.push({ path: 'allowedHosts', message: 'only browser sources have pages' })
  if (clean.length > 100) fields.push({ path: 'allowedHosts', message: 'at most 100' })
  if (fields.length > 0) throw invalid('Some hosts cannot be used.', fields)
  return [...new Set(clean)]
}
