import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { providerName } from '../providers.ts'
import { deriveMail, mailBothDays, mailBy, mailTotals } from './mail.ts'
import { linesOf, reportKind, rowsShown, tableOf, totalsOf } from './report.ts'

const columns = [
  'sent',
  'delivered',
  'delivery_rate',
  'deferred',
  'defer_rate',
  'bounced_hard',
  'bounced_soft',
  'bounce_rate',
  'complained',
  'complaint_rate',
  'open_rate',
  'click_rate',
]

/** Whether mail arrives, by who receives it. */
export const deliverabilityReport = reportKind({
  key: 'deliverability',
  title: 'Deliverability',
  words: 'Whether mail arrives, by the provider that receives it.',
  filters: z.object({ provider: z.string().max(255).optional() }),
  async run({ db, range }, { provider }) {
    const where = provider === undefined ? sql`true` : sql`mail.provider = ${provider}`
    const [now, before, days, rows] = await Promise.all([
      mailTotals(db, range, where),
      mailTotals(db, range.before, where),
      mailBothDays(db, range, where),
      mailBy(db, range, {
        key: sql`mail.provider`,
        name: sql`mail.provider`,
        joined: sql``,
        where,
        limit: rowsShown + 1,
      }),
    ])
    return {
      totals: totalsOf(
        [
          'sent',
          'delivered',
          'delivery_rate',
          'deferred',
          'bounced',
          'bounce_rate',
          'complained',
          'complaint_rate',
        ],
        now ?? {},
        before,
      ),
      series: linesOf(['sent', 'delivered', 'bounced', 'deferred', 'complained'], range, days, deriveMail),
      tables: [
        tableOf({
          key: 'providers',
          title: 'By receiving provider',
          first: 'Provider',
          metrics: columns,
          rows: rows.map(row => ({ ...row, name: providerName(row.key) })),
        }),
      ],
      notes: [
        'A provider that sees complaints on more than 0.3 % of what it delivers begins to put mail into the spam folder.',
      ],
    }
  },
})
