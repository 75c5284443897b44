import { audit } from '#access/audit.ts'
import { systemActor } from '#access/users.ts'
import { addDays, dayIn } from '#decisions/zone-days.ts'
import { type Db, inTransaction, many, run, sql } from '#platform/db/db.ts'
import { pauseWorkflow } from '#workflows/publish.ts'
import { type NewNotice, notify } from './notices.ts'
import { graceDays, listReviews, type Review } from './reviews.ts'

/** So many days before it is paused, the owner hears of it once more. */
const warningDays = 7

const nouns: Record<string, string> = {
  segments: 'segment',
  scoring: 'score model',
  emails: 'email',
  workflows: 'workflow',
}

/**
 * Looks at all that is live: who answers for something whose review is due is told, a week before the end of the
 * grace once more, and a workflow that nobody looked at in 14 days is paused, with a row in the audit. Nobody loses
 * his place in it, and resuming it after a review lets all go on. Returns the ids of the workflows it paused.
 */
export async function tendOverdue(db: Db, { zone, now }: { zone: string; now: Date }): Promise<string[]> {
  const today = dayIn(zone, now)
  const reviews = await listReviews(db, { ownerId: null, today, limit: 10_000 })
  const due = reviews.filter(review => review.overdue && !review.paused)
  if (due.length === 0) return []
  return inTransaction(db, async trx => {
    // Several workers may see the same morning.
    await run(trx, sql`select pg_advisory_xact_lock(hashtext('tend.upkeep'))`)
    const people = await peopleFor(trx, due)
    const paused: Review[] = []
    for (const review of due) if (await pauseIfForgotten(trx, review, today, now)) paused.push(review)
    await notify(
      trx,
      due.flatMap(review =>
        noticesOf(review, { today, isPaused: paused.includes(review), userIds: people(review) }),
      ),
      now,
    )
    return paused.map(review => review.id)
  })
}

/** The owner, if he can still sign in; else those who run the installation. */
async function peopleFor(trx: Db, reviews: Review[]): Promise<(review: Review) => string[]> {
  const users = await many<{ id: string; role: string }>(
    trx,
    sql`select id, role from access."user" where active and (role in ('owner', 'admin')
      or id = any(${reviews.flatMap(review => review.ownerId ?? [])}::text[]))`,
  )
  const active = new Set(users.map(user => user.id))
  const heads = users.filter(user => user.role === 'owner' || user.role === 'admin').map(user => user.id)
  return ({ ownerId }) => (ownerId !== null && active.has(ownerId) ? [ownerId] : heads)
}

async function pauseIfForgotten(trx: Db, review: Review, today: string, now: Date): Promise<boolean> {
  if (review.kind !== 'workflows' || addDays(review.reviewOn, graceDays) > today) return false
  const [still] = await many(
    trx,
    sql`select id from workflows.workflow where id = ${review.id}::bigint and status = 'live' and review_on = ${review.reviewOn}::date`,
  )
  if (!still) return false
  await pauseWorkflow(trx, systemActor, { id: review.id, now })
  const detail = { name: review.name, reviewOn: review.reviewOn, ownerId: review.ownerId, graceDays }
  await audit(trx, systemActor, 'workflows.pause-untended', { kind: 'workflow', id: review.id }, detail)
  return true
}

function noticesOf(
  review: Review,
  { today, isPaused, userIds }: { today: string; isPaused: boolean; userIds: string[] },
): NewNotice[] {
  const { kind, id, name, reviewOn } = review
  const noun = nouns[kind] ?? kind
  const about = { userIds, subject: { kind, id } }
  const key = (news: string) => `${news}:${kind}:${id}:${reviewOn}`
  const pausesOn = addDays(reviewOn, graceDays)
  if (isPaused) {
    const words = `The workflow “${name}” was paused: its review was due on ${reviewOn}, and nobody looked at it for ${graceDays} days.`
    return [{ ...about, kind: 'paused', key: key('paused'), words }]
  }
  const isWorkflow = kind === 'workflows'
  if (isWorkflow && addDays(pausesOn, -warningDays) <= today) {
    const words = `The workflow “${name}” will be paused on ${pausesOn} unless somebody looks at it.`
    return [{ ...about, kind: 'pause_ahead', key: key('pause_ahead'), words }]
  }
  const words = `The ${noun} “${name}” is to be reviewed since ${reviewOn}: is it still needed?`
  return [{ ...about, kind: 'review_due', key: key('review_due'), words }]
}
