import { type Db, many, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'

export type NoticeKind = 'review_due' | 'pause_ahead' | 'paused'
export type Notice = {
  id: string
  kind: NoticeKind
  words: string
  subjectKind: string
  subjectId: string
  at: Date
}
/** `key` tells the same news apart from new news: it is told once. */
export type NewNotice = {
  userIds: string[]
  kind: NoticeKind
  key: string
  words: string
  subject: { kind: string; id: string }
}

/** Tells people something once; whoever has been told hears nothing. */
export async function notify(trx: Db, notices: NewNotice[], now: Date): Promise<void> {
  const rows = notices.flatMap(({ userIds, ...notice }) => userIds.map(userId => ({ userId, ...notice })))
  if (rows.length === 0) return
  await run(
    trx,
    sql`
    insert into stewardship.notice (id, user_id, kind, key, subject_kind, subject_id, words, at)
    select id, user_id, kind, key, subject_kind, subject_id, words, ${now}
    from unnest(${rows.map(() => newId())}::bigint[], ${rows.map(row => row.userId)}::text[], ${rows.map(row => row.kind)}::text[],
      ${rows.map(row => row.key)}::text[], ${rows.map(row => row.subject.kind)}::text[], ${rows.map(row => row.subject.id)}::text[],
      ${rows.map(row => row.words)}::text[]) as fresh (id, user_id, kind, key, subject_kind, subject_id, words)
    on conflict (user_id, key) do nothing`,
  )
}

/** What somebody has not put away yet, the newest first. */
export function listNotices(db: Db, userId: string): Promise<Notice[]> {
  return many(
    db,
    sql`select id, kind, words, subject_kind as "subjectKind", subject_id as "subjectId", at from stewardship.notice
      where user_id = ${userId} and read_at is null order by id desc limit 50`,
  )
}

/** False where there is no such notice for this person. */
export async function readNotice(db: Db, ask: { userId: string; id: string; now: Date }): Promise<boolean> {
  const changed = await run(
    db,
    sql`update stewardship.notice set read_at = coalesce(read_at, ${ask.now})
      where id = ${ask.id}::bigint and user_id = ${ask.userId}`,
  )
  return changed === 1
}
