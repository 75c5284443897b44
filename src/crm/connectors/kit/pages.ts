import type { ChangePage, Cursor, RemoteRecord } from '../../connector.ts'
import { byStampAndId } from './values.ts'

export type StampReader = {
  after: Cursor | null
  limit: number
  /** Records of exactly this stamp with an id after `id`, by id; at most `limit`. */
  within(stamp: Date, id: string, limit: number): Promise<RemoteRecord[]>
  /** Records after this stamp (all where null), by stamp; at most `limit`. Ties may come in any order. */
  later(stamp: Date | null, limit: number): Promise<RemoteRecord[]>
}

/**
 * A page of changes in the order (modified, id) from a CRM that sorts by one field only, or whose stamps are coarser
 * than its own clock. A stamp that the page's end may have cut through is read again by id, so that equal stamps,
 * however many, are neither lost nor read for ever.
 */
export async function pageByStamp({ after, limit, within, later }: StampReader): Promise<ChangePage> {
  const rest = after?.id ? await within(new Date(after.at), after.id, limit) : []
  if (rest.length >= limit) return pageOf(rest.slice(0, limit), true, after)
  const room = limit - rest.length
  const fresh = await later(after ? new Date(after.at) : null, room)
  if (fresh.length < room) return pageOf([...rest, ...fresh], false, after)
  const last = fresh.at(-1)?.modified.getTime()
  const whole = fresh.filter(record => record.modified.getTime() !== last)
  if (whole.length > 0 || rest.length > 0) return pageOf([...rest, ...whole], true, after)
  const tied = await within(new Date(last ?? 0), '', limit)
  return pageOf(tied.slice(0, limit), true, after)
}

/** A page that ends where its last record stands. */
export function pageOf(records: RemoteRecord[], more: boolean, after: Cursor | null): ChangePage {
  const sorted = records.sort(byStampAndId)
  const last = sorted.at(-1)
  return { records: sorted, more, next: last ? { at: last.modified.toISOString(), id: last.id } : after }
}

/** Lists in pieces of at most `size`. */
export function pieces<T>(all: readonly T[], size: number): T[][] {
  const out: T[][] = []
  for (let start = 0; start < all.length; start += size) out.push(all.slice(start, start + size))
  return out
}
