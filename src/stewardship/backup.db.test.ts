import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { one, run, sql } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import { fingerprintOf } from '#platform/secrets.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import { createFramer, magic } from './backup/format.ts'
import { type BackupAsk, writeBackup } from './backup.ts'
import { inspectBackup, type RestoreAsk, restoreBackup } from './restore.ts'

let base: TestDatabase
const folder = mkdtempSync(join(tmpdir(), 'tend-backup-'))
const key = randomBytes(32)
const passphrase = 'a long enough passphrase'
const transient = new Set(['engine.lane', 'engine.worker', 'access.session'])
const path = (name: string) => join(folder, name)

before(async () => {
  base = await testDatabase()
  const print = fingerprintOf(key)
  await run(
    base.db,
    sql`insert into platform.setting (name, value) values ('key_fingerprint', to_jsonb(${print}::text))`,
  )
  await run(
    base.db,
    sql`
    insert into audience.contact (id, email, first_name, attrs, created_at, updated_at, version)
    select n, 'person' || n || '@example.org', E'tab\\t and line\\n and \\\\ and Zoë', '{"plan":"gold"}', now(), now(), 1
    from generate_series(1, 5000) n`,
  )
  await run(
    base.db,
    sql`create table activity.event_2020_01 partition of activity.event
    for values from ('2020-01-01 00:00:00+00') to ('2020-02-01 00:00:00+00')`,
  )
  await run(
    base.db,
    sql`
    insert into activity.event (contact_id, at, id, received_at, depth, type, data)
    select n, '2020-01-15', n, '2020-01-15', 0, 'page.viewed', '{}' from generate_series(1, 3000) n`,
  )
  await run(
    base.db,
    sql`
    insert into platform.job (id, name, title, input, state) values (1, 'imports.run', 'Import', '{}', 'running')`,
  )
})
after(async () => {
  await base?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const backup = (file: string, given: Partial<BackupAsk> = {}) =>
  writeBackup({
    databaseUrl: base.url,
    file: path(file),
    mode: 'sandbox',
    version: '1',
    key: { key, passphrase },
    transient,
    ...given,
  })

/** A database with nothing in it at all, and the folder of a new machine. */
async function newMachine(): Promise<{
  ask(file: string): RestoreAsk
  client: pg.Client
  stop(): Promise<void>
}> {
  const name = `tend_restore_${process.pid}_${randomBytes(4).toString('hex')}`
  await run(base.db, sql`create database ${sql.id(name)}`)
  const url = new URL(base.url)
  url.pathname = `/${name}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  return {
    client,
    ask: file => ({
      file: path(file),
      databaseUrl: url.href,
      keyFile: path(`${name}.key`),
      configuredKey: null,
      passphrase,
      transient,
    }),
    async stop() {
      await client.end()
      await run(base.db, sql`drop database ${sql.id(name)} with (force)`)
    },
  }
}

const digest = `select count(*)::int as n, md5(string_agg(c::text, '|' order by id)) as sum from audience.contact c`

test('a backup holds everything of one moment, and a restore on another machine brings all of it back', async () => {
  const done = await backup('whole')
  assert.ok(done.rows > 8000)
  assert.ok(!existsSync(path('whole.part')))
  const machine = await newMachine()
  try {
    const { totals } = await restoreBackup(machine.ask('whole'))
    assert.equal(totals.rows, done.rows)
    const here = await one(base.db, sql.raw(digest))
    assert.deepEqual((await machine.client.query(digest)).rows[0], here)
    const { rows } = await machine.client.query(`select count(*)::int as n from only activity.event_2020_01`)
    assert.equal(rows[0].n, 3000)
    const job = await machine.client.query(`select state, words from platform.job`)
    assert.equal(job.rows[0].state, 'stopped')
    const kept = Buffer.from(readFileSync(machine.ask('whole').keyFile, 'utf8'), 'base64')
    assert.ok(kept.equals(key), 'the key came along')
    const held = await machine.client.query(`select value from platform.setting where name = 'hold'`)
    assert.equal(held.rows[0].value.backupAt, done.madeAt)
    await assert.rejects(restoreBackup(machine.ask('whole')), /is in use.*Nothing was changed/)
  } finally {
    await machine.stop()
  }
  assert.equal(await readHold(base.db), null, 'the original goes on')
})

test('what is written while the backup runs is either wholly in it or not at all', async () => {
  const writing = new AbortController()
  const writer = (async () => {
    for (let n = 0; !writing.signal.aborted; n++) {
      const id = 1_000_000 + n
      await base.db.transaction().execute(async trx => {
        await run(
          trx,
          sql`insert into audience.contact (id, email, created_at, updated_at, version)
          values (${id}, ${`late${id}@example.org`}, now(), now(), 1)`,
        )
        await run(
          trx,
          sql`insert into activity.event (contact_id, at, id, received_at, depth, type, data)
          values (${id}, '2020-01-20', ${id}, '2020-01-20', 0, 'contact.created', '{}')`,
        )
      })
    }
  })()
  await backup('loaded')
  writing.abort()
  await writer
  const machine = await newMachine()
  try {
    await restoreBackup(machine.ask('loaded'))
    const { rows } = await machine.client.query(`
      select (select count(*)::int from audience.contact where id >= 1000000) as contacts,
        (select count(*)::int from activity.event where contact_id >= 1000000) as events,
        (select count(*)::int from audience.contact c where id >= 1000000 and not exists (
          select from activity.event e where e.contact_id = c.id)) as torn`)
    assert.equal(rows[0].contacts, rows[0].events)
    assert.equal(rows[0].torn, 0)
  } finally {
    await machine.stop()
  }
})

test('a damaged, cut, foreign or newer file is refused in words, and nothing is touched', async () => {
  await backup('sound')
  const bytes = readFileSync(path('sound'))
  const machine = await newMachine()
  const spoil = (name: string, change: (bytes: Buffer) => void) => {
    const copy = Buffer.from(bytes)
    change(copy)
    writeFileSync(path(name), copy)
  }
  spoil('flipped', copy => copy.writeUInt8(copy.readUInt8(copy.length >> 1) ^ 0x10, copy.length >> 1))
  copyFileSync(path('sound'), path('cut'))
  truncateSync(path('cut'), bytes.length - 500)
  writeFileSync(path('foreign'), 'PGDMP and so on')
  try {
    for (const file of ['flipped', 'cut'])
      await assert.rejects(restoreBackup(machine.ask(file)), /The backup is damaged: .*Nothing was changed/)
    await assert.rejects(restoreBackup(machine.ask('foreign')), /is no backup of Tend/)
    await assert.rejects(restoreBackup(machine.ask('missing')), /There is no file/)
    const { rows } = await machine.client.query(
      `select count(*)::int as n from pg_namespace where nspname = 'audience'`,
    )
    assert.equal(rows[0].n, 0)
    assert.ok(!existsSync(machine.ask('sound').keyFile))
  } finally {
    await machine.stop()
  }
})

test('a backup of a newer Tend is refused by its name', async () => {
  const { header } = await inspectBackup({
    file: path('sound'),
    keyFile: path('no.key'),
    configuredKey: key,
    passphrase: null,
  })
  const { gzipSync } = await import('node:zlib')
  const framer = createFramer()
  const newer = { ...header, version: '9.9', migrations: [...header.migrations, '0999-tomorrow'] }
  writeFileSync(
    path('newer'),
    gzipSync(Buffer.concat([Buffer.from(magic), framer.header(newer), framer.end()])),
  )
  const machine = await newMachine()
  try {
    await assert.rejects(
      restoreBackup(machine.ask('newer')),
      /newer Tend \(9\.9; 0999-tomorrow is not known here\)/,
    )
  } finally {
    await machine.stop()
  }
})

test('the key is in the file only sealed, and without passphrase or key nothing is restored', async () => {
  const { gunzipSync } = await import('node:zlib')
  const plain = gunzipSync(readFileSync(path('sound')))
  for (const text of [key.toString('base64'), key.toString('hex')]) assert.ok(!plain.includes(text))
  assert.ok(!plain.includes(key))
  const machine = await newMachine()
  try {
    const ask = machine.ask('sound')
    await assert.rejects(restoreBackup({ ...ask, passphrase: null }), /Set TEND_BACKUP_PASSPHRASE/)
    await assert.rejects(
      restoreBackup({ ...ask, passphrase: 'some other passphrase' }),
      /is not the passphrase/,
    )
    await assert.rejects(
      restoreBackup({ ...ask, configuredKey: randomBytes(32) }),
      /not the one of the backup/,
    )
    await backup('keyless', { key: null })
    await assert.rejects(restoreBackup(machine.ask('keyless')), /made without its key/)
    await restoreBackup({ ...machine.ask('keyless'), configuredKey: key })
  } finally {
    await machine.stop()
  }
})

test('a restore over a running Tend is refused', async () => {
  const machine = await newMachine()
  const other = new pg.Client({
    connectionString: machine.ask('sound').databaseUrl,
    application_name: 'tend',
  })
  await other.connect()
  try {
    await assert.rejects(restoreBackup(machine.ask('sound')), /A Tend is running on this database/)
  } finally {
    await other.end()
    await machine.stop()
  }
})
