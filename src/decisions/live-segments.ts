import type { Event } from '#engine/reactor.ts'
import type { Db } from '#platform/db/db.ts'
import type { Wake } from './condition.ts'
import { bindFilter, type Filter, usesOf, wakesOf } from './filter.ts'
import { type LiveSegment, markBroken, selectFilters, selectLive } from './membership.sql.ts'

/** A live segment ready to be asked: what wakes it, and how many others stand below it. */
export type ReadySegment = LiveSegment & { wakes: Wake[]; restsOn: string[]; level: number }

/** Published versions never change, so each is read once. Least recently used ones go. */
const filters = new Map<string, Filter>()
const maxKept = 2000

async function filtersOf(db: Db, rows: { id: string; version: number }[]): Promise<Map<string, Filter>> {
  const keyOf = (row: { id: string; version: number }) => `${row.id}:${row.version}`
  const missing = rows.filter(row => !filters.has(keyOf(row)))
  if (missing.length > 0)
    for (const row of await selectFilters(db, missing)) filters.set(keyOf(row), row.filter)
  const found = new Map(
    rows.flatMap(row => {
      const filter = filters.get(keyOf(row))
      return filter ? [[row.id, filter] as const] : []
    }),
  )
  while (filters.size > maxKept) filters.delete(filters.keys().next().value ?? '')
  return found
}

/** All live segments, those that rest upon others after them. One that cannot be read is marked and left out. */
export async function readSegments(db: Db): Promise<ReadySegment[]> {
  const rows = await selectLive(db)
  if (rows.length === 0) return []
  const found = await filtersOf(db, rows)
  const ready: ReadySegment[] = []
  for (const row of rows) {
    const filter = found.get(row.id)
    try {
      if (!filter) throw new Error('the published filter is gone')
      const bound = bindFilter(filter)
      const restsOn = usesOf(filter)
        .filter(thing => thing.kind === 'segment')
        .map(thing => thing.id)
      ready.push({ ...row, bound, wakes: wakesOf(filter), restsOn, level: 0 })
    } catch (error) {
      await markBroken(
        db,
        row.id,
        `This version does not understand the filter: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  return withLevels(ready)
}

/** A segment stands one level above the highest it rests upon. Circles, which publishing rules out, end at the bound. */
function withLevels(segments: ReadySegment[]): ReadySegment[] {
  const byId = new Map(segments.map(segment => [segment.id, segment]))
  const levelOf = (segment: ReadySegment, depth: number): number => {
    const below = segment.restsOn.flatMap(id => byId.get(id) ?? [])
    return depth > segments.length
      ? 0
      : below.reduce((level, each) => Math.max(level, levelOf(each, depth + 1) + 1), 0)
  }
  return segments
    .map(segment => ({ ...segment, level: levelOf(segment, 0) }))
    .sort((a, b) => a.level - b.level)
}

/** What an event is about, in the words of `Wake.about`: an event's name, changed fields, a list, a purpose. */
function aboutOf(event: Event): Set<string> {
  const { data, name, type } = event
  if (type === 'contact.updated')
    return new Set(typeof data.changes === 'object' && data.changes !== null ? Object.keys(data.changes) : [])
  const about = [name, data.listId, data.purpose, data.modelId, data.segmentId]
  return new Set(about.filter(word => typeof word === 'string'))
}

/** Whether an event can change the answer of a segment. */
export function wakes(segment: { wakes: Wake[] }, event: Event): boolean {
  const fitting = segment.wakes.filter(wake => wake.type === event.type)
  if (fitting.length === 0) return false
  const about = aboutOf(event)
  return fitting.some(wake => wake.about === undefined || about.has(wake.about))
}
