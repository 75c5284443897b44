import { type Db, many, sql } from '#platform/db/db.ts'
import type { CampaignSettings } from './definition.ts'

export type Candidate = {
  contactId: string
  /** In how many of the chosen segments and lists. */
  times: number
  /** The first that keeps it out: `segment:1`, `list:2`, `campaign:3`. */
  excludedBy: string | null
}

/**
 * The next contacts of an audience in the order of their ids, with what keeps them out: one statement, index ranges
 * only. A contact in several of the chosen segments and lists comes once.
 */
export function selectCandidates(
  db: Db,
  { include, exclude }: CampaignSettings,
  page: { after: string; limit: number },
): Promise<Candidate[]> {
  return many(
    db,
    sql`
    with member as (
      select found.contact_id from unnest(${include.segments}::bigint[]) as source (id)
      cross join lateral (
        select m.contact_id from decisions.segment_member m
        where m.segment_id = source.id and m.contact_id > ${page.after}::bigint order by m.contact_id limit ${page.limit}) found
      union all
      select found.contact_id from unnest(${include.lists}::bigint[]) as source (id)
      cross join lateral (
        select m.contact_id from audience.list_member m
        where m.list_id = source.id and m.contact_id > ${page.after}::bigint order by m.contact_id limit ${page.limit}) found),
    candidate as (
      select contact_id, count(*)::int as times from member group by contact_id order by contact_id limit ${page.limit})
    select c.contact_id as "contactId", c.times, coalesce(
      (select 'segment:' || min(m.segment_id) from decisions.segment_member m
        where m.contact_id = c.contact_id and m.segment_id = any(${exclude.segments}::bigint[])),
      (select 'list:' || min(m.list_id) from audience.list_member m
        where m.contact_id = c.contact_id and m.list_id = any(${exclude.lists}::bigint[])),
      (select 'campaign:' || min(r.campaign_id) from outreach.campaign_recipient r
        join outreach.message m on m.contact_id = r.contact_id and m.id = r.message_id
        where r.contact_id = c.contact_id and r.campaign_id = any(${exclude.campaigns}::bigint[])
          and m.state in ('sending', 'sent', 'unknown'))) as "excludedBy"
    from candidate c order by c.contact_id`,
  )
}

/** The members of what is included, one by one: an upper bound of the audience, for progress. */
export async function countNamed(db: Db, { include }: CampaignSettings): Promise<number> {
  const [row] = await many<{ n: number }>(
    db,
    sql`
    select ((select count(*) from decisions.segment_member m where m.segment_id = any(${include.segments}::bigint[]))
      + (select count(*) from audience.list_member m where m.list_id = any(${include.lists}::bigint[])))::int as n`,
  )
  return row?.n ?? 0
}

/** Segments among these whose members are just being found. */
export async function selectBuilding(db: Db, segmentIds: string[]): Promise<string[]> {
  const rows = await many<{ name: string }>(
    db,
    sql`
    select s.name from decisions.segment s
    where s.id = any(${segmentIds}::bigint[]) and s.status = 'live' and s.built_to is not null`,
  )
  return rows.map(row => row.name)
}
