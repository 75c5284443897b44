import { z } from 'zod'
import { sql } from '#platform/db/db.ts'
import { idSchema } from '#platform/http/route.ts'
import { deriveMail, mailBothDays, mailBy, mailTotals } from './mail.ts'
import { linesOf, reportKind, rowsShown, tableOf, totalsOf } from './report.ts'

const shown = [
  'sent',
  'delivered',
  'opened',
  'clicked',
  'bounced',
  'unsubscribed',
  'complained',
  'machine_hits',
]
export const mailTotalKeys = [
  ...shown,
  'delivery_rate',
  'open_rate',
  'click_rate',
  'unsubscribe_rate',
  'complaint_rate',
  'bounce_rate',
  'held_back',
  'failed',
  'unknown',
]
export const mailColumns = [
  'sent',
  'delivered',
  'delivery_rate',
  'opened',
  'open_rate',
  'clicked',
  'click_rate',
  'unsubscribed',
  'unsubscribe_rate',
  'bounced',
  'complained',
  'machine_hits',
]
export const mailLines = ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed', 'machine_hits']

/** How emails did, and with one chosen, how its versions did. */
export const emailsReport = reportKind({
  key: 'emails',
  title: 'Email performance',
  words: 'What was sent, what arrived, and what people did with it; machines apart.',
  filters: z.object({ emailId: idSchema.optional() }),
  async run({ db, range }, { emailId }) {
    const where = emailId ? sql`mail.email_id = ${emailId}::bigint` : sql`true`
    const [now, before, days, emails, versions] = await Promise.all([
      mailTotals(db, range, where),
      mailTotals(db, range.before, where),
      mailBothDays(db, range, where),
      mailBy(db, range, {
        key: sql`mail.email_id`,
        name: sql`coalesce(e.name, 'Without an email')`,
        joined: sql`left join outreach.email e on e.id = mail.email_id`,
        where,
        limit: rowsShown + 1,
      }),
      emailId
        ? mailBy(db, range, {
            key: sql`mail.version_id`,
            name: sql`coalesce('Version ' || v.number || ': ' || v.subject, 'Without a version')`,
            joined: sql`left join outreach.email_version v on v.id = mail.version_id`,
            where,
            limit: rowsShown + 1,
          })
        : [],
    ])
    const byEmail = tableOf({
      key: 'emails',
      title: 'By email',
      first: 'Email',
      metrics: mailColumns,
      rows: emails.map(row => ({ ...row, link: row.key === '0' ? null : `/emails/${row.key}` })),
    })
    const byVersion = tableOf({
      key: 'versions',
      title: 'By version',
      first: 'Version',
      metrics: mailColumns,
      rows: versions,
    })
    return {
      totals: totalsOf(mailTotalKeys, now ?? {}, before),
      series: linesOf(mailLines, range, days, deriveMail),
      tables: emailId ? [byVersion] : [byEmail],
      notes: [
        'Everything counts on the day on which its message was sent: recent days still gain opens and clicks.',
      ],
    }
  },
})
