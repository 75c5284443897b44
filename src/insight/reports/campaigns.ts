import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { mailColumns, mailLines, mailTotalKeys } from './emails.ts'
import { deriveMail, mailBothDays, mailBy, mailTotals } from './mail.ts'
import { linesOf, reportKind, rowsShown, tableOf, totalsOf } from './report.ts'

/** How campaigns did side by side, and with one chosen, its variants against each other. */
export const campaignsReport = reportKind({
  key: 'campaigns',
  title: 'Campaign performance',
  words: 'How campaigns did side by side, and the variants of one against each other.',
  filters: z.object({ campaignId: idSchema.optional() }),
  async run({ db, range }, { campaignId }) {
    const where = campaignId ? sql`mail.campaign_id = ${campaignId}::bigint` : sql`mail.campaign_id <> 0`
    const by = campaignId
      ? {
          key: sql`mail.variant`,
          name: sql`case when mail.variant = '' then 'One for all' else 'Variant ' || chr(64 + mail.variant::int) end`,
          joined: sql``,
        }
      : {
          key: sql`mail.campaign_id`,
          name: sql`coalesce(c.name, 'A deleted campaign')`,
          joined: sql`left join outreach.campaign c on c.id = mail.campaign_id`,
        }
    const [now, before, days, rows] = await Promise.all([
      mailTotals(db, range, where),
      mailTotals(db, range.before, where),
      mailBothDays(db, range, where),
      mailBy(db, range, { ...by, where, limit: rowsShown + 1 }),
    ])
    return {
      totals: totalsOf(mailTotalKeys, now ?? {}, before),
      series: linesOf(mailLines, range, days, deriveMail),
      tables: [
        tableOf({
          key: campaignId ? 'variants' : 'campaigns',
          title: campaignId ? 'By variant' : 'By campaign',
          first: campaignId ? 'Variant' : 'Campaign',
          metrics: mailColumns,
          rows: rows.map(row => ({ ...row, link: campaignId ? null : `/campaigns/${row.key}` })),
        }),
      ],
      notes: [
        'Everything counts on the day on which its message was sent: recent days still gain opens and clicks.',
      ],
    }
  },
})
