import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillDisk, mountSmall } from './disk.ts'
import { crowd, freezeSender, joinLate, rollingRestart } from './fleets.ts'
import {
  cutSessions,
  eraseMeanwhile,
  failWrites,
  jumpClock,
  killInTick,
  killStreet,
  killWorkers,
  optOutStorm,
  poisonLetters,
  type Scenario,
} from './scenarios.ts'
import { deadLine, deadLineAlone, restartDatabase } from './wires.ts'

/** FAULT_SEED repeats a run; FAULT_SIZE makes the stories longer (1 is what every change is held to). */
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31))
const size = Number(process.env.FAULT_SIZE ?? 1)

const stories: [string, Scenario][] = [
  ['workers killed while they send (F1, F3)', killWorkers(600 * size, 3 * size)],
  ['workers killed while they decide (F1)', killInTick(600, 2 * size)],
  ['four workers at once (F4)', crowd(800 * size)],
  ['three workers that join one in the middle of it (F4)', joinLate(1000 * size)],
  ['letters that cannot be rendered (F5)', poisonLetters(200, 3)],
  ['a database that ends all sessions again and again (F8)', cutSessions(600 * size, 5 * size)],
  ['writes that fail and ask to try again (F29)', failWrites(600)],
  ['PostgreSQL restarted again and again (F8)', restartDatabase(300 * size, 3 * size)],
  ['a line to the database that goes dead (F9, F10)', deadLine(300)],
  ['a dead line and nobody to take over (F9)', deadLineAlone(300)],
  ['the sandbox clock jumping ahead and back (F14)', jumpClock(400)],
  ['workers replaced one after the other (F17)', rollingRestart(1000 * size, 3 * size)],
  ['a frozen sender that thaws (F18)', freezeSender(500)],
  ['opting out while the mails go out (F19)', optOutStorm(700 * size)],
  ['contacts erased meanwhile (F20)', eraseMeanwhile(500)],
  ['a street killed while events come in (F2)', killStreet(8 * size)],
]

for (const [words, scenario] of stories) {
  test(`every promise holds with ${words}`, { timeout: 280_000 }, async t => {
    t.diagnostic(`FAULT_SEED=${seed}`)
    assert.deepEqual(await scenario({ seed }), [])
  })
}

test('every promise holds with a disk that fills up (F11)', { timeout: 280_000 }, async t => {
  const disk = mountSmall(260)
  if (!disk) return t.skip('this machine does not let us mount a small file system')
  t.diagnostic(`FAULT_SEED=${seed}`)
  try {
    assert.deepEqual(await fillDisk(disk.folder, 300)({ seed }), [])
  } finally {
    disk.unmount()
  }
})
