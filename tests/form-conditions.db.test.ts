import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Filter } from '#decisions/filter.ts'
import { matchContacts } from '#decisions/match.ts'
import { type Answer, holds, type Logic } from '../src/capture/forms/logic.ts'
import { contactOf, store } from '../src/decisions/filter.fixture.ts'
import { type TestDatabase, testDatabase } from './harness/database.ts'

// The conditions of forms run in browsers; what they mean is what the filter language means, asked of the database.

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(async () => {
  await base?.stop()
})

const now = new Date('2026-03-29T10:00:00Z')
/** Small vocabularies, so that values meet. */
const words = [
  'DE',
  'de',
  'Ärzte',
  'ärzte',
  'x',
  'a%b',
  '12',
  ' 12 ',
  '7.5',
  '1e3',
  'true',
  'False',
  'yes',
  ' ',
]
const days = ['2026-03-28', '2026-03-29', '2026-02-31', '2024-02-29', '20260329', 'soon']
const numbers = [-3, 0, 0.1, 7.5, 12, 100]
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constantFrom(...words, ...days, ''),
  fc.constantFrom(...numbers),
  fc.boolean(),
  fc.constant(null),
)
const fields = ['x', 'n', 'day'] as const
const answers = fc.record({ x: answer, n: answer, day: answer }, { requiredKeys: [] })

const textOps =
  'is is_not contains does_not_contain starts_with does_not_start_with ends_with does_not_end_with'
const about = fc.constantFrom(...fields)
const choice = fc.array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...numbers)), {
  minLength: 1,
  maxLength: 4,
})
const question = fc.oneof(
  fc.record({ field: about, op: fc.constantFrom(...textOps.split(' ')), value: fc.constantFrom(...words) }),
  fc.record({
    field: about,
    op: fc.constantFrom('is', 'is_not', 'more_than', 'at_least', 'less_than', 'at_most'),
    value: fc.constantFrom(...numbers),
  }),
  fc.record({ field: about, op: fc.constantFrom('is', 'is_not'), value: fc.boolean() }),
  fc.record({ field: about, op: fc.constantFrom('is_any_of', 'is_none_of'), value: choice }),
  fc.record({ field: about, op: fc.constantFrom('is_set', 'is_not_set') }),
  fc.record({
    field: about,
    op: fc.constantFrom('before', 'after', 'on', 'not_on'),
    value: fc.constantFrom('2026-03-28', '2026-03-29', '2024-02-29'),
  }),
)
const logic = fc.letrec<{ tree: Logic }>(tie => {
  const parts = fc.array(tie('tree'), { minLength: 1, maxLength: 3 })
  return {
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      question,
      parts.map(all => ({ all })),
      parts.map(any => ({ any })),
      tie('tree').map(not => ({ not })),
    ),
  }
}).tree

function filterOf(part: Logic): Filter {
  if ('all' in part) return { all: part.all.map(filterOf) }
  if ('any' in part) return { any: part.any.map(filterOf) }
  if ('not' in part) return { not: filterOf(part.not) }
  const { field, ...rest } = part
  return { type: 'field', field: `attrs.${field}`, ...rest } as Filter
}

test('a condition of a form holds in the browser exactly where the filter language says so in the database', async () => {
  const given = fc.sample(answers, { numRuns: 150, seed: 7 })
  const people = fc
    .sample(contactOf(now.getTime()), { numRuns: given.length, seed: 7 })
    .map((contact, i) => ({ ...contact, attrs: given[i] ?? {}, company: null }))
  await store(base.db, people)
  const ids = people.map(each => each.id)
  await fc.assert(
    fc.asyncProperty(fc.array(logic, { minLength: 1, maxLength: 8 }), async conditions => {
      const asks = conditions.map((each, i) => ({ key: String(i), filter: filterOf(each) }))
      const found = await matchContacts(base.db, asks, ids, { now, zone: 'UTC' })
      for (const [i, condition] of conditions.entries()) {
        const here = people.filter(each => holds(condition, each.attrs as Record<string, Answer>))
        assert.deepEqual(new Set(here.map(each => each.id)), found.get(String(i)))
      }
    }),
    { numRuns: 60 },
  )
})
