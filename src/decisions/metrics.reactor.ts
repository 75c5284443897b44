import { isHuman } from '#activity/catalogue.ts'
import type { Event, Reactor } from '#engine/reactor.ts'
import { countDays, countHistory, lockAsTick } from './metrics.sql.ts'
import { listMetrics, type RegisteredMetric } from './metrics.ts'
import { dayIn } from './zone-days.ts'

/** After these a contact's history is another one. */
const joined = new Set(['contact.joined', 'contact.merged'])

/**
 * Keeps the daily counters. It does not add: it counts the touched days again from the ledger, so that repeating
 * or overtaking does no harm. What machines did is not counted.
 */
export const metricsReactor: Reactor = {
  name: 'metrics',
  async run({ db, now, events, services }) {
    await lockAsTick(db)
    const { zone } = services.config
    const metrics = (await listMetrics(db)).filter(metric => metric.zone === zone)
    if (metrics.length === 0) return []
    const when = { now, zone, today: dayIn(zone, now) }
    const wanted = events.filter(event => isHuman(event.data) && metrics.some(metric => fits(metric, event)))
    const types = new Set(wanted.map(event => event.type))
    await countDays(
      db,
      wanted,
      metrics.filter(metric => types.has(metric.definition.event)),
      when,
    )
    const mixed = new Set(events.filter(event => joined.has(event.type)).map(event => event.contactId))
    await countHistory(db, [...mixed], metrics, when)
    return []
  },
}

function fits({ definition }: RegisteredMetric, event: Event): boolean {
  return definition.event === event.type && (definition.name === null || definition.name === event.name)
}
