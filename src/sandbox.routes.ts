import { setTimeout as pause } from 'node:timers/promises'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Module } from '#engine/module.ts'
import { moveClock } from '#platform/clock.ts'
import { AppError, conflict, forbidden, invalid } from '#platform/errors.ts'
import { readHold } from '#platform/hold.ts'
import { type Route, route, timeSchema } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'

const tag = 'Sandbox'

/** Everything must be quiet this often in a row: what one room finishes may be work for the next. */
const quietLooks = 2
const lookMs = 25
/** How long one move of the clock may take before it is answered unfinished. */
const patienceMs = 120_000
/** The clock stops exactly at so many due moments; beyond that it goes on in even strides. */
const exactStops = 200
const stridesAfter = 50
const farthest = Temporal.Duration.from({ days: 400 })

const state = z.object({
  mode: z.enum(['sandbox', 'live']),
  now: timeSchema,
  offsetMs: z.number(),
  /** The next moment at which something becomes due. */
  nextDue: timeSchema.nullable(),
  /** Work that is due and not done yet. */
  pending: z.int(),
})

const body = z
  .object({
    /** ISO 8601: `P3D`, `PT1H30M`. Days and weeks are counted in UTC. */
    advance: z.string().max(50).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
    /** To the next moment at which something is due. */
    next: z.literal(true).optional(),
  })
  .refine(wish => [wish.advance, wish.to, wish.next].filter(each => each !== undefined).length === 1, {
    message: 'Give one of advance, to and next',
  })

/** The sandbox's clock: look at it, move it on, and have everything done that becomes due on the way. */
export function sandboxRoutes(modules: Module[]): Route[] {
  return [
    route({
      method: 'GET',
      url: '/api/v1/sandbox/clock',
      can: 'sandbox.read',
      summary: 'What time it is for contacts, and when something is due next',
      tag,
      reply: state,
      handle: (_input, services) => look(modules, services),
    }),
    route({
      method: 'POST',
      url: '/api/v1/sandbox/clock',
      can: 'sandbox.edit',
      summary: 'Move the clock on; answers when everything due by then has been processed',
      tag,
      body,
      reply: state,
      async handle({ body: wish }, services) {
        if (services.config.mode !== 'sandbox') throw forbidden('The clock can only be moved in the sandbox.')
        if (await readHold(services.db))
          throw conflict(
            'held',
            'Sending and timers are held after a restore. Arm Tend first, then move the clock.',
          )
        await advance(modules, services, wish)
        return look(modules, services)
      },
    }),
  ]
}

async function look(modules: Module[], { db, clock, config }: Services): Promise<z.input<typeof state>> {
  const now = clock.now()
  const [due, pending] = await Promise.all([nextDue(modules, db, now), countPending(modules, db, now)])
  return { mode: config.mode, now, offsetMs: clock.offsetMs(), nextDue: due, pending }
}

type Wish = z.infer<typeof body>

async function advance(modules: Module[], services: Services, wish: Wish): Promise<void> {
  const { db, clock } = services
  const deadline = performance.now() + patienceMs
  await settle(modules, services, deadline)
  const target = await targetOf(modules, services, wish)
  for (let stops = 0; clock.now() < target; stops += 1) {
    const now = clock.now()
    const due = await nextDue(modules, db, now)
    await moveClock(db, clock, stopAt({ now, due, target, stops }))
    await settle(modules, services, deadline)
  }
}

/** Due moments are visited one by one, so that what follows from them happens at its own time. */
function stopAt({
  now,
  due,
  target,
  stops,
}: {
  now: Date
  due: Date | null
  target: Date
  stops: number
}): Date {
  if (due === null || due >= target) return target
  if (stops < exactStops) return due
  const stride = Math.ceil(
    (target.getTime() - now.getTime()) / Math.max(1, stridesAfter - (stops - exactStops)),
  )
  return new Date(Math.min(target.getTime(), Math.max(due.getTime(), now.getTime() + stride)))
}

async function targetOf(modules: Module[], { db, clock }: Services, wish: Wish): Promise<Date> {
  const now = clock.now()
  if (wish.next) return (await nextDue(modules, db, now)) ?? now
  const target = wish.to !== undefined ? new Date(wish.to) : after(now, wish.advance ?? '')
  const limit = now.getTime() + farthest.total('milliseconds')
  if (target < now)
    throw invalid('The clock only goes forward.', [{ path: 'to', message: 'lies in the past' }])
  if (target.getTime() > limit)
    throw invalid('That is too far at once.', [{ path: 'advance', message: 'at most 400 days' }])
  return target
}

function after(now: Date, length: string): Date {
  try {
    const start = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO('UTC')
    return new Date(start.add(Temporal.Duration.from(length)).epochMilliseconds)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalid('The length is no ISO 8601 duration.', [{ path: 'advance', message: 'Write P3D or PT1H' }])
  }
}

/** Waits until nothing is left to do at the present time. */
async function settle(modules: Module[], { db, clock }: Services, deadline: number): Promise<void> {
  let quiet = 0
  while (quiet < quietLooks) {
    quiet = (await countPending(modules, db, clock.now())) === 0 ? quiet + 1 : 0
    if (quiet >= quietLooks) return
    if (performance.now() > deadline) {
      throw new AppError('still_working', 'The clock was moved; what became due is still being worked on.', {
        status: 503,
        detail: { retryAfterSeconds: 5 },
      })
    }
    await pause(lookMs)
  }
}

async function countPending(modules: Module[], db: Services['db'], now: Date): Promise<number> {
  const counts = await Promise.all(modules.map(module => module.pending?.(db, now) ?? 0))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function nextDue(modules: Module[], db: Services['db'], now: Date): Promise<Date | null> {
  const moments = await Promise.all(modules.map(module => module.nextDue?.(db, now) ?? null))
  const times = moments.filter(moment => moment !== null).map(moment => moment.getTime())
  return times.length === 0 ? null : new Date(Math.min(...times))
}
