import { setTimeout as pause } from 'node:timers/promises'
import { getUser } from '#access/users.ts'
import type { Loop } from '#engine/module.ts'
import { queueMessages } from '#outreach/messages.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'

const everyMs = 60_000
const dayMs = 86_400_000

/** Tells owners once a day who was set aside in their workflows since the day before. */
export const parkedDigestLoop: Loop = {
  name: 'workflow digest',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      await sendDigest(services).catch(error =>
        services.log.error({ err: error }, 'owners could not be told of who was set aside'),
      )
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
    }
  },
}

/**
 * One mail per owner and day, through the ledger; how many were queued. The first process that comes on a new day
 * takes the day, in the transaction of the mails: nobody is told twice.
 */
export async function sendDigest({ db, clock, config }: Services): Promise<number> {
  const now = clock.now()
  return inTransaction(db, async trx => {
    const since = new Date(now.getTime() - dayMs)
    const rows = await selectSetAside(trx, since)
    if (rows.length === 0 || !(await takeDay(trx, now))) return 0
    const digests = [...Map.groupBy(rows, row => row.ownerId)]
    const messages = []
    for (const [ownerId, mine] of digests) {
      const owner = await getUser(trx, ownerId)
      const [first] = mine
      if (!owner?.email || !first) continue
      const people = mine.reduce((sum, row) => sum + row.n, 0)
      const lines = mine.map(
        row =>
          `“${row.name}”: ${row.n}, because ${row.reason}. ${config.officeUrl}/workflows/${row.workflowId}`,
      )
      const text = ['They wait where they stand, and go on when you let them try again:', '', ...lines].join(
        '\n',
      )
      messages.push({
        contactId: first.contactId,
        channel: 'email' as const,
        class: 'alert' as const,
        reason: `parked:${ownerId}:${now.toISOString().slice(0, 10)}`,
        recipient: owner.email,
        payload: {
          subject: `${people} ${people === 1 ? 'person was' : 'people were'} set aside in your workflows`,
          text,
        },
        causeId: null,
        why: [],
        notBefore: now,
      })
    }
    return (await queueMessages(trx, messages, now)).length
  })
}

type SetAside = {
  workflowId: string
  name: string
  ownerId: string
  n: number
  reason: string
  contactId: string
}

function selectSetAside(db: Db, since: Date): Promise<SetAside[]> {
  return many(
    db,
    sql`
    select w.id as "workflowId", w.name, w.owner_id as "ownerId", count(*)::int as n, min(e.end_reason) as reason,
      min(e.contact_id) as "contactId"
    from workflows.enrolment e join workflows.workflow w on w.id = e.workflow_id
    where e.status = 'parked' and e.ended_at > ${since.toISOString()}::timestamptz and w.owner_id is not null
    group by w.id, w.name, w.owner_id order by n desc limit 500`,
  )
}

/** Whether a day has passed since the last digest; if so, it has been taken. */
async function takeDay(db: Db, now: Date): Promise<boolean> {
  const value = JSON.stringify({ at: now.toISOString() })
  const taken = await run(
    db,
    sql`
    insert into platform.setting (name, value) values ('parked_digest', ${value}::jsonb)
    on conflict (name) do update set value = excluded.value
      where (platform.setting.value ->> 'at')::timestamptz <= ${new Date(now.getTime() - dayMs).toISOString()}::timestamptz`,
  )
  return taken > 0
}
