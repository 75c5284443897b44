import { z } from 'zod'
import { invalid } from '../errors.ts'

/** Lists are paged by key: `cursor` is the `next` of the page before. */
export const pageQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() })

/** Cuts `limit + 1` rows to a page; the row too many only tells that there is a next page. */
export function page<T>(
  rows: T[],
  limit: number,
  keyOf: (row: T) => unknown,
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? writeCursor(keyOf(last)) : null }
}

/** A place in a list as it stands in an address. */
export function writeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** What the cursor holds, or null on the first page. Anything that we did not make is refused with 422. */
export function readCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): T | null {
  if (cursor === undefined) return null
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw invalid('This page address is not valid. Start again from the first page.', [
      { path: 'cursor', message: 'is no cursor of this list' },
    ])
  }
}

/** A moment as PostgreSQL spells it, in a cursor: `2026-11-23 07:00:00.123456+00`. What it could not read is no cursor. */
export const timeKey = z.string().refine(text => {
  const read =
    /^(\d{4})-(\d\d)-(\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/.exec(
      text,
    )
  if (!read) return false
  const day = new Date(Date.UTC(Number(read[1]), Number(read[2]) - 1, Number(read[3])))
  return Number(read[1]) > 0 && day.toISOString().startsWith(`${read[1]}-${read[2]}-${read[3]}`)
})
