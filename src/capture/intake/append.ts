import { record } from '#activity/record.ts'
import type { Db } from '#platform/db/db.ts'
import { run } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { insertRejects, type RejectRow } from '../intake.sql.ts'
import { eventOf } from './events.ts'
import type { Batch, Item } from './item.ts'
import { learn } from './learn.ts'

/** A stranger's batch of nonsense must not fill the disk: of one transaction's rejects this many are kept. */
const maxRejects = 500

/** Step 10: what the calls change about contacts, then everything that happened, then what was not taken. */
export async function append(trx: Db, batch: Batch): Promise<Batch> {
  const events = await learn(trx, batch)
  for (const item of batch.recognised) {
    const event = eventOf(item)
    if (event) events.push(event)
  }
  await record(trx, events)
  const rejected = batch.items.filter(isReject).slice(0, maxRejects)
  if (rejected.length > 0) await run(trx, insertRejects(rejected.map(rowOf)))
  return batch
}

type RejectItem = Extract<Item, { call: null }>

function isReject(item: Item): item is RejectItem {
  return item.call === null
}

export function rowOf({ source, receivedAt, reject }: RejectItem): RejectRow {
  return { id: newId(), sourceId: source.id, receivedAt, ...reject }
}
