import { audit } from '#access/audit.ts'
import { requireSteward } from '#access/ownership.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { AppError, invalid } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import { changePage, type PageRow } from './pages/pages.sql.ts'
import { checkPage, getPage, lockAt, type Steward } from './pages.ts'

/**
 * Says when the draft goes live by itself and when the page leaves the street. What stands in the way of going live
 * is refused now; what comes up until then stops it at its time, and the page says so.
 */
export async function schedulePage(
  db: Db,
  actor: Actor,
  id: string,
  given: Steward & { publishAt: string | null; unpublishAt: string | null },
  now: Date,
): Promise<PageRow> {
  const publishAt = given.publishAt === null ? null : new Date(given.publishAt)
  const unpublishAt = given.unpublishAt === null ? null : new Date(given.unpublishAt)
  const wrong = [
    ...(publishAt && publishAt <= now ? [{ path: 'publishAt', message: 'must lie ahead' }] : []),
    ...(unpublishAt && unpublishAt <= (publishAt ?? now)
      ? [{ path: 'unpublishAt', message: 'must lie ahead, and after the page goes live' }]
      : []),
  ]
  if (wrong.length > 0) throw invalid('These dates do not fit.', wrong)
  return inTransaction(db, async trx => {
    const page = await lockAt(trx, id, given.version)
    await requireSteward(trx, given, now)
    const { problems } = publishAt ? await checkPage(trx, page) : { problems: [] }
    if (problems.length > 0)
      throw new AppError('not_publishable', 'The page cannot go live like this.', {
        status: 422,
        fields: problems,
      })
    const { ownerId, reviewOn } = given
    const publishBy = publishAt ? { actorId: actor.id, actorName: actor.name, ownerId, reviewOn } : null
    await changePage(
      trx,
      id,
      { publishAt, publishBy, unpublishAt, scheduleWords: null },
      { name: actor.name, now },
    )
    await audit(
      trx,
      actor,
      'pages.schedule',
      { kind: 'page', id },
      {
        publishAt: given.publishAt,
        unpublishAt: given.unpublishAt,
      },
    )
    return getPage(trx, id)
  })
}
