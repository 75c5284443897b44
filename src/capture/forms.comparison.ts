import { audit } from '#access/audit.ts'
import { setReferences } from '#access/references.ts'
import { systemActor } from '#access/users.ts'
import { type Conclusion, compare, conclude } from '#outreach/experiments.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import type { Actor } from '#platform/http/route.ts'
import type { Services } from '#platform/services.ts'
import {
  changeForm,
  type FormRow,
  type FormTest,
  selectFormVersion,
  selectOpenTests,
} from './forms/forms.sql.ts'
import { countVersions } from './forms/views.sql.ts'
import { getForm, lockOne, usesOf } from './forms.ts'

export type TestAsk = Pick<FormTest, 'number' | 'weight' | 'minimum' | 'confidence' | 'autoStop'>

/**
 * Shows another published version to a share of the visitors. Refuses a form that is not live, one that is tested
 * already, and the live version beside itself. Throws `wrong_status`, `invalid`, `not_found`.
 */
export async function startFormTest(
  db: Db,
  actor: Actor,
  id: string,
  ask: TestAsk,
  now: Date,
): Promise<FormRow> {
  return inTransaction(db, async trx => {
    const form = await lockOne(trx, id)
    if (form.status !== 'live') throw conflict('wrong_status', 'Only a form that is live can be tested.')
    if (form.test) throw conflict('wrong_status', 'A test runs already. End it first.')
    if (ask.number === form.liveVersion)
      throw invalid('This version is live already.', [{ path: 'number', message: 'is the live version' }])
    const other = await selectFormVersion(trx, id, ask.number)
    if (!other) throw notFound('version')
    await changeForm(
      trx,
      id,
      { test: { ...ask, startedAt: now.toISOString(), startedBy: actor.name } },
      { name: actor.name, now },
    )
    await refer(trx, form, [form.liveVersion, ask.number])
    await audit(trx, actor, 'forms.test.start', { kind: 'form', id }, { ...ask })
    return getForm(trx, id)
  })
}

/** Nothing that either of these versions relies on may be taken away. */
async function refer(trx: Db, { id, name }: FormRow, numbers: (number | null)[]): Promise<void> {
  const versions = await Promise.all(numbers.map(number => selectFormVersion(trx, id, number ?? 0)))
  const things = versions.flatMap(version => (version ? usesOf(version.document) : []))
  const unique = new Map(things.map(thing => [`${thing.kind}:${thing.id}`, thing]))
  await setReferences(trx, { kind: 'form', id, name }, [...unique.values()])
}

/** Ends the test: from now on everybody gets this version. Throws `wrong_status` and `invalid`. */
export async function concludeFormTest(
  db: Db,
  actor: Actor,
  id: string,
  winner: number,
  now: Date,
): Promise<FormRow> {
  return inTransaction(db, async trx => {
    const form = await lockOne(trx, id)
    if (!form.test) throw conflict('wrong_status', 'No test runs.')
    if (winner !== form.test.number && winner !== form.liveVersion)
      throw invalid('The test has no such version.', [{ path: 'winner', message: 'is none of its versions' }])
    await changeForm(trx, id, { liveVersion: winner, test: null }, { name: actor.name, now })
    await refer(trx, form, [winner])
    const { number, startedAt } = form.test
    await audit(
      trx,
      actor,
      'forms.test.conclude',
      { kind: 'form', id },
      { winner, tried: [form.liveVersion, number], startedAt },
    )
    return getForm(trx, id)
  })
}

export type TriedVersion = {
  number: number
  isLive: boolean
  /** Percent that see it. */
  weight: number
  views: number
  starts: number
  completions: number
  rate: number
  /** 95 %, Wilson. */
  low: number
  high: number
  /** Probability to have the highest true rate. */
  best: number
}
type Comparison = { versions: TriedVersion[]; conclusion: Conclusion }

/** How the two versions of a test do among humans since it began, and what may be concluded. */
export async function compareVersions(
  db: Db,
  { id, liveVersion, test }: FormRow,
  now: Date,
): Promise<Comparison> {
  if (!test || liveVersion === null)
    return { versions: [], conclusion: { winner: null, words: 'One version is shown: nothing is compared.' } }
  const to = new Date(now.getTime() + 1)
  const counts = await countVersions(db, { formId: id, from: new Date(test.startedAt), to })
  const tried = [
    { number: liveVersion, weight: 100 - test.weight },
    { number: test.number, weight: test.weight },
  ].map(each => {
    const { views = 0, starts = 0, completions = 0 } = counts.find(row => row.version === each.number) ?? {}
    return { ...each, views, starts, completions }
  })
  const compared = compare(tried.map(({ views, completions }) => ({ n: views, hits: completions })))
  const numberOf = (variant: number) => tried[variant - 1]?.number ?? 0
  const found = conclude(compared, test, {
    counted: 'showings of each version are needed,',
    nameOf: variant => `version ${numberOf(variant)}`,
  })
  const versions = tried.map((each, place) => {
    const { rate = 0, low = 0, high = 1, best = 0 } = compared[place] ?? {}
    return { ...each, isLive: each.number === liveVersion, rate, low, high, best }
  })
  const words = found.words.charAt(0).toUpperCase() + found.words.slice(1)
  return { versions, conclusion: { winner: found.winner === null ? null : numberOf(found.winner), words } }
}

/** Ends the tests that are to end by themselves and have a winner. */
export async function endFormTests({ db, clock }: Services): Promise<void> {
  for (const { id } of await selectOpenTests(db)) {
    const { conclusion } = await compareVersions(db, await getForm(db, id), clock.now())
    if (conclusion.winner !== null)
      await concludeFormTest(db, systemActor, id, conclusion.winner, clock.now())
  }
}
