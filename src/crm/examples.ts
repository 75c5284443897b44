import type { Judged } from './apply.ts'
import type { LoadReport } from './connections.sql.ts'
import type { Work } from './sides/side.ts'

const mostExamples = 3

/** A few of each, for the report of a dry run. */
export function examplesOf({ object }: Work, judged: Judged[]): LoadReport['examples'] {
  const of = (what: string, some: Judged[]) =>
    some.slice(0, mostExamples).map(({ link, merged, ours, theirs }) => ({
      object: object.remote,
      what,
      remoteId: link.remoteId,
      localId: link.localId,
      detail: {
        ours,
        theirs,
        here: merged?.here ?? {},
        there: merged?.there ?? {},
        conflicts: merged?.clashes ?? [],
      },
    }))
  const fresh = judged.filter(each => each.isFirst)
  return [
    ...of(
      'conflict',
      judged.filter(each => (each.merged?.clashes.length ?? 0) > 0),
    ),
    ...of(
      'new',
      fresh.filter(each => each.isNew),
    ),
    ...of(
      'match',
      fresh.filter(each => !each.isNew),
    ),
  ]
}
