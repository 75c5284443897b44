import { z } from 'zod'
import { idSchema } from '#platform/http/route.ts'
import { type Club, clubReport, listClubs, segmentClubs } from './growth.ts'
import { eventBothDays, eventTotals } from './people.ts'
import { linesOf, reportKind, totalsOf } from './report.ts'

const segments: Club = {
  came: { metric: 'segment_entered', type: 'segment.entered' },
  went: { metric: 'segment_left', type: 'segment.left' },
  clubs: segmentClubs,
  link: key => `/segments/${key}`,
  first: 'Segment',
  title: 'By segment',
  notes: ['Who matched when the segment was first built is in its size, and entered on no day.'],
}

/** How segments grow and shrink. */
export const segmentsReport = reportKind({
  key: 'segments',
  title: 'Segment growth',
  words: 'Who began and who ceased to match, and how large segments were.',
  filters: z.object({ segmentId: idSchema.optional() }),
  run: (context, { segmentId }) => clubReport(segments, context, segmentId ?? null),
})

const lists: Club = {
  came: { metric: 'list_joined', type: 'list.joined' },
  went: { metric: 'list_left', type: 'list.left' },
  clubs: listClubs,
  link: () => '/settings/lists',
  first: 'List',
  title: 'By list',
  notes: [],
}
const all = {
  types: { new_contacts: 'contact.created', opted_in: 'consent.granted', opted_out: 'consent.withdrawn' },
  key: null,
}

/** Growth and churn: of all we may write to, and of each list. */
export const growthReport = reportKind({
  key: 'growth',
  title: 'Growth and churn',
  words: 'New contacts, opt-ins and opt-outs, and how lists grow and shrink.',
  filters: z.object({ listId: idSchema.optional() }),
  async run(context, { listId }) {
    const byList = await clubReport(lists, context, listId ?? null)
    if (listId) return byList
    const { db, range } = context
    const [now, before, days] = await Promise.all([
      eventTotals(db, range, all),
      eventTotals(db, range.before, all),
      eventBothDays(db, range, all),
    ])
    const keys = Object.keys(all.types)
    return {
      ...byList,
      totals: [
        ...totalsOf(keys, now ?? {}, before),
        // Sizes of lists say nothing together: people are on several.
        ...byList.totals.filter(total => total.metric.startsWith('list_')),
      ],
      series: linesOf(keys, range, days),
    }
  },
})
