import { type Db, many, one, run, sql } from '#platform/db/db.ts'

/** What a visitor did on a page within one day, as far as it is new. */
export type VisitRow = {
  pageId: string
  day: string
  visitor: string
  variant: string
  source: string
  medium: string
  campaign: string
  click: string
  referrer: string
  device: string
  isBot: boolean
  at: Date
  views: number
  scroll: number
  seconds: number
}

/** The salt of a day (`2026-11-23`), made by whoever asks first. */
export async function saltOf(db: Db, day: string, fresh: Buffer): Promise<string> {
  await run(
    db,
    sql`insert into capture.page_salt (day, salt) values (${day}::date, ${fresh}) on conflict do nothing`,
  )
  const { salt } = await one<{ salt: string }>(
    db,
    sql`select encode(salt, 'hex') as salt from capture.page_salt where day = ${day}::date`,
  )
  return salt
}

/** Forgets salts from before yesterday: what they were made for can be linked to nobody any more. */
export async function dropSalts(db: Db, day: string): Promise<void> {
  await run(db, sql`delete from capture.page_salt where day < ${day}::date - 1`)
}

/** Visits older than this many days are deleted; a comparison with the year before is still possible. */
export async function dropVisits(db: Db, day: string): Promise<void> {
  await run(db, sql`delete from capture.page_visit where day < ${day}::date - 400`)
}

const column = <K extends keyof VisitRow>(rows: VisitRow[], name: K) => rows.map(row => row[name])

/** Adds to visits, or begins them. */
export async function addVisits(db: Db, rows: VisitRow[]): Promise<void> {
  await run(
    db,
    sql`
    insert into capture.page_visit (page_id, day, visitor_hash, variant, source, medium, campaign, click, referrer,
      last_source, last_campaign, device, is_bot, first_at, last_at, views, scroll, seconds)
    select page_id, day, decode(visitor, 'hex'), variant, source, medium, campaign, click, referrer, source, campaign,
      device, is_bot, at, at, views, scroll, seconds
    from unnest(${column(rows, 'pageId')}::bigint[], ${column(rows, 'day')}::date[], ${column(rows, 'visitor')}::text[],
      ${column(rows, 'variant')}::text[], ${column(rows, 'source')}::text[], ${column(rows, 'medium')}::text[],
      ${column(rows, 'campaign')}::text[], ${column(rows, 'click')}::text[], ${column(rows, 'referrer')}::text[],
      ${column(rows, 'device')}::text[], ${column(rows, 'isBot')}::boolean[], ${column(rows, 'at')}::timestamptz[],
      ${column(rows, 'views')}::int[], ${column(rows, 'scroll')}::int[], ${column(rows, 'seconds')}::int[])
      as given(page_id, day, visitor, variant, source, medium, campaign, click, referrer, device, is_bot, at, views,
        scroll, seconds)
    -- A signal alone begins no visit: nobody was shown anything.
    where views > 0
    order by page_id, day, visitor
    on conflict (page_id, day, visitor_hash) do update set
      views = page_visit.views + excluded.views, last_at = greatest(page_visit.last_at, excluded.last_at),
      last_source = case when excluded.source = '' then page_visit.last_source else excluded.source end,
      last_campaign = case when excluded.source = '' then page_visit.last_campaign else excluded.campaign end`,
  )
  const signals = rows.filter(row => row.scroll > 0 || row.seconds > 0)
  if (signals.length > 0) await addSignals(db, signals)
}

async function addSignals(db: Db, rows: VisitRow[]): Promise<void> {
  await run(
    db,
    sql`
    update capture.page_visit v set scroll = greatest(v.scroll, given.scroll), seconds = greatest(v.seconds, given.seconds)
    from unnest(${column(rows, 'pageId')}::bigint[], ${column(rows, 'day')}::date[], ${column(rows, 'visitor')}::text[],
      ${column(rows, 'scroll')}::int[], ${column(rows, 'seconds')}::int[]) as given(page_id, day, visitor, scroll, seconds)
    where v.page_id = given.page_id and v.day = given.day and v.visitor_hash = decode(given.visitor, 'hex')`,
  )
}

export type ConversionRow = { pageId: string; day: string; visitor: string; at: Date }

/** Marks visits in which somebody did what the page is for. Who was not seen on the page did not. */
export async function addConversions(db: Db, rows: ConversionRow[]): Promise<void> {
  await run(
    db,
    sql`
    update capture.page_visit v set converted_at = coalesce(v.converted_at, given.at), conversions = v.conversions + given.n
    from (
      select page_id, day, visitor, min(at) as at, count(*)::int as n
      from unnest(${rows.map(row => row.pageId)}::bigint[], ${rows.map(row => row.day)}::date[],
        ${rows.map(row => row.visitor)}::text[], ${rows.map(row => row.at)}::timestamptz[])
        as one(page_id, day, visitor, at)
      group by page_id, day, visitor) given
    where v.page_id = given.page_id and v.day = given.day and v.visitor_hash = decode(given.visitor, 'hex')`,
  )
}

export type VariantCount = { variant: string; visitors: number; conversions: number }

/** Human visitors and those who converted, by variant, since a moment. */
export function countVariants(db: Db, pageId: string, since: Date): Promise<VariantCount[]> {
  return many(
    db,
    sql`
    select variant, count(*)::int as visitors, count(converted_at)::int as conversions
    from capture.page_visit where page_id = ${pageId}::bigint and not is_bot and first_at >= ${since}
    group by variant order by variant`,
  )
}
