import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../../../tests/harness/database.ts'
import { inTransaction, many, one, run, sql } from './db.ts'
import { migrate, preflight } from './migrate.ts'

let base: TestDatabase
before(async () => {
  base = await testDatabase()
})
after(() => base.stop())

test('migrating a migrated database changes nothing', async () => {
  assert.deepEqual(await migrate(base.db), [])
})

test('a schema that a newer program migrated is refused in words', async () => {
  await run(base.db, sql`insert into public.tend_migration(name, timestamp) values ('9999-future', '2030')`)
  await assert.rejects(preflight(base.db), /migrated by a newer Tend \(9999-future\)/)
  await run(base.db, sql`delete from public.tend_migration where name = '9999-future'`)
})

test('a transaction inside a transaction joins it', async () => {
  const failing = inTransaction(base.db, async trx => {
    await inTransaction(trx, inner =>
      run(inner, sql`insert into platform.setting(name, value) values ('x', '1')`),
    )
    throw new Error('undone')
  })
  await assert.rejects(failing, /undone/)
  assert.deepEqual(await many(base.db, sql`select name from platform.setting where name = 'x'`), [])
})

test('one row means one row', async () => {
  await assert.rejects(one(base.db, sql`select 1 where false`), /expected one row, got 0/)
})
