import { dayIn } from '#decisions/zone-days.ts'
import { type Db, many, sql } from '#platform/db/db.ts'
import { daysBetween } from '../marks.ts'
import { type Range, unitOf, unitsOf } from '../range.ts'
import { type About, comings, eventBothDays, eventDays, growthValues, sizesOf } from './people.ts'
import { linesOf, type Report, rowsShown, tableOf, totalsOf } from './report.ts'

/** `since`: the day of its first publication; before there was nothing to be in. */
type Member = { key: string; name: string; size: number; since: string | null }

/** Something that people come into and go out of: lists and segments are reported alike. */
export type Club = {
  came: { metric: string; type: string }
  went: { metric: string; type: string }
  /** All of them with their members now. */
  clubs(db: Db, zone: string): Promise<Member[]>
  link(key: string): string | null
  first: string
  title: string
  notes: string[]
}

type Ask = { db: Db; range: Range; now: Date }

/** How one club grew, or all of them side by side. */
export async function clubReport(
  club: Club,
  { db, range, now }: Ask,
  key: string | null,
): Promise<Omit<Report, 'report' | 'title' | 'range'>> {
  const about: About = {
    types: { [club.came.metric]: club.came.type, [club.went.metric]: club.went.type },
    key,
  }
  const names = { came: club.came.metric, went: club.went.metric }
  const types = { came: club.came.type, went: club.went.type }
  const [clubs, days, now_, before] = await Promise.all([
    club.clubs(db, range.zone),
    eventBothDays(db, range, about),
    comings(db, range, types),
    range.before ? comings(db, range.before, types) : null,
  ])
  const chosen = clubs.filter(each => key === null || each.key === key)
  const values = (rows: Awaited<ReturnType<typeof comings>>, of: { key: string; size: number }) => {
    const row = rows.find(each => each.key === of.key)
    const size = of.size - (row?.later ?? 0)
    return { came: row?.came ?? 0, went: row?.went ?? 0, size }
  }
  const sum = (rows: Awaited<ReturnType<typeof comings>>) => {
    const all = chosen.map(each => values(rows, each))
    const add = (pick: (each: { came: number; went: number; size: number }) => number) =>
      all.reduce((total, each) => total + pick(each), 0)
    return growthValues(
      { came: add(each => each.came), went: add(each => each.went), size: add(each => each.size) },
      names,
    )
  }
  const metrics = [names.came, names.went, 'net', 'size', 'churn_rate']
  const size = chosen.reduce((total, each) => total + each.size, 0)
  const first = chosen.map(each => each.since ?? '').sort()[0] ?? ''
  const since = first === '' ? null : first
  const lines = linesOf([names.came, names.went], range, days)
  const rows = clubs
    .filter(each => key === null || each.key === key)
    .map(each => ({ ...each, link: club.link(each.key), values: growthValues(values(now_, each), names) }))
    .sort((a, b) => Number(b.values.size) - Number(a.values.size))
  return {
    totals: totalsOf(metrics, sum(now_), before && sum(before)),
    series: {
      ...lines,
      lines: [...lines.lines, await sizeLine(db, { range, now, about, names, size, since })],
    },
    tables: [
      tableOf({
        key: 'rows',
        title: club.title,
        first: club.first,
        metrics,
        rows: rows.slice(0, rowsShown + 1),
      }),
    ],
    notes: ['People who were erased are in no number, as if they had never been here.', ...club.notes],
  }
}

/** The size at the end of each unit; days after the range are walked back over, too. */
async function sizeLine(
  db: Db,
  ask: {
    range: Range
    now: Date
    about: About
    names: { came: string; went: string }
    size: number
    since: string | null
  },
): Promise<Report['series']['lines'][number]> {
  const { range, about, names } = ask
  const today = dayIn(range.zone, ask.now)
  const last = today > range.to ? today : range.to
  const known = new Map(
    (await eventDays(db, { from: range.from, to: last }, about)).map(row => [row.day, row]),
  )
  const days = daysBetween(range.from, last).map(day => known.get(day) ?? { day })
  const sizes = sizesOf(days, ask.size, names)
  const points = unitsOf(range, range.unit)
  const ends = new Map<string, number>()
  for (const day of daysBetween(range.from, range.to)) {
    if (day <= today && day >= (ask.since ?? '')) ends.set(unitOf(day, range.unit), sizes.get(day) ?? 0)
  }
  return { metric: 'size', values: points.map(point => ends.get(point) ?? null), before: null }
}

/** Lists with their members now. */
export function listClubs(db: Db): Promise<Member[]> {
  return many(
    db,
    sql`select l.id::text as key, l.name, coalesce(m.n, 0)::float8 as size, null as since from audience.list l
      left join (select list_id, count(*) as n from audience.list_member group by list_id) m on m.list_id = l.id
      where l.archived_at is null order by lower(l.name) limit 1000`,
  )
}

/** Live segments with their members now. */
export function segmentClubs(db: Db, zone: string): Promise<Member[]> {
  return many(
    db,
    sql`select s.id::text as key, s.name, coalesce(m.n, 0)::float8 as size,
        (select (min(v.published_at) at time zone ${zone})::date::text from decisions.segment_version v where v.segment_id = s.id) as since
      from decisions.segment s
      left join (select segment_id, count(*) as n from decisions.segment_member group by segment_id) m on m.segment_id = s.id
      where s.status in ('live', 'paused') order by lower(s.name) limit 1000`,
  )
}
