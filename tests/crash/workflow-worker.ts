// A worker to be killed: it walks participants on, and stays in the middle of its third tick for good.

import { append, load } from '#activity/ledger.ts'
import { startWorker } from '#engine/worker.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { workflowsModule } from '#workflows/module.ts'
import { engineServices } from '../../src/engine/engine.fixture.ts'

const url = process.argv[2] ?? ''
const { db } = openDatabase(url)
let ticks = 0
const stopInTheMiddle = {
  name: 'stop',
  async run({ events, round }: { events: unknown[]; round: number }) {
    if (round === 0) ticks += 1
    if (ticks < 3) return []
    // Entries, steps and events of this tick are written but not committed: the worst moment to die.
    process.stdout.write(`in the middle of a tick with ${events.length} events\n`)
    await new Promise(() => undefined)
    return []
  },
}
await startWorker({
  services: engineServices(db, url),
  reactors: [...(workflowsModule.reactors ?? []), stopInTheMiddle],
  log: { load, append },
  options: { batch: 100, slots: 1, leaseMs: 800, beatMs: 200 },
})
