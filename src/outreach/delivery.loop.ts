import { setTimeout as pause } from 'node:timers/promises'
import type { LaneHolder } from '#engine/lanes.ts'
import type { Loop } from '#engine/module.ts'
import type { Services } from '#platform/services.ts'
import { watchRates } from './delivery/breaker.ts'
import { peek, sweepPreviews } from './delivery/claim.sql.ts'
import { claimMessages } from './delivery/claim.ts'
import { openJournal } from './delivery/journal.ts'
import { type Result, storeResults } from './delivery/receipts.ts'
import { createRecovery } from './delivery/recover.ts'
import { createRoute } from './delivery/route.ts'
import { type Sender, sendBatch } from './delivery/send-batch.ts'
import { createSmtp } from './delivery/smtp.ts'
import { createRenderer } from './render/renderer.ts'
import { judgeHits } from './signals.ts'
import { createVersions, type Versions } from './versions.ts'

/** Machine times in milliseconds. */
const idleMs = 150
const choresMs = 2_000
const sweepMs = 60_000
const flushMs = 50
const flushRows = 200
const troubleMs = 1_000
/** A claim holds what leaves in half a second: what is unsubscribed meanwhile is not sent later than that. */
const claimSeconds = 0.5
const mostRows = 200

/**
 * Sends what is due, as long as the worker lives: claim through the gate, render, send, write what became of it.
 * Each worker does all of it for the contacts in its own lanes.
 */
export const deliveryLoop: Loop = {
  name: 'delivery',
  role: 'worker',
  async run(services, signal, worker) {
    const journal = openJournal(services.config.dataDir, worker.id)
    const smtp = services.config.smtpUrl === null ? null : createSmtp(services.config.smtpUrl)
    const sender: Sender = {
      services,
      renderer: createRenderer(),
      smtp,
      journal,
      route: createRoute(),
      signal,
    }
    const recovery = createRecovery(services, worker.id)
    const chores = createChores(services, async () => {
      await recovery.run()
      await recovery.own()
      journal.clear()
    })
    const versions = createVersions()
    const pace = createPace(smtp?.width ?? 20)
    let stumbled = false
    while (!signal.aborted) {
      const looked = await withoutFail(services, async () => {
        await chores(stumbled)
        return turn(sender, worker, { versions, pace })
      })
      stumbled = looked === null
      if (looked === 0) await pause(idleMs, undefined, { signal }).catch(() => undefined)
      if (looked === null) await pause(troubleMs, undefined, { signal }).catch(() => undefined)
    }
    await sender.renderer.close()
    await smtp?.close()
    journal.close()
  },
}

/** One claim from beginning to end; how many messages were looked at. */
async function turn(
  sender: Sender,
  worker: LaneHolder,
  { versions, pace }: { versions: Versions; pace: Pace },
): Promise<number> {
  const { services, route } = sender
  const waiting = await peek(services.db, [...worker.held().keys()], services.clock.now())
  if (waiting.hits) await judgeHits(services)
  if (!waiting.messages) return 0
  const claim = await claimMessages(services, worker, {
    versions,
    limit: pace.rows(),
    routeDownUntil: route.downUntil,
  })
  if (claim.messages.length === 0) return claim.looked
  const began = performance.now()
  const receipts = createReceipts(services, worker.id)
  try {
    await sendBatch(sender, claim, receipts.take)
  } finally {
    await receipts.drain()
  }
  // All of it is in the ledger: nothing in the journal is in doubt.
  sender.journal.clear()
  pace.learn(claim.messages.length, performance.now() - began)
  return claim.looked
}

type Pace = { rows(): number; learn(messages: number, tookMs: number): void }

function createPace(first: number): Pace {
  let rows = first
  return {
    rows: () => rows,
    learn(messages, tookMs) {
      const perSecond = (messages / Math.max(tookMs, 1)) * 1000
      rows = Math.min(mostRows, Math.max(1, Math.round(perSecond * claimSeconds)))
    },
  }
}

/** Writes results while others are still on their way; keeps them until the database takes them. */
function createReceipts(services: Services, senderId: string) {
  let waiting: Result[] = []
  let writing: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const write = async () => {
    clearTimeout(timer)
    timer = undefined
    const some = waiting
    waiting = []
    for (;;) {
      try {
        return await storeResults(services, senderId, some)
      } catch (error) {
        services.log.error(
          { err: error, messages: some.length },
          'results could not be written; trying again',
        )
        await pause(troubleMs)
      }
    }
  }
  const flush = () => {
    writing = writing.then(write)
    return writing
  }
  return {
    take(result: Result) {
      waiting.push(result)
      if (waiting.length >= flushRows) void flush()
      else timer ??= setTimeout(flush, flushMs)
    },
    drain: flush,
  }
}

/** Now and then: what senders left behind, rates, old previews. At once where the turn before broke off. */
function createChores(
  services: Services,
  recover: () => Promise<unknown>,
): (atOnce: boolean) => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  let swept = Number.NEGATIVE_INFINITY
  return async atOnce => {
    if (!atOnce && performance.now() - last < choresMs) return
    await recover()
    last = performance.now()
    await watchRates(services)
    if (performance.now() - swept < sweepMs) return
    swept = performance.now()
    await sweepPreviews(services.db, services.clock.now())
  }
}

/** The database may be away for a while: that is no reason to end. */
async function withoutFail(services: Services, work: () => Promise<number>): Promise<number | null> {
  try {
    return await work()
  } catch (error) {
    services.log.error({ err: error }, 'sending stumbled; it goes on')
    return null
  }
}
