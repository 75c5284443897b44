import { z } from 'zod'
import { ledger } from '#activity/ledger.ts'
import type { Event } from '#engine/reactor.ts'
import { inTransaction, many, sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import { selectEndpoint } from './webhooks/endpoints.sql.ts'
import { enqueue } from './webhooks/enqueue.ts'

const batch = 1000
const cursorSchema = z.object({ at: z.string(), id: z.string() })

/** Tells an endpoint once more of everything it listens to that happened in a span of time, read from the ledger. */
export const replayJob = defineJob({
  name: 'webhooks.replay',
  input: z.object({ endpointId: idSchema, name: z.string(), from: z.iso.datetime(), to: z.iso.datetime() }),
  title: ({ name, from, to }) =>
    `Tell “${name}” again what happened from ${from.slice(0, 16)} to ${to.slice(0, 16)}`,
  async run({ input, cursor, save }, services) {
    const { db, clock, config } = services
    const endpoint = await selectEndpoint(db, input.endpointId)
    if (!endpoint) return
    const read = cursorSchema.safeParse(cursor)
    let place = read.success ? read.data : { at: input.from, id: '0' }
    let done = 0
    for (;;) {
      const all = endpoint.types.includes('*')
      const events = await many<Event>(
        db,
        sql`
        select event.contact_id as "contactId", event.id, event.type, event.name, event.at, event.data,
          event.cause_id as "causeId", event.depth
        from ${ledger} event
        where event.at >= ${place.at}::timestamptz and event.at < ${input.to}::timestamptz
          and (event.at, event.id) > (${place.at}::timestamptz, ${place.id}::bigint)
          and (${all} or event.type = any(${endpoint.types}::text[]))
        order by event.at, event.id limit ${batch}`,
      )
      const last = events.at(-1)
      if (!last) return
      place = { at: last.at.toISOString(), id: last.id }
      await inTransaction(db, async trx => {
        done += await enqueue(trx, [endpoint], events, { now: clock.now(), zone: config.zone, again: true })
        await save({ done, words: `${done} calls put into the line`, cursor: place, db: trx })
      })
      if (events.length < batch) return
    }
  },
})
