import { sql } from '#platform/db/db.ts'

/**
 * The lines in which messages wait, for every lane: what is urgent, what belongs to no campaign, and one line for
 * each campaign that runs. What waits in a campaign that is paused or stopped stands in no line: it is neither
 * claimed nor walked through, however much it is, from the moment its one row says so.
 */
export const lines = sql`(
  select 0::smallint as urgency, 0::bigint as campaign_id, null::timestamptz as resumed_at
  union all select 1::smallint, 0::bigint, null
  union all select 1::smallint, c.id, c.resumed_at from outreach.campaign c where c.status = 'running')`
