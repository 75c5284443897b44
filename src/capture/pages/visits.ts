import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Services } from '#platform/services.ts'
import { touchOf } from './touch.ts'
import { deviceOf, isMachine, objects, visitorOf } from './visitor.ts'
import { addConversions, addVisits, type ConversionRow, saltOf, type VisitRow } from './visits.sql.ts'

const flushMs = 2_000
const maxHeld = 50_000

/** Counts visits in memory and writes them every few seconds: nobody waits for a counter. */
export type Visits = {
  viewed(page: { id: string; variant: string }, request: FastifyRequest): void
  /** How far and how long, as the browser told. */
  seen(pageId: string, request: FastifyRequest, signal: { scroll: number; seconds: number }): void
  converted(pageIds: string[], request: FastifyRequest): void
  flush(): Promise<void>
  close(): Promise<void>
}

export function createVisits(services: Services): Visits {
  const { db, clock, log } = services
  let held = new Map<string, VisitRow>()
  let conversions: ConversionRow[] = []
  const withSalt = createSalts(services)

  function note(pageId: string, request: FastifyRequest, change: (row: VisitRow) => void): void {
    if (objects(request) || held.size >= maxHeld) return
    const at = clock.now()
    withSalt(at, (salt, day) => {
      const visitor = visitorOf(request, salt)
      const key = `${pageId} ${day} ${visitor}`
      const row = held.get(key) ?? blankRow({ pageId, day, visitor, at }, request)
      held.set(key, row)
      change(row)
    })
  }

  async function flush(): Promise<void> {
    const rows = [...held.values()]
    const reached = conversions
    held = new Map()
    conversions = []
    if (rows.length > 0) await addVisits(db, rows)
    if (reached.length > 0) await addConversions(db, reached)
  }

  const timer = setInterval(
    () => flush().catch(error => log.warn({ err: error }, 'visits of pages could not be written')),
    flushMs,
  )
  timer.unref()
  return {
    viewed: ({ id, variant }, request) =>
      note(id, request, row => {
        row.variant = variant
        row.views++
      }),
    seen: (pageId, request, signal) =>
      note(pageId, request, row => {
        row.scroll = Math.max(row.scroll, signal.scroll)
        row.seconds = Math.max(row.seconds, signal.seconds)
      }),
    converted(pageIds, request) {
      if (objects(request) || isMachine(request) || conversions.length >= maxHeld) return
      const at = clock.now()
      withSalt(at, (salt, day) => {
        const visitor = visitorOf(request, salt)
        for (const pageId of pageIds) conversions.push({ pageId, day, visitor, at })
      })
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush().catch(() => undefined)
    },
  }
}

/** Gives the salt of a day to whoever asks; those who ask before it is loaded get it then. */
function createSalts({ db, log }: Services): (at: Date, use: (salt: string, day: string) => void) => void {
  let salt: { day: string; value: string } | null = null
  let waiting: ((value: string) => void)[] = []
  async function load(day: string): Promise<void> {
    try {
      const value = await saltOf(db, day, randomBytes(16))
      salt = { day, value }
      for (const use of waiting) use(value)
    } catch (error) {
      log.warn({ err: error }, 'the salt of the day cannot be read')
    }
    waiting = []
  }
  return (at, use) => {
    const day = at.toISOString().slice(0, 10)
    if (salt?.day === day) return use(salt.value, day)
    if (waiting.length >= maxHeld) return
    if (waiting.push(value => use(value, day)) === 1) void load(day)
  }
}

function blankRow(
  given: { pageId: string; day: string; visitor: string; at: Date },
  request: FastifyRequest,
): VisitRow {
  return {
    ...given,
    ...touchOf(request),
    variant: 'a',
    device: deviceOf(request),
    isBot: isMachine(request),
    views: 0,
    scroll: 0,
    seconds: 0,
  }
}
