import { type Db, many, type RawBuilder, sql } from '#platform/db/db.ts'
import { mailMetrics } from '../metrics.mail.ts'
import { type MailCount, withShares } from '../metrics.ts'
import type { Range, Span } from '../range.ts'
import type { Day, Values } from './report.ts'

const sums = sql.raw(
  mailMetrics.map(({ key }) => `coalesce(sum(mail.${key}), 0)::float8 as ${key}`).join(', '),
)
const noCounts: Record<string, number> = Object.fromEntries(mailMetrics.map(({ key }) => [key, 0]))

/** Which messages: rows of `insight.mail_day` under the name `mail`. */
export type MailWhere = RawBuilder<unknown>

const inSpan = ({ from, to }: Span) => sql`mail.day between ${from}::date and ${to}::date`

/** All metrics of messages in a span. */
export async function mailTotals(db: Db, span: Span | null, where: MailWhere): Promise<Values | null> {
  if (!span) return null
  const [row] = await many<Record<MailCount, number>>(
    db,
    sql`select ${sums} from insight.mail_day mail where ${inSpan(span)} and ${where}`,
  )
  return row ? withShares(row) : null
}

export function mailDays(db: Db, span: Span, where: MailWhere): Promise<Day[]> {
  return many<Day>(
    db,
    sql`select mail.day::text as day, ${sums} from insight.mail_day mail
      where ${inSpan(span)} and ${where} group by mail.day order by mail.day`,
  )
}

/** Days of the range and of the time before it. */
export async function mailBothDays(
  db: Db,
  range: Range,
  where: MailWhere,
): Promise<{ now: Day[]; before: Day[] | null }> {
  return {
    now: await mailDays(db, range, where),
    before: range.before ? await mailDays(db, range.before, where) : null,
  }
}

export const deriveMail = (counts: Record<string, number>): Values =>
  withShares({ ...noCounts, ...counts } as Record<MailCount, number>)

/** Metrics of messages by something, most sent first. `key` and `name` are columns over `mail` and `joined`. */
export async function mailBy(
  db: Db,
  span: Span,
  ask: {
    key: RawBuilder<unknown>
    name: RawBuilder<unknown>
    joined: RawBuilder<unknown>
    where: MailWhere
    limit: number
  },
): Promise<{ key: string; name: string; values: Values }[]> {
  const rows = await many<Record<MailCount, number> & { key: string; name: string }>(
    db,
    sql`select (${ask.key})::text as key, max(${ask.name})::text as name, ${sums}
      from insight.mail_day mail ${ask.joined} where ${inSpan(span)} and ${ask.where}
      group by 1 order by sum(mail.sent) desc, 1 limit ${ask.limit}`,
  )
  return rows.map(({ key, name, ...counts }) => ({ key, name, values: deriveMail(counts) }))
}
