import { randomUUID } from 'node:crypto'
import type { Services } from '#platform/services.ts'
import { createLeases, type Leases, lanesChannel } from './lanes.ts'
import type { EventLog, Reactor } from './reactor.ts'
import { workChannel } from './work.sql.ts'
import { createListener } from './worker.listener.ts'
import { observeTicks } from './worker.metrics.ts'
import { type Slot, startSlot } from './worker.slot.ts'

export type Worker = {
  id: string
  /** How many lanes it holds at the moment. */
  laneCount(): number
  /** Lane -> epoch, for the loops that live beside it. */
  held(): ReadonlyMap<number, string>
  /** Ends running ticks in peace, then gives its lanes to the others at once. */
  stop(): Promise<void>
  /** Resolves when nothing is due in this worker's lanes. Contacts that wait for another attempt are not due. */
  idle(): Promise<void>
}

/** Machine times in milliseconds; the defaults are for production, tests make them short. */
export type WorkerOptions = {
  /** A worker that is silent for so long loses its lanes. */
  leaseMs: number
  beatMs: number
  /** Ticks that run side by side, each over its own part of the lanes. */
  slots: number
  /** Contacts per tick: 1,000 were up to 2.7 times slower, 5,000 gained nothing (measured). */
  batch: number
  rounds: number
  depth: number
  idleMs: number
  statementMs: number
  backOffMs: readonly number[]
}

export const defaultOptions: WorkerOptions = {
  leaseMs: 10_000,
  beatMs: 3_000,
  slots: 3,
  batch: 2_000,
  rounds: 10,
  depth: 20,
  idleMs: 10_000,
  statementMs: 15_000,
  backOffMs: [1_000, 4_000, 16_000],
}

/** Starts a worker: it leases its share of the lanes and works through what is due in them until stopped. */
export async function startWorker(input: {
  services: Services
  reactors: Reactor[]
  log: EventLog
  options?: Partial<WorkerOptions>
}): Promise<Worker> {
  const { services, reactors, log } = input
  const options = { ...defaultOptions, ...input.options }
  const id = randomUUID()
  const leases = createLeases(services.db, { id, leaseMs: options.leaseMs })
  await leases.beat()
  const limits = options
  const onTick = observeTicks(services.metrics)
  const slots = Array.from({ length: options.slots }, (_, place) =>
    startSlot({
      owner: id,
      services,
      reactors,
      log,
      limits,
      backOffMs: options.backOffMs,
      lanes: () => new Map([...leases.held()].filter(([lane]) => lane % options.slots === place)),
      isHearing: () => listener.isHearing(),
      onTick,
    }),
  )
  const heart = startHeart(leases, services, { beatMs: options.beatMs, onBeat: () => ringAll(slots) })
  const listener = createListener({
    url: services.databaseUrl,
    log: services.log,
    channels: [workChannel, lanesChannel, 'tend_clock'],
    hear: (channel, payload) => {
      if (channel === lanesChannel && payload !== id) heart.beatNow()
      else if (channel === workChannel) ringSome(slots, payload)
      else if (channel === 'tend_clock') followClock(services, slots)
    },
    onGap: () => ringAll(slots),
  })
  return {
    id,
    laneCount: () => leases.held().size,
    held: () => leases.held(),
    idle: async () => void (await Promise.all(slots.map(slot => slot.idle()))),
    async stop() {
      await heart.stop()
      await Promise.all(slots.map(slot => slot.stop()))
      await listener.close()
      await leases.release()
    },
  }
}

/** Business time was moved: what was far away may be due. */
function followClock(services: Services, slots: Slot[]): void {
  services.clock
    .refresh(services.db)
    .then(() => ringAll(slots))
    .catch(error => services.log.warn({ err: error }, 'the clock could not be read'))
}

function ringAll(slots: Slot[]): void {
  for (const slot of slots) slot.ring()
}

/** `payload` lists the lanes with new work; empty means all. */
function ringSome(slots: Slot[], payload: string): void {
  const places = payload === '' ? slots.keys() : payload.split(',').map(lane => Number(lane) % slots.length)
  for (const place of new Set(places)) slots[place]?.ring()
}

type Heart = { beatNow(): void; stop(): Promise<void> }

/** Beats regularly and on demand, one beat at a time. Rings when the lanes have changed. */
function startHeart(leases: Leases, services: Services, options: { beatMs: number; onBeat(): void }): Heart {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let wanted = false
  let beating: Promise<void> | null = null
  const beat = async () => {
    clearTimeout(timer)
    do {
      wanted = false
      const before = [...leases.held()].join()
      await leases.beat().catch(error => services.log.warn({ err: error }, 'the lanes could not be renewed'))
      if (before !== [...leases.held()].join()) options.onBeat()
    } while (wanted && !stopped)
    beating = null
    if (!stopped) timer = setTimeout(beatNow, options.beatMs)
  }
  const beatNow = () => {
    wanted = true
    beating ??= beat()
  }
  timer = setTimeout(beatNow, options.beatMs)
  return {
    beatNow,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await beating
    },
  }
}
