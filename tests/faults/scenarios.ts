// What is done to the program, each a story of its own with random moments that a seed decides. Every story ends at
// rest and answers the promises that were found broken.
import { setTimeout as pause } from 'node:timers/promises'
import { systemActor } from '#access/users.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import { modules } from '../../src/app.ts'
import { eraseContact } from '../../src/stewardship/erase.ts'
import { until } from '../harness/until.ts'
import { check } from './checker.ts'
import { endSessions, sendAcknowledged } from './intake.ts'
import { withdrawConsent } from './opt-out.ts'
import { countStates, openTown, type Town, type TownOptions } from './town.ts'

export type Story = { seed: number; plant?: string }
export type Scenario = (story: Story) => Promise<string[]>

/** Connections that one sender keeps to a mail server. */
export const width = 10

/** A small generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export async function inTown(
  options: TownOptions,
  story: (town: Town) => Promise<string[]>,
): Promise<string[]> {
  const town = await openTown(options)
  try {
    return await story(town)
  } finally {
    await town.stop()
  }
}

export const plantOf = ({ plant }: Story) => (plant === undefined ? {} : { plant })

/** F1, F3: workers killed with SIGKILL at random moments, each replaced at once. */
export const killWorkers =
  (contacts: number, kills: number): Scenario =>
  story =>
    inTown({ delayMs: 20 }, async town => {
      const random = dice(story.seed)
      await town.invite(contacts)
      let worker = town.start('worker', plantOf(story))
      for (let n = 1; n <= kills; n++) {
        const share = (contacts * n * (0.5 + random() * 0.5)) / (kills + 1)
        await until(() => town.sink.letters.length >= share, {
          timeoutMs: 60_000,
          words: 'letters to arrive',
        })
        await worker.kill()
        worker = town.start('worker', plantOf(story))
        await worker.ready()
      }
      await town.settle()
      return check(town, { mostUnknown: width * kills })
    })

/** F1 for decisions: killed as soon as it has begun to work on events, before and while it writes. */
export const killInTick =
  (contacts: number, kills: number): Scenario =>
  story =>
    inTown({}, async town => {
      const random = dice(story.seed)
      for (let n = 0; n < kills; n++) {
        await town.invite(contacts)
        const worker = town.start('worker', plantOf(story))
        await until(() => isTicking(town), { timeoutMs: 30_000, words: 'a tick to begin' })
        await pause(random() * 60)
        await worker.kill()
      }
      town.start('worker', plantOf(story))
      await town.settle()
      return check(town, { mostUnknown: width * kills })
    })

/** A tick is open while its session holds lanes; or it is over already. */
async function isTicking({ services: { db } }: Town): Promise<boolean> {
  const { open } = await one<{ open: boolean }>(
    db,
    sql`select exists (select from pg_locks l join pg_stat_activity a using (pid)
        where l.relation = 'workflows.enrolment'::regclass and a.datname = current_database()
          and l.mode = 'RowExclusiveLock')
      or exists (select from workflows.enrolment) as open`,
  )
  return open
}

/** F8 in small: the database ends all sessions again and again while work is done. */
export const cutSessions =
  (contacts: number, cuts: number): Scenario =>
  story =>
    inTown({ delayMs: 5 }, async town => {
      const random = dice(story.seed)
      await town.start('worker', plantOf(story)).ready()
      for (let n = 0; n < cuts; n++) {
        await town.invite(Math.ceil(contacts / cuts))
        await pause(random() * 250)
        await endSessions(town)
      }
      await town.settle()
      return check(town, { mostUnknown: width * cuts })
    })

/** F29: three in ten writes to the ledger of events fail with an error that asks to try again. */
export const failWrites =
  (contacts: number): Scenario =>
  story =>
    inTown({}, async town => {
      const { db } = town.services
      await town.invite(contacts)
      await run(
        db,
        sql`create function activity.fail_sometimes() returns trigger language plpgsql as $$ begin
          if random() < 0.3 then raise exception 'planted' using errcode = '40001'; end if; return null; end $$`,
      )
      await run(
        db,
        sql`create trigger fail_sometimes after insert on activity.event
          for each statement execute function activity.fail_sometimes()`,
      )
      town.start('worker', plantOf(story))
      await town.settle()
      return check(town)
    })

/** F19: one in twenty opts out while the mails go out. */
export const optOutStorm =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 150 }, async town => {
      const random = dice(story.seed)
      const ids = await town.invite(contacts)
      town.start('worker', plantOf(story))
      const optedOut = new Map<string, number>()
      await until(() => town.sink.letters.length > 20, { timeoutMs: 60_000, words: 'letters to arrive' })
      for (let n = 0; n < contacts / 20; n++) {
        const id = ids[Math.floor(random() * ids.length)] ?? ''
        const email = await withdrawConsent(town.services, id)
        optedOut.set(email, performance.now())
        await pause(random() * 20)
      }
      await town.settle()
      return check(town, { optedOut })
    })

/** F2, F8: events keep coming in while the street is killed and the database ends its sessions. */
export const killStreet =
  (seconds: number): Scenario =>
  story =>
    inTown({}, async town => {
      const random = dice(story.seed)
      const { acknowledged } = await sendAcknowledged(town, { ...story, seconds, random })
      if (acknowledged.length === 0) throw new Error('nothing was taken in')
      return check(town, { acknowledged })
    })

/** F14: the sandbox clock jumps ahead and back while mails go out. */
export const jumpClock =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 10 }, async town => {
      const { db } = town.services
      await town.invite(contacts)
      town.start('worker', plantOf(story))
      for (const hours of [1, 0, 400 * 24, 1]) {
        await until(() => town.sink.letters.length > 0, { timeoutMs: 30_000, words: 'letters to arrive' })
        await run(db, sql`update platform.clock set offset_ms = ${hours * 3_600_000}`)
        await pause(1200)
      }
      await town.settle()
      return check(town)
    })

const greedy = `<html><body><p>Dear {{ contact.first_name }}
{% for a in (1..contact.greed) %}{% for b in (1..1000) %}{{ a | times: b | append: "more and more" }}{% endfor %}{% endfor %}
</p></body></html>`

/** F5: some letters cannot be rendered within any limit; they fail alone. */
export const poisonLetters =
  (contacts: number, poisonous: number): Scenario =>
  story =>
    inTown({ source: greedy }, async town => {
      await town.invite(contacts / 2)
      await town.invite(poisonous, { greed: 100_000 })
      await town.invite(contacts / 2)
      town.start('worker', plantOf(story))
      await town.settle()
      const { failed = 0, sent = 0 } = await countStates(town.services)
      const words = `I2: ${failed} failed and ${sent} were sent of ${poisonous} and ${contacts}`
      return [...(failed === poisonous && sent === contacts ? [] : [words]), ...(await check(town))]
    })

/** F20: contacts are erased while their mails go out; an erased one is never mailed afterwards. */
export const eraseMeanwhile =
  (contacts: number): Scenario =>
  story =>
    inTown({ delayMs: 60 }, async town => {
      const random = dice(story.seed)
      const ids = await town.invite(contacts)
      const addresses = await many<{ id: string; email: string }>(
        town.services.db,
        sql`select id, email from audience.contact`,
      )
      const emailOf = new Map(addresses.map(row => [row.id, row.email]))
      town.start('worker', plantOf(story))
      await until(() => town.sink.letters.length > 20, { timeoutMs: 60_000, words: 'letters to arrive' })
      const erased = new Set<string>()
      const optedOut = new Map<string, number>()
      for (let n = 0; n < contacts / 25; n++) {
        const id = ids[Math.floor(random() * ids.length)] ?? ''
        if (erased.has(id)) continue
        await eraseContact(modules, town.services, { id, actor: systemActor, keepOut: true })
        erased.add(id)
        optedOut.set(emailOf.get(id) ?? '', performance.now())
      }
      await town.settle()
      return check(town, { optedOut, erased })
    })
