import { fork } from 'node:child_process'
import { append, load } from '#activity/ledger.ts'
import { startWorker } from '#engine/worker.ts'
import { one, sql } from '#platform/db/db.ts'
import { createStreet, modules } from '../../src/app.ts'
import type { Place } from '../engine/place.ts'
import { watchMessages } from './watch.ts'

/**
 * Opens the street and a worker with all reactors in this process, as under `npm start`, and lets the program `file`
 * load them from another. What that reports, and what came of it: messages in all, and when each contact's was
 * committed.
 */
export async function underLoad<Report>(
  place: Place,
  file: string,
  orderFor: (url: string) => object,
): Promise<{ report: Report; messages: number; seen: Map<string, number> }> {
  const { services } = place
  const street = await createStreet(services)
  await street.listen({ host: '127.0.0.1', port: 0 })
  const reactors = modules.flatMap(module => module.reactors ?? [])
  const worker = await startWorker({ services, reactors, log: { load, append } })
  await worker.idle()
  const watch = await watchMessages(place)
  const loader = fork(file)
  loader.send(orderFor(street.listeningOrigin))
  const report = await new Promise<Report>((resolve, reject) => {
    loader.once('message', message => resolve(message as Report))
    loader.once('exit', code => reject(new Error(`the generator ended with ${code}`)))
  })
  loader.disconnect()
  await worker.idle()
  await new Promise(resolve => setTimeout(resolve, 500))
  const { messages } = await one<{ messages: number }>(
    services.db,
    sql`select count(*)::int as messages from outreach.message`,
  )
  await watch.close()
  await worker.stop()
  await street.close()
  return { report, messages, seen: watch.seen }
}
