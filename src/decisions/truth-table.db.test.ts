import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { append } from '#activity/ledger.ts'
import { type Db, run, sql } from '#platform/db/db.ts'
import { newId } from '#platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { type Filter, filterSchema } from './filter.ts'
import { matchContacts } from './match.ts'

// docs/filter-language.md is the specification: every row of its tables is asked of the database.

const moment = { now: new Date('2026-03-29T10:00:00Z'), zone: 'Europe/Berlin' }
const text = readFileSync(new URL('../../docs/filter-language.md', import.meta.url), 'utf8')

/** The rows of all tables with this heading, as lists of cells. */
function rowsUnder(heading: string): string[][] {
  const tables = text.split('\n\n').filter(block => block.startsWith(heading))
  return tables.flatMap(table =>
    table
      .trim()
      .split('\n')
      .slice(2)
      .map(line =>
        line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
      ),
  )
}

const json = (cell: string): unknown => (cell === '' ? undefined : JSON.parse(cell.replace(/^`|`$/g, '')))

let base: TestDatabase
let db: Db
before(async () => {
  base = await testDatabase()
  db = base.db
})
after(() => base.stop())

type Row = { name: string; contactId: string; filter: Filter; matches: boolean }

async function ask(rows: Row[]): Promise<void> {
  const asks = rows.map((row, i) => ({ key: String(i), filter: row.filter }))
  const opposites = rows.map((row, i) => ({ key: `not ${i}`, filter: { not: row.filter } }))
  const found = await matchContacts(
    db,
    [...asks, ...opposites],
    rows.map(row => row.contactId),
    moment,
  )
  const wrong = rows.filter((row, i) => {
    const isIn = found.get(String(i))?.has(row.contactId) ?? false
    const isOut = found.get(`not ${i}`)?.has(row.contactId) ?? false
    return isIn !== row.matches || isOut === row.matches
  })
  assert.deepEqual(
    wrong.map(row => row.name),
    [],
  )
}

test('fields mean what the tables say', async () => {
  const rows = rowsUnder('| the field holds |').map(
    ([holds = '', op = '', value = '', matches = '']): Row => {
      const filter = filterSchema.parse({
        type: 'field',
        field: 'attrs.x',
        op,
        ...(value === '' ? {} : { value: json(value) }),
      })
      return { name: `${holds} ${op} ${value}`, contactId: newId(), filter, matches: matches === 'yes' }
    },
  )
  assert.ok(rows.length > 90)
  const attrs = rowsUnder('| the field holds |').map(([holds = '']) =>
    holds === 'missing' ? '{}' : `{"x": ${holds.replaceAll('`', '')}}`,
  )
  await run(
    db,
    sql`
    insert into audience.contact (id, attrs, created_at, updated_at)
    select id, attrs, ${moment.now}, ${moment.now} from unnest(${rows.map(row => row.contactId)}::bigint[], ${attrs}::jsonb[]) as t (id, attrs)`,
  )
  await ask(rows)
})

test('events mean what the table says', async () => {
  const rows = rowsUnder('| it happened at |').map(
    ([at = '', op = '', times = '', withinDays = '', matches = '']) => {
      const filter = filterSchema.parse({
        type: 'event',
        event: 'page.viewed',
        where: [{ property: 'path', op: 'is', value: '/pricing' }],
        op,
        ...(times === '' ? {} : { times: Number(times) }),
        ...(withinDays === '' ? {} : { withinDays: Number(withinDays) }),
      })
      return {
        name: `${at}: ${op} ${times} ${withinDays}`,
        contactId: newId(),
        filter,
        matches: matches === 'yes',
        at,
      }
    },
  )
  assert.ok(rows.length > 10)
  await run(
    db,
    sql`
    insert into audience.contact (id, created_at, updated_at)
    select id, ${moment.now}, ${moment.now} from unnest(${rows.map(row => row.contactId)}::bigint[]) as t (id)`,
  )
  await append(
    db,
    rows.flatMap(({ contactId, at }) =>
      at === 'never'
        ? []
        : at.split(', ').map(time => ({
            contactId,
            type: 'page.viewed',
            at: new Date(time),
            data: { path: '/pricing' },
          })),
    ),
  )
  await ask(rows)
})
