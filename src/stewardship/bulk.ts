import { audit } from '#access/audit.ts'
import { checkEdit } from '#audience/bulk-edit.ts'
import { getList } from '#audience/lists.ts'
import { type Db, inTransaction, many, maybeOne, one, type RawBuilder, run, sql } from '#platform/db/db.ts'
import { conflict, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { listJobs } from '#platform/jobs.ts'
import type { Services } from '#platform/services.ts'
import { type Action, skipOf, type Target } from './bulk/action.ts'
import { bulkRun, bulkUndo } from './bulk/jobs.ts'
import { meant } from './bulk/who.ts'

/** From this many on the number must be typed: who reads it has seen what he is about to do. */
export const typedAbove = 100
export const undoDays = 30

export type Bulk = {
  id: string
  title: string
  action: Action
  at: Date
  by: string
  total: number
  changed: number
  skipped: Record<string, number>
  jobId: string | null
  undoJobId: string | null
  undone: number
  finishedAt: Date | null
  undoneAt: Date | null
  /** Until when it can be taken back; null: not, or no longer. */
  undoUntil: Date | null
}

const columns = sql`id, title, action, at, by, total, changed, skipped, job_id as "jobId", undo_job_id as "undoJobId", undone,
  finished_at as "finishedAt", undone_at as "undoneAt"`

export type Preview = {
  title: string
  total: number
  changed: number
  skipped: Record<string, number>
  /** What else goes with it, in numbers: only for deletions. */
  consequences: Record<string, number>
}

/** The exact numbers before anything is done. Throws `invalid` where the action cannot be done at all. */
export async function previewBulk(
  services: Services,
  given: { target: Target; action: Action },
): Promise<Preview> {
  const { db } = services
  const { action, title } = await checkAction(services, given.action)
  const who = await meant(services, given.target)
  const skip = skipOf(action)
  const { total, skipped } = await one<{ total: number; skipped: number }>(
    db,
    sql`
    select count(*)::int as total, ${skip ? sql`(count(*) filter (where ${skip.when}))::int` : sql`0`} as skipped
    from audience.contact contact where ${who}`,
  )
  return {
    title,
    total,
    changed: total - skipped,
    skipped: skip && skipped > 0 ? { [skip.reason]: skipped } : {},
    consequences: action.kind === 'delete' ? await consequencesOf(db, who) : {},
  }
}

async function consequencesOf(db: Db, who: RawBuilder<boolean>): Promise<Record<string, number>> {
  const row = await one<{ waiting: number; active: number }>(
    db,
    sql`
    select (select count(*)::int from outreach.message m join audience.contact contact on contact.id = m.contact_id
        where m.state in ('queued', 'deferred') and ${who}) as waiting,
      (select count(*)::int from workflows.enrolment e join audience.contact contact on contact.id = e.contact_id
        where e.status = 'active' and ${who}) as active`,
  )
  return { 'waiting messages': row.waiting, 'stays in workflows': row.active }
}

/** The action in its stored spelling, with a title for people. */
async function checkAction(
  { db, clock }: Services,
  action: Action,
): Promise<{ action: Action; title: string }> {
  if (action.kind === 'field') {
    const { field, value } = action
    const hand = { now: clock.now(), source: 'a bulk change' }
    const edit = await inTransaction(db, trx => checkEdit(trx, { field, value }, hand))
    const words = field.replace(/^attrs\./, '').replaceAll('_', ' ')
    const title = edit.value === null ? `Clear ${words}` : `Set ${words} to “${edit.value}”`
    return { action: { kind: 'field', ...edit }, title }
  }
  if (action.kind === 'list') {
    const { name } = await getList(db, action.listId)
    return { action, title: action.in ? `Put on the list “${name}”` : `Take off the list “${name}”` }
  }
  if (action.kind === 'consent') return { action, title: `Withdraw consent to ${action.purpose}` }
  return { action, title: 'Delete contacts' }
}

/**
 * Begins a change of many as a job. `expected` is the number that the preview showed: another one by now is 409,
 * and above 100 (for deletions: always) it must be given.
 */
export async function startBulk(
  services: Services,
  given: { target: Target; action: Action; expected?: number | undefined; actor: Actor },
): Promise<Bulk> {
  const { db, jobs, clock } = services
  const { action, title } = await checkAction(services, given.action)
  const { total } = await previewBulk(services, { target: given.target, action })
  const isGrave = total > typedAbove || action.kind === 'delete'
  if (given.expected === undefined ? isGrave : given.expected !== total)
    throw conflict('count_differs', `This concerns ${total} contacts. Confirm with this number.`, { total })
  const id = newId()
  await inTransaction(db, async trx => {
    await run(
      trx,
      sql`
      insert into stewardship.bulk (id, title, action, target, at, by, by_id, total)
      values (${id}::bigint, ${title}, ${JSON.stringify(action)}::jsonb, ${JSON.stringify(given.target)}::jsonb,
        ${clock.now()}, ${given.actor.name}, ${given.actor.id}, ${total})`,
    )
    const jobId = await jobs.start(trx, bulkRun, { bulkId: id, title }, { key: id })
    await run(trx, sql`update stewardship.bulk set job_id = ${jobId}::bigint where id = ${id}::bigint`)
    await audit(
      trx,
      given.actor,
      `contacts.bulk-${action.kind}`,
      { kind: 'bulk', id },
      { title, total, target: 'ids' in given.target ? { contacts: given.target.ids.length } : given.target },
    )
  })
  return getBulk(db, id, clock.now())
}

const withUndo = (row: Omit<Bulk, 'undoUntil'>, now: Date): Bulk => {
  const until = new Date(row.at.getTime() + undoDays * 86_400_000)
  const can = row.action.kind !== 'delete' && row.undoJobId === null && row.changed > 0 && until > now
  return { ...row, undoUntil: can ? until : null }
}

export async function getBulk(db: Db, id: string, now: Date): Promise<Bulk> {
  const row = await maybeOne<Omit<Bulk, 'undoUntil'>>(
    db,
    sql`select ${columns} from stewardship.bulk where id = ${id}::bigint`,
  )
  if (!row) throw notFound('bulk change')
  return withUndo(row, now)
}

/** The newest bulk changes. */
export async function listBulks(
  db: Db,
  { before, limit, now }: { before: string | null; limit: number; now: Date },
): Promise<Bulk[]> {
  const rows = await many<Omit<Bulk, 'undoUntil'>>(
    db,
    sql`select ${columns} from stewardship.bulk
      where ${before === null ? sql`true` : sql`id < ${before}::bigint`} order by id desc limit ${limit}`,
  )
  return rows.map(row => withUndo(row, now))
}

/** Takes a bulk change back as a job: earlier values where the new ones still stand. */
export async function undoBulk(services: Services, id: string, actor: Actor): Promise<Bulk> {
  const { db, jobs, clock } = services
  await inTransaction(db, async trx => {
    const bulk = await getBulk(trx, id, clock.now())
    if (!bulk.undoUntil)
      throw conflict(
        'not_undoable',
        `This was taken back already, cannot be, or is older than ${undoDays} days.`,
      )
    await requireStill(trx, bulk)
    const jobId = await jobs.start(trx, bulkUndo, { bulkId: id, title: bulk.title }, { key: id })
    const taken = await run(
      trx,
      sql`update stewardship.bulk set undo_job_id = ${jobId}::bigint where id = ${id}::bigint and undo_job_id is null`,
    )
    if (taken === 0) throw conflict('not_undoable', 'This is being taken back already.')
    await audit(trx, actor, 'contacts.bulk-undo', { kind: 'bulk', id }, { title: bulk.title })
  })
  return getBulk(db, id, clock.now())
}

/** While it runs, what it does next could not be taken back. */
async function requireStill(db: Db, { jobId }: Bulk): Promise<void> {
  const job = (await listJobs(db, 200)).find(({ id }) => id === jobId)
  if (job?.state === 'queued' || job?.state === 'running')
    throw conflict('still_running', 'This is still running. Stop it first, then take it back.')
}
