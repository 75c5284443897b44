import { record } from '#activity/record.ts'
import { type Db, inTransaction, many, sql } from '#platform/db/db.ts'
import { invalid } from '#platform/errors.ts'
import { normalizeAddress } from './address.ts'
import { upsertContacts } from './contacts.ts'
import { resolve } from './identity.ts'
import { changeMembers, getList } from './lists.ts'

export const mostPasted = 5_000

/** Words that look like addresses, each in its one spelling, and those that only nearly are. */
export function readPasted(text: string): { addresses: string[]; broken: string[] } {
  const words = text
    .split(/[\s,;<>"'()[\]]+/)
    .map(word => word.replace(/^mailto:/i, '').replace(/[.:]+$/, ''))
    .filter(word => word.includes('@'))
  const read = words.map(word => [word, normalizeAddress(word)] as const)
  return {
    addresses: [...new Set(read.flatMap(([, address]) => address ?? []))],
    broken: [...new Set(read.filter(([, address]) => address === null).map(([word]) => word.slice(0, 320)))],
  }
}

export type Pasted = { added: number; already: number; created: number; unknown: string[]; broken: string[] }

/**
 * Puts everybody on a list whose address stands in a text. Who is not known is told, or with `create` becomes a
 * contact: without consent, for nobody agreed to anything by standing in a text.
 */
export async function pasteMembers(
  db: Db,
  ask: { listId: string; text: string; create: boolean; by: string; now: Date },
): Promise<Pasted> {
  const { addresses, broken } = readPasted(ask.text)
  if (addresses.length > mostPasted)
    throw invalid('These are too many for one paste. Use an import.', [
      { path: 'text', message: `holds ${addresses.length} addresses, at most ${mostPasted}` },
    ])
  await getList(db, ask.listId)
  return inTransaction(db, async trx => {
    const rows = await many<{ address: string; id: string }>(
      trx,
      sql`
      select i.value as address, c.id from audience.identity i join audience.contact c on c.id = i.contact_id
      where i.kind = 'email' and i.value = any(${addresses}::text[])`,
    )
    const known = new Map(rows.map(row => [row.address, row.id]))
    const unknown = addresses.filter(address => !known.has(address))
    const created = ask.create ? await createAll(trx, unknown, ask) : []
    const ids = [...new Set([...known.values(), ...created])]
    const events = await changeMembers(
      trx,
      ids.map(contactId => ({ contactId, listId: ask.listId, in: true })),
      ask.now,
    )
    await record(trx, events)
    return {
      added: events.length,
      already: ids.length - events.length,
      created: created.length,
      unknown: ask.create ? [] : unknown,
      broken,
    }
  })
}

async function createAll(
  trx: Db,
  addresses: string[],
  { now, by }: { now: Date; by: string },
): Promise<string[]> {
  const resolved = await resolve(
    trx,
    addresses.map(email => ({ email, trust: 'server' as const })),
    { now },
  )
  const patches = addresses.flatMap((email, i) => {
    const contactId = resolved[i]?.contactId
    return contactId ? [{ contactId, email, traits: {} }] : []
  })
  await record(trx, await upsertContacts(trx, patches, { now, source: `pasted by ${by}` }))
  return patches.map(patch => patch.contactId)
}
