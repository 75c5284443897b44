import { type Db, many, sql } from '#platform/db/db.ts'

/** Something live that somebody answers for. `kind` is the word in its address: `workflows`, `segments` ... */
export type Review = {
  kind: string
  id: string
  name: string
  ownerId: string | null
  ownerName: string | null
  reviewOn: string
  overdue: boolean
  /** The day on which it is paused if nobody looks at it; only workflows are. */
  pausesOn: string | null
  /** It was paused because nobody did. */
  paused: boolean
}

/** A workflow whose review is overdue by so many days is paused. */
export const graceDays = 14

/** Everything that is live, the most overdue review first; those of one person, or of all. */
export function listReviews(
  db: Db,
  ask: { ownerId: string | null; today: string; limit: number },
): Promise<Review[]> {
  return many(
    db,
    sql`
    select d.kind, d.id, d.name, d.owner_id as "ownerId", u.name as "ownerName", d.review_on::text as "reviewOn",
      d.review_on <= ${ask.today}::date as overdue, d.status = 'paused' as paused,
      case when d.kind = 'workflows' and d.status = 'live' then (d.review_on + ${graceDays}::int)::text end as "pausesOn"
    from (
      select 'segments' as kind, id::text, name, owner_id, review_on, status from decisions.segment where status = 'live'
      union all select 'scoring', id::text, name, owner_id, review_on, status from decisions.score_model where status = 'live'
      union all select 'emails', id::text, name, owner_id, review_on, status from outreach.email where status = 'live'
      union all select 'forms', id::text, name, owner_id, review_on, status from capture.form where status = 'live'
      union all select 'pages', id::text, name, owner_id, review_on, status from capture.page where status = 'live'
      union all select 'campaigns', id::text, name, owner_id, review_on, 'live' from outreach.campaign
        where status in ('scheduled', 'running', 'paused')
      union all select 'alerts', id::text, name, owner_id, review_on, status from crm.alert_rule where status = 'live'
      union all select 'crm', id::text, name, owner_id, review_on, status from crm.connection where status = 'live'
      union all select 'workflows', id::text, name, owner_id, review_on, status from workflows.workflow
        where status = 'live' or (status = 'paused' and review_on + ${graceDays}::int <= ${ask.today}::date)) d
    left join access."user" u on u.id = d.owner_id
    where d.review_on is not null and ${ask.ownerId === null ? sql`true` : sql`d.owner_id = ${ask.ownerId}`}
    order by d.review_on, d.name limit ${ask.limit}`,
  )
}
