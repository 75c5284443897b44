import { systemActor } from '#access/users.ts'
import type { Module } from '#engine/module.ts'
import { pruneIdempotency } from '#platform/http/idempotency.ts'
import { defineJob, noInput } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { eraseAgain, eraseContact } from './erase.ts'
import { dropMonth, inactiveContacts, monthsBefore, removeSome } from './retention.sql.ts'
import { kindNames, limitOf, type Retention, type RetentionKind, readRetention } from './retention.ts'

const bite = 5_000
const contactsAtOnce = 100

type Tell = (n: number) => Promise<void>

/** Months that are past the times of views and of other events alike are dropped whole. */
async function dropMonths({ db, clock }: Services, retention: Retention, tell: Tell): Promise<void> {
  const limits = [limitOf(retention, 'pageViews', clock.now()), limitOf(retention, 'events', clock.now())]
  const [views, events] = limits
  if (!views || !events) return
  const months = await monthsBefore(db, views < events ? views : events)
  for (const month of months) await tell(await dropMonth(db, month))
}

async function removeKind(
  modules: Module[],
  services: Services,
  given: { kind: RetentionKind; limit: Date; tell: Tell },
): Promise<void> {
  const { kind, limit, tell } = given
  const { db } = services
  if (kind === 'inactiveContacts') {
    for (;;) {
      const ids = await inactiveContacts(db, limit, contactsAtOnce)
      for (const id of ids) await eraseContact(modules, services, { id, actor: systemActor, keepOut: false })
      await tell(ids.length)
      if (ids.length < contactsAtOnce) return
    }
  }
  for (let removed = bite; removed === bite; ) {
    removed = await removeSome(db, kind, limit, bite)
    await tell(removed)
  }
}

/** Removes what is past its time, kind by kind, in small transactions; stopping it leaves the rest for the next night. */
export function retainJob(modules: Module[]) {
  return defineJob({
    name: 'stewardship.retention',
    schedule: '10 3 * * *',
    input: noInput,
    title: () => 'Remove data that is past its time',
    async run(job, services) {
      const { db, clock } = services
      const retention = await readRetention(db)
      let done = 0
      const tell: Tell = async n => {
        done += n
        await job.save({ done, words: `${done} rows removed` })
      }
      await dropMonths(services, retention, tell)
      for (const kind of kindNames) {
        const limit = limitOf(retention, kind, clock.now())
        if (limit) await removeKind(modules, services, { kind, limit, tell })
      }
      await tell(await eraseAgain(modules, services))
      await pruneIdempotency(db)
    },
  })
}
