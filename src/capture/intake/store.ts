import type { IdentityMemory } from '#audience/identity-memory.ts'
import { inTransaction, run } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { insertRejects } from '../intake.sql.ts'
import { rowOf } from './append.ts'
import { maxEventBytes, rejectOf } from './call.ts'
import { faultOf, unwritten } from './faults.ts'
import { type Poison, writeIsolating } from './isolate.ts'
import type { Item } from './item.ts'
import { store } from './pipeline.ts'

/** What the writes of one street share. */
export type Store = { services: Services; memory: IdentityMemory }

/**
 * Writes items of many requests in one transaction. An item that cannot be stored is put among the rejects, with
 * its whole text, and its neighbours are written; where the database is away everybody is asked to send again.
 */
export async function storeItems({ services, memory }: Store, items: Item[]): Promise<void> {
  try {
    const poison = await writeIsolating(items, part => commit({ services, memory }, part))
    if (poison.length > 0) await keepPoison(services, poison)
  } catch (error) {
    if (faultOf(error) !== 'away')
      services.log.error({ err: error, items: items.length }, 'a batch cannot be stored')
    throw unwritten(error)
  }
}

function commit({ services, memory }: Store, items: Item[]): Promise<void> {
  const now = services.clock.now()
  return inTransaction(services.db, trx => store(trx, { services, memory, now, items, recognised: [] }))
}

async function keepPoison(services: Services, poison: Poison<Item>[]): Promise<void> {
  const rows = poison.map(({ item, error }) => {
    services.log.error(
      { err: error, sourceId: item.source.id, messageId: item.call?.messageId },
      'an event cannot be stored',
    )
    const detail = error instanceof Error ? error.message.slice(0, 500) : 'It cannot be stored.'
    const reject = rejectOf(item.call ?? item.reject, 'not_storable', detail, maxEventBytes)
    return rowOf({ source: item.source, receivedAt: item.receivedAt, call: null, reject })
  })
  await run(services.db, insertRejects(rows))
}
