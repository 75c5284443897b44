import { faultOf } from './faults.ts'

export type Poison<Item> = { item: Item; error: unknown }
type Write<Item> = (items: Item[]) => Promise<void>

/** More items than this that all fail, with none between that can be written, are not a coincidence. */
const suspiciousCount = 8

/**
 * Writes a batch so that a poisonous item cannot fail its neighbours: a batch that fails because of its data is
 * halved until the item stands alone, and that one is handed back. Throws what the database threw where
 * repeating is the sender's part, and where nothing at all could be written: then the fault is ours.
 */
export async function writeIsolating<Item>(items: Item[], write: Write<Item>): Promise<Poison<Item>[]> {
  const poison = await writeHalving(items, write)
  const [first] = poison
  if (first && poison.length === items.length && items.length > suspiciousCount) throw first.error
  return poison
}

async function writeHalving<Item>(items: Item[], write: Write<Item>): Promise<Poison<Item>[]> {
  try {
    await write(items)
    return []
  } catch (error) {
    if (faultOf(error) !== 'data') throw error
    if (items.length === 1) return items.map(item => ({ item, error }))
    const middle = items.length >> 1
    const first = await writeHalving(items.slice(0, middle), write)
    const second = await writeHalving(items.slice(middle), write)
    return [...first, ...second]
  }
}
