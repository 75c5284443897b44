import { type Db, many, one, sql } from '#platform/db/db.ts'

export type Totals = {
  visitors: number
  views: number
  converted: number
  bounced: number
  /** Median of the deepest scroll in percent and of the seconds of those who told us. */
  scroll: number | null
  seconds: number | null
  bots: number
}

/** What humans did on a page since a day (`2026-11-23`), and how many machines came besides. */
export function selectTotals(db: Db, pageId: string, since: string): Promise<Totals> {
  return one(
    db,
    sql`
    select count(*) filter (where not is_bot)::int as visitors,
      coalesce(sum(views) filter (where not is_bot), 0)::int as views,
      count(converted_at) filter (where not is_bot)::int as converted,
      -- Gone after one look of less than ten seconds, without having done what the page is for.
      count(*) filter (where not is_bot and views = 1 and seconds < 10 and converted_at is null)::int as bounced,
      (percentile_cont(0.5) within group (order by scroll) filter (where not is_bot and scroll > 0))::int as scroll,
      (percentile_cont(0.5) within group (order by seconds) filter (where not is_bot and scroll > 0))::int as seconds,
      count(*) filter (where is_bot)::int as bots
    from capture.page_visit where page_id = ${pageId}::bigint and day >= ${since}::date`,
  )
}

/** Human visitors of these pages since a day, and those who did what the page is for. Pages without any are left out. */
export function countPages(
  db: Db,
  ids: string[],
  since: string,
): Promise<{ pageId: string; visitors: number; converted: number }[]> {
  return many(
    db,
    sql`
    select page_id as "pageId", count(*)::int as visitors, count(converted_at)::int as converted
    from capture.page_visit where page_id = any(${ids}::bigint[]) and day >= ${since}::date and not is_bot
    group by page_id`,
  )
}

export type DayRow = { day: string; visitors: number; converted: number }

export function selectDays(db: Db, pageId: string, since: string): Promise<DayRow[]> {
  return many(
    db,
    sql`
    select day::text, count(*)::int as visitors, count(converted_at)::int as converted
    from capture.page_visit where page_id = ${pageId}::bigint and day >= ${since}::date and not is_bot
    group by day order by day`,
  )
}

export type SourceRow = {
  source: string
  medium: string
  campaign: string
  visitors: number
  converted: number
}

/** Where visitors came from: at their first look of the day, or at their last. */
export function selectSources(
  db: Db,
  pageId: string,
  { since, touch }: { since: string; touch: 'first' | 'last' },
): Promise<SourceRow[]> {
  const columns =
    touch === 'first'
      ? sql`source, medium, campaign`
      : sql`last_source as source, case when last_source = source then medium else '' end as medium, last_campaign as campaign`
  return many(
    db,
    sql`
    select source, medium, campaign, count(*)::int as visitors, count(converted_at)::int as converted
    from (select ${columns}, converted_at from capture.page_visit
      where page_id = ${pageId}::bigint and day >= ${since}::date and not is_bot) v
    group by source, medium, campaign order by visitors desc, source, campaign limit 50`,
  )
}

export function selectDevices(
  db: Db,
  pageId: string,
  since: string,
): Promise<{ device: string; visitors: number; converted: number }[]> {
  return many(
    db,
    sql`
    select device, count(*)::int as visitors, count(converted_at)::int as converted
    from capture.page_visit where page_id = ${pageId}::bigint and day >= ${since}::date and not is_bot
    group by device order by visitors desc`,
  )
}
