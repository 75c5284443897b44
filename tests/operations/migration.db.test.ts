import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { one, run, sql } from '#platform/db/db.ts'
import { estimateLocks } from '#platform/db/locks.ts'
import { appliedMigrations, migrate, preflight } from '#platform/db/migrate.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

let base: TestDatabase
let url = ''
const name = `tend_migration_${process.pid}_${randomBytes(3).toString('hex')}`
const root = new URL('../..', import.meta.url).pathname

before(async () => {
  base = await testDatabase({ max: 3 })
  await run(base.db, sql`create database ${sql.id(name)}`)
  const address = new URL(base.url)
  address.pathname = `/${name}`
  url = address.href
})
after(async () => {
  await run(base.db, sql`drop database if exists ${sql.id(name)} with (force)`)
  await base?.stop()
})

test('a migration that is killed in the middle leaves nothing behind, and the next one does all of it', async () => {
  const blocker = new pg.Client({ connectionString: url })
  blocker.on('error', () => undefined)
  await blocker.connect()
  // A schema of the last migrations that somebody else is just making: the migration waits for it in the middle.
  await blocker.query('begin; create schema workflows')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts', 'migrate'], {
    cwd: root,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: url,
      TEND_SECRET_KEY: randomBytes(32).toString('base64'),
    },
  })
  try {
    await until(
      async () => {
        const { n } = await one<{ n: number }>(
          base.db,
          sql`
          select count(*)::int as n from pg_stat_activity
          where datname = ${name} and wait_event_type = 'Lock'`,
        )
        return n > 0
      },
      { words: 'the migration to wait in the middle', timeoutMs: 60_000 },
    )
  } finally {
    child.kill('SIGKILL')
  }
  await run(
    base.db,
    sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and wait_event_type = 'Lock'`,
  )
  await blocker.query('rollback')
  await blocker.end()
  const { db, close } = openDatabase(url, { max: 2 })
  try {
    assert.deepEqual(await appliedMigrations(db), [])
    const { n } = await one<{ n: number }>(
      db,
      sql`select count(*)::int as n from pg_namespace where nspname in ('platform', 'audience', 'workflows')`,
    )
    assert.equal(n, 0)
    assert.ok((await migrate(db)).length > 8)
    assert.deepEqual((await preflight(db)).pending, [])
  } finally {
    await close()
  }
})

test('a schema that a newer Tend has made is refused before anything is touched', async () => {
  const { db, close } = openDatabase(url, { max: 2 })
  try {
    await run(
      db,
      sql`insert into public.tend_migration (name, timestamp) values ('0999-tomorrow', '2030-01-01')`,
    )
    await assert.rejects(migrate(db), /newer Tend \(0999-tomorrow\)/)
    await run(db, sql`delete from public.tend_migration where name = '0999-tomorrow'`)
  } finally {
    await close()
  }
})

test('the check before an upgrade names what is locked, the largest first', async () => {
  const pending = new Map([
    [
      '0100-later',
      'alter table audience.contact add column x int;\ncreate index x_idx on outreach.message (x);\ncreate table a.b (id int);',
    ],
  ])
  const locks = await estimateLocks(base.db, pending)
  assert.deepEqual(new Set(locks.map(lock => lock.table)), new Set(['audience.contact', 'outreach.message']))
  assert.match(locks.find(lock => lock.table === 'audience.contact')?.why ?? '', /nobody reads or writes/)
})
