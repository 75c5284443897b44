// A worker to be killed: it writes one effect per event, and stays in the middle of its third tick for good.

import { run, sql } from '#platform/db/db.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { effectReactor, engineServices, quickWorker } from '../../src/engine/engine.fixture.ts'

const url = process.argv[2] ?? ''
const { db } = openDatabase(url)
let ticks = 0
const stopInTheMiddle = effectReactor(async (events, trx) => {
  if (++ticks < 3) return
  // Everything of this tick is written but not committed: the worst moment to die.
  await run(trx, sql`select pg_notify('test', 'unheard until commit')`)
  process.stdout.write(`in the middle of a tick with ${events.length} events\n`)
  await new Promise(() => undefined)
})
await quickWorker(engineServices(db, url), [stopInTheMiddle], {
  batch: 100,
  slots: 1,
  leaseMs: 800,
  beatMs: 200,
})
