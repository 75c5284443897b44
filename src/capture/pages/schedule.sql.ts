import { type Db, many, one, sql } from '#platform/db/db.ts'

/** Pages that are to go live or to leave the street by now, the longest overdue first. */
export function selectScheduled(db: Db, now: Date): Promise<{ id: string }[]> {
  return many(
    db,
    sql`
    select id from capture.page
    where publish_at <= ${now} or (unpublish_at <= ${now} and status = 'live')
    order by least(publish_at, unpublish_at) limit 50`,
  )
}

/** When the next page goes live or leaves the street. */
export async function nextScheduled(db: Db, now: Date): Promise<Date | null> {
  const { at } = await one<{ at: Date | null }>(
    db,
    sql`
    select least(min(publish_at) filter (where publish_at > ${now}),
      min(unpublish_at) filter (where unpublish_at > ${now} and (status = 'live' or publish_at is not null))) as at
    from capture.page`,
  )
  return at
}

/** Live pages whose test ends by itself and has not ended yet. */
export function selectOpenTests(db: Db): Promise<{ id: string }[]> {
  return many(
    db,
    sql`
    select p.id from capture.page p
    join capture.page_version v on v.page_id = p.id and v.number = p.live_version
    where p.status = 'live' and p.decision is null and v.document #>> '{test,autoStop}' = 'true'
      and jsonb_array_length(v.document #> '{test,alternatives}') > 0`,
  )
}
