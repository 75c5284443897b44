import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Db } from '#platform/db/db.ts'
import { migrate, readMigrations } from '#platform/db/migrate.ts'
import { openDatabase, patientMs } from '#platform/db/pool.ts'
import { startServer } from '#platform/postgres/server.ts'

export type TestDatabase = { db: Db; pool: pg.Pool; url: string; stop(): Promise<void> }

const home = join(tmpdir(), `tend-test-${userInfo().uid}`)
let counter = 0

/** The address of a server for tests: the one the runner started, a given one, or one shared by runs by hand. */
export async function testServer(): Promise<string> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return given
  const lock = join(home, 'starting')
  mkdirSync(home, { recursive: true, mode: 0o755 })
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      await pause(50)
    }
  }
  try {
    const { url } = await startServer(join(home, 'postgres'), { borrow: true })
    return url
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function withDatabase(url: string, name: string): string {
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}

/** A migrated database to clone from, made once per set of migrations under an advisory lock. */
async function template(admin: pg.Client, url: string): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([...readMigrations()]))
    .digest('hex')
    .slice(0, 16)
  const name = `tend_template_${hash}`
  await admin.query('select pg_advisory_lock(707070)')
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name])
    if (rowCount) return name
    const draft = `${name}_${process.pid}`
    await admin.query(`create database ${draft}`)
    const { db, close } = openDatabase(withDatabase(url, draft), { max: 2, silenceMs: patientMs })
    try {
      await migrate(db)
    } finally {
      await close()
    }
    await admin.query(`alter database ${draft} rename to ${name}`)
    return name
  } finally {
    await admin.query('select pg_advisory_unlock(707070)')
  }
}

/** A fresh, migrated database of its own on a real PostgreSQL. Call `stop` when done: it is dropped. */
export async function testDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  const server = await testServer()
  const admin = new pg.Client({ connectionString: withDatabase(server, 'postgres') })
  await admin.connect()
  const name = `tend_test_${process.pid}_${++counter}_${Date.now().toString(36)}`
  try {
    await admin.query(`create database ${name} template ${await template(admin, server)} strategy file_copy`)
  } finally {
    await admin.end()
  }
  const url = withDatabase(server, name)
  const { db, pool, close } = openDatabase(url, {
    max: options.max ?? 10,
    name: 'test',
    silenceMs: patientMs,
  })
  return {
    db,
    pool,
    url,
    async stop() {
      await close()
      const last = new pg.Client({ connectionString: withDatabase(server, 'postgres') })
      await last.connect()
      await last.query(`drop database if exists ${name} with (force)`)
      await last.end()
    },
  }
}
