// Troubles between the program and its database: stories like those of scenarios.ts.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer } from '#platform/postgres/server.ts'
import { startProxy } from '../harness/proxy.ts'
import { until } from '../harness/until.ts'
import { check } from './checker.ts'
import { livingWorkers } from './fleets.ts'
import { sendAcknowledged } from './intake.ts'
import { dice, inTown, plantOf, type Scenario, width } from './scenarios.ts'
import { unfinished } from './town.ts'

const portOf = (url: string) => Number(new URL(url).port)

/** F9, F10: the line to the database goes dead without a word while mails go out; another worker takes over. */
export const deadLine =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 60 }, async town => {
      const { databaseUrl } = town.services
      const wire = await startProxy(portOf(databaseUrl))
      try {
        await town.invite(contacts)
        const cutOff = town.start('worker', { ...plantOf(story), through: wire.through(databaseUrl) })
        await until(() => town.sink.letters.length > contacts / 10, {
          timeoutMs: 60_000,
          words: 'letters to arrive',
        })
        wire.freeze()
        town.start('worker', plantOf(story))
        await town.settle()
        // New connections work again: it must find that out by itself, and take its share of what comes next.
        wire.heal()
        await until(async () => (await livingWorkers(town)) === 2, {
          timeoutMs: 30_000,
          words: 'the worker that was cut off to be back',
        })
        await town.invite(contacts)
        await town.settle()
        if (cutOff.child.exitCode !== null) return ['the worker that was cut off ended']
        return check(town, { mostUnknown: width })
      } finally {
        await wire.stop()
      }
    })

/** F9 for the only worker there is: it gives its dead connections up by itself. */
export const deadLineAlone =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 20 }, async town => {
      const { databaseUrl } = town.services
      const wire = await startProxy(portOf(databaseUrl))
      try {
        await town.invite(contacts)
        town.start('worker', { ...plantOf(story), through: wire.through(databaseUrl) })
        await until(() => town.sink.letters.length > contacts / 10, {
          timeoutMs: 60_000,
          words: 'letters to arrive',
        })
        wire.freeze()
        await pause(1000)
        wire.heal()
        await town.settle()
        return check(town, { mostUnknown: width })
      } finally {
        await wire.stop()
      }
    })

/** F8: PostgreSQL itself is stopped and started again and again while events come in and mails go out. */
export const restartDatabase =
  (contacts: number, restarts: number): Scenario =>
  async story => {
    const home = mkdtempSync(join(tmpdir(), 'tend-restart-'))
    chmodSync(home, 0o755)
    let server = await startServer(join(home, 'postgres'))
    const wire = await startProxy(portOf(server.url))
    const random = dice(story.seed)
    try {
      return await inTown({ delayMs: 10, databaseUrl: wire.through(server.url) }, async town => {
        await town.start('worker', plantOf(story)).ready()
        const trouble = async () => {
          for (let n = 0; n < restarts; n++) {
            await town.invite(Math.ceil(contacts / restarts)).catch(() => pause(500))
            await pause(1000 + random() * 1500)
            await server.stop()
            wire.cut()
            await pause(random() * 2000)
            server = await startServer(join(home, 'postgres'))
            wire.aim(portOf(server.url))
          }
        }
        const seconds = restarts * 4
        const { acknowledged } = await sendAcknowledged(town, { ...story, seconds, random, trouble })
        const began = performance.now()
        await until(() => unfinished(town.services).then(Boolean, () => false), {
          timeoutMs: 20_000,
          words: 'the database to be usable again',
        })
        if (performance.now() - began > 10_000) return ['it took more than 10 s to find the database again']
        await town.settle()
        return check(town, { acknowledged, mostUnknown: width * restarts })
      })
    } finally {
      await wire.stop()
      await server.stop()
      rmSync(home, { recursive: true, force: true })
    }
  }
