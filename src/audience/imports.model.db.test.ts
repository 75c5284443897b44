import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { many, one, run, sql } from '#platform/db/db.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { normalizeAddress } from './address.ts'
import { openImports } from './imports.fixture.ts'

let base: TestDatabase
let imports: Awaited<ReturnType<typeof openImports>>
before(async () => {
  base = await testDatabase({ max: 12 })
  imports = await openImports(base)
})
after(async () => {
  await imports?.stop()
  await base?.stop()
})

/** Few people and few values, so that rows meet each other; spellings, nonsense and nothing among them. */
const address = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 5 }).map(n => `p${n}@model.example`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 5 }).map(n => ` P${n}@MODEL.example `) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'nobody', 'a@b', '"x"@model.example', '=1+1', 'a,b@c.example'),
  },
)
const name = fc.constantFrom('', 'Ann', 'Bob', 'line one\nline "two"; three', "'=1+1", '\u0000')
const row = fc.tuple(address, name, fc.constantFrom('', '1', '2', 'many'))
const file = fc.array(row, { minLength: 1, maxLength: 14 })
const mode = fc.constantFrom('overwrite' as const, 'fill' as const, 'skip' as const)

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`
const textOf = (rows: string[][]) =>
  ['email,first_name,model_size', ...rows.map(cells => cells.map(quote).join(','))].join('\r\n')

type Person = { first: string | null; size: number | null }
type Tally = { rows: number; added: number; updated: number; unchanged: number; rejected: number }

/** What must come of a file, row by row, in the plainest way. */
function expect(rows: string[][], people: Map<string, Person>, how: 'overwrite' | 'fill' | 'skip'): Tally {
  const tally = { rows: rows.length, added: 0, updated: 0, unchanged: 0, rejected: 0 }
  for (const [email = '', first = '', size = ''] of rows) {
    const who = normalizeAddress(email)
    const said = { first: cleaned(first), size: size === '' ? null : Number(size) }
    const before = who === null ? undefined : people.get(who)
    if (who === null || Number.isNaN(said.size)) tally.rejected += 1
    else if (!before) {
      tally.added += 1
      people.set(who, said)
    } else {
      const after = merge(before, said, how)
      const isSame = after.first === before.first && after.size === before.size
      tally[isSame ? 'unchanged' : 'updated'] += 1
      people.set(who, after)
    }
  }
  return tally
}

function merge(before: Person, said: Person, how: 'overwrite' | 'fill' | 'skip'): Person {
  if (how === 'skip') return before
  return how === 'fill'
    ? { first: before.first ?? said.first, size: before.size ?? said.size }
    : { first: said.first ?? before.first, size: said.size ?? before.size }
}

function cleaned(text: string): string | null {
  const plain = text.replace(/^'=/, '=').replaceAll('\u0000', '').trim()
  return plain === '' ? null : plain
}

async function peopleNow(): Promise<[string, Person][]> {
  const rows = await many<{ email: string } & Person>(
    base.db,
    sql`
    select email, first_name as first, (attrs->>'model_size')::int as size from audience.contact
    where email like '%@model.example' order by email`,
  )
  return rows.map(({ email, ...person }) => [email, person])
}

test('whatever stands in a file: each row is counted once, people end as the rows say, and undo brings back what was', async () => {
  await imports.bring('email,model_size\nseed@elsewhere.example,1\n')
  await fc.assert(
    fc.asyncProperty(file, file, mode, async (first, second, how) => {
      await run(base.db, sql`delete from audience.contact where email like '%@model.example'`)
      await run(base.db, sql`delete from audience.identity where value like '%@model.example'`)
      const people = new Map<string, Person>()
      const atFirst = expect(first, people, 'overwrite')
      assert.deepEqual(pick(await imports.bring(textOf(first), { existing: 'overwrite' })), atFirst)
      const between = await peopleNow()
      assert.deepEqual(between, sorted(people))
      const then = expect(second, people, how)
      const two = await imports.bring(textOf(second), { existing: how })
      assert.deepEqual(pick(two), then)
      assert.deepEqual(await peopleNow(), sorted(people))
      await imports.undo(two.id)
      assert.deepEqual(await peopleNow(), between)
    }),
    {
      numRuns: Number(process.env.TEST_RUNS ?? 12),
      examples: [
        [
          [['p5@model.example', 'Ann', '']],
          [
            ['p5@model.example', "'=1+1", ''],
            ['p5@model.example', 'Ann', ''],
          ],
          'overwrite',
        ],
      ],
    },
  )
  const { wrong } = await one<{ wrong: number }>(
    base.db,
    sql`
    select count(*)::int as wrong from audience.import where added + updated + unchanged + rejected <> rows`,
  )
  assert.equal(wrong, 0)
})

const sorted = (people: Map<string, Person>) => [...people].sort(([a], [b]) => (a < b ? -1 : 1))
const pick = ({ rows, added, updated, unchanged, rejected }: Tally): Tally => ({
  rows,
  added,
  updated,
  unchanged,
  rejected,
})
