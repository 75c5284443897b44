import { createHmac } from 'node:crypto'
import { type Db, many, run, sql } from '#platform/db/db.ts'
import type { Secrets } from '#platform/secrets.ts'
import { mailboxOf, normalizeAddress } from './address.ts'

export const suppressionReasons = ['unsubscribed', 'hard_bounce', 'complaint', 'erased', 'manual'] as const
export type SuppressionReason = (typeof suppressionReasons)[number]

/** What the person can take back. */
const liftable: SuppressionReason[] = ['unsubscribed', 'erased']

/** The keyed hash under which an address is suppressed: the same for all spellings of one mailbox. */
export function addressHash(secrets: Secrets, address: string): Buffer | null {
  const normal = normalizeAddress(address)
  return normal === null
    ? null
    : createHmac('sha256', secrets.keyFor('suppression')).update(mailboxOf(normal)).digest()
}

/** Never write to these addresses again. The first reason stays, unless a new one is harder to lift; it outlives the contact. */
export async function suppress(
  trx: Db,
  secrets: Secrets,
  entries: { address: string; reason: SuppressionReason; source: string; at: Date }[],
): Promise<void> {
  const rows = entries.flatMap(entry => {
    const hash = addressHash(secrets, entry.address)
    return hash ? [{ ...entry, hash }] : []
  })
  await suppressHashes(trx, rows)
}

/** The same where only the hash of the address is left: its contact was deleted. */
export async function suppressHashes(
  trx: Db,
  rows: { hash: Buffer; reason: SuppressionReason; source: string; at: Date }[],
): Promise<void> {
  if (rows.length === 0) return
  await run(
    trx,
    sql`
    insert into audience.suppression as known (address_hash, reason, source, at)
    select distinct on (address_hash) address_hash, reason, source, at
    from unnest(${rows.map(row => row.hash)}::bytea[], ${rows.map(row => row.reason)}::text[],
      ${rows.map(row => row.source)}::text[], ${rows.map(row => row.at.toISOString())}::timestamptz[])
      as fresh (address_hash, reason, source, at)
    order by address_hash, reason = any(${liftable}::text[]), at
    on conflict (address_hash) do update set reason = excluded.reason, source = excluded.source, at = excluded.at
    where known.reason = any(${liftable}::text[]) and excluded.reason <> all(${liftable}::text[])`,
  )
}

/** Which of these addresses are suppressed, and why. One statement for any number. */
export async function suppressedAmong(
  db: Db,
  secrets: Secrets,
  addresses: string[],
): Promise<Map<string, SuppressionReason>> {
  const byHash = new Map<string, string[]>()
  for (const address of new Set(addresses)) {
    const hash = addressHash(secrets, address)?.toString('hex')
    if (hash) byHash.set(hash, [...(byHash.get(hash) ?? []), address])
  }
  const rows = await many<{ hash: string; reason: SuppressionReason }>(
    db,
    sql`
    select encode(address_hash, 'hex') as hash, reason from audience.suppression
    where address_hash = any(${[...byHash.keys()].map(hash => Buffer.from(hash, 'hex'))}::bytea[])`,
  )
  return new Map(
    rows.flatMap(row => (byHash.get(row.hash) ?? []).map(address => [address, row.reason] as const)),
  )
}

/**
 * A new opt-in of the person, with proof, lifts what an earlier opt-out or deletion left behind. A mailbox that
 * bounced, complained or was named by hand stays on the list.
 */
export async function liftOptOut(trx: Db, secrets: Secrets, address: string): Promise<void> {
  const hash = addressHash(secrets, address)
  await run(
    trx,
    sql`delete from audience.suppression where address_hash = ${hash} and reason = any(${liftable}::text[])`,
  )
}
