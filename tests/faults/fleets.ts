// Stories of several workers beside each other: joining, leaving, frozen and replaced.
import { setTimeout as pause } from 'node:timers/promises'
import { one, sql } from '#platform/db/db.ts'
import { until } from '../harness/until.ts'
import { check } from './checker.ts'
import { dice, inTown, plantOf, type Scenario, width } from './scenarios.ts'
import { countStates, type Process, type Town } from './town.ts'

/** F18: a sender is frozen until others have taken over, and then thaws. */
export const freezeSender =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 60 }, async town => {
      await town.invite(contacts)
      const frozen = town.start('worker', plantOf(story))
      await until(() => town.sink.letters.length > 20, { timeoutMs: 60_000, words: 'letters to arrive' })
      // With letters in its hands that it has not begun, beside those on its lines and those whose answers it has not
      // written yet: looked at while it stands still, because what is seen of a moving one is over by then.
      const holdsMany = async () => ((await countStates(town.services)).sending ?? 0) > 4 * width
      await until(
        async () => {
          frozen.child.kill('SIGSTOP')
          if (await holdsMany()) return true
          frozen.child.kill('SIGCONT')
          return false
        },
        { timeoutMs: 60_000, words: 'it to have claimed many' },
      )
      town.start('worker', plantOf(story))
      await town.settle()
      frozen.child.kill('SIGCONT')
      await until(async () => (await laneHolders(town)) === 2, {
        timeoutMs: 60_000,
        words: 'the thawed worker to have lanes again',
      })
      // It takes new work up only when it is done with what it held: so this waits for it.
      await town.invite(contacts / 4)
      await town.settle()
      return check(town, { mostUnknown: width })
    })

/** Workers that have said within their time that they live. */
export async function livingWorkers({ services: { db } }: Town): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(*)::int as n from engine.worker where alive_until > clock_timestamp()`,
  )
  return n
}

/** Workers that hold lanes. */
async function laneHolders({ services: { db } }: Town): Promise<number> {
  const { n } = await one<{ n: number }>(
    db,
    sql`select count(distinct owner)::int as n from engine.lane where lease_until > clock_timestamp()`,
  )
  return n
}

/** F4: four whole workers at once from the first moment on. */
export const crowd =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 20 }, async town => {
      await town.invite(contacts)
      for (let n = 0; n < 4; n++) town.start('worker', plantOf(story))
      await town.settle()
      return check(town)
    })

/** F4: three workers join one that is in the middle of it. */
export const joinLate =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 20 }, async town => {
      await town.invite(contacts)
      town.start('worker', plantOf(story))
      await until(() => town.sink.letters.length > 20, { timeoutMs: 60_000, words: 'letters to arrive' })
      for (let n = 0; n < 3; n++) await town.start('worker', plantOf(story)).ready()
      await town.settle()
      return check(town)
    })

/** F17: workers replaced one after the other with SIGTERM: nothing may be left in doubt. */
export const rollingRestart =
  (contacts: number, restarts: number): Scenario =>
  story =>
    inTown({ delayMs: 30 }, async town => {
      const random = dice(story.seed)
      await town.invite(contacts)
      let running: Process[] = [town.start('worker', plantOf(story)), town.start('worker', plantOf(story))]
      await Promise.all(running.map(each => each.ready()))
      const broken: string[] = []
      for (let n = 0; n < restarts; n++) {
        await pause(500 + random() * 1000)
        const [oldest, ...others] = running
        const fresh = town.start('worker', plantOf(story))
        await fresh.ready()
        running = [...others, fresh]
        const began = performance.now()
        const code = await oldest?.end()
        if (code !== 0) broken.push(`a worker that was asked to end answered ${code}`)
        if (performance.now() - began > 30_000)
          broken.push('a worker took more than 30 s to put its work down')
      }
      await town.settle()
      return [...broken, ...(await check(town, { mostUnknown: 0 }))]
    })
