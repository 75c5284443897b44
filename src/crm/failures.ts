import { type Db, inTransaction } from '#platform/db/db.ts'
import { freshLink } from './apply.ts'
import type { Failure, WriteOp } from './connector.ts'
import { addHints } from './hints.sql.ts'
import { type IssueKind, raiseAll, troubleOf } from './issues.ts'
import type { Link } from './links.sql.ts'
import { linksOfRecords, saveLinks } from './links.sql.ts'
import { type OutboxRow, postpone } from './outbox.sql.ts'
import { restField } from './schema.ts'
import type { Work } from './sides/side.ts'

/** What is tried again by itself, and how often. */
const passing = new Set<IssueKind>(['throttle', 'transient', 'lock', 'conflict'])
const mostAttempts = 6
const firstWaitMs = 5_000

export type Failed = {
  row: OutboxRow
  op: WriteOp['op'] | 'find'
  link: Link | null
  failure: Omit<Failure, 'kind'> & { kind: IssueKind }
}

/** When it is tried again: twice as late each time, not all at once. */
export function retryAt(now: Date, attempts: number, waitMs = 0): Date {
  const wait = firstWaitMs * 2 ** attempts * (0.75 + Math.random() / 2)
  return new Date(now.getTime() + Math.max(wait, waitMs))
}

/** Decides by its kind what becomes of each element that failed: again later, parked under an issue, or followed up. */
export async function handleFailed(work: Work, failed: Failed[]): Promise<void> {
  if (failed.length === 0) return
  const { services, connection, object, now } = work
  await inTransaction(services.db, async trx => {
    const duplicates = await takeDuplicates(trx, work, failed)
    for (const { failure } of failed)
      if (failure.kind === 'schema')
        for (const field of failure.fields ?? []) await restField(trx, work, field, failure.words)
    // Read again, it shows what is so; a record that is there all the same and still refuses is parked in the end.
    const gone = failed.filter(
      each => each.failure.kind === 'gone' && each.link && each.row.attempts + 1 < mostAttempts,
    )
    await addHints(
      trx,
      connection.id,
      gone.map(({ link }) => ({ type: object.remote, id: link?.remoteId ?? '' })),
      now,
    )
    const again = failed.filter(each => isAgain(each) || duplicates.has(each) || gone.includes(each))
    const parked = failed.filter(each => !again.includes(each))
    const issues = await raiseAll(
      trx,
      connection.id,
      parked.map(({ failure, link, row }) => ({
        ...troubleOf({ ...failure, kind: 'invalid' }, aboutOf(work, row, link)),
        kind: failure.kind,
      })),
      now,
    )
    await postpone(trx, connection.id, [
      ...again.map(({ row, failure }) => ({
        ...row,
        notBefore:
          failure.kind === 'duplicate' || (failure.kind === 'gone' && row.attempts === 0)
            ? now
            : retryAt(now, row.attempts, failure.retryAfterMs),
        issueId: null,
      })),
      ...parked.map(({ row }, i) => ({ ...row, notBefore: null, issueId: issues[i] ?? null })),
    ])
  })
}

const isAgain = ({ failure, row }: Failed) => passing.has(failure.kind) && row.attempts + 1 < mostAttempts

const aboutOf = (work: Work, row: OutboxRow, link: Link | null) => ({
  of: row.kind,
  localId: row.localId,
  remoteType: work.object.remote,
  remoteId: link?.remoteId ?? null,
})

/** The CRM names one record that is there already and nobody else's: it is this one. */
async function takeDuplicates(trx: Db, work: Work, failed: Failed[]): Promise<Set<Failed>> {
  const asked = failed.filter(
    each => each.failure.kind === 'duplicate' && each.op === 'create' && each.failure.existing?.length === 1,
  )
  const refs = asked.flatMap(each => each.failure.existing ?? [])
  const known = await linksOfRecords(trx, work.connection.id, refs)
  const taken = new Set<Failed>()
  const links: Link[] = []
  for (const each of asked) {
    const [ref] = each.failure.existing ?? []
    const isMapped = work.mapping.objects.some(one => one.remote === ref?.type && one.kind === each.row.kind)
    if (!ref || !isMapped || known.has(`${ref.type}\n${ref.id}`)) continue
    links.push({ ...freshLink(work, ref, each.row.localId, new Date(0)), remoteType: ref.type })
    taken.add(each)
  }
  await saveLinks(trx, work.connection.id, links)
  return taken
}
