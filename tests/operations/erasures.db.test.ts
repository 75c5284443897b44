import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { run, sql } from '#platform/db/db.ts'
import { type Office, openOffice } from '../privacy/office.ts'

const secret = randomBytes(32).toString('base64')
const folder = mkdtempSync(join(tmpdir(), 'tend-erasures-'))
const name = `tend_erasures_${process.pid}_${randomBytes(4).toString('hex')}`
let office: Office
let copy = ''
before(async () => {
  office = await openOffice({ TEND_SECRET_KEY: secret })
  await run(office.base.db, sql`create database ${sql.id(name)}`)
  const url = new URL(office.base.url)
  url.pathname = `/${name}`
  copy = url.href
})
after(async () => {
  await run(office.base.db, sql`drop database if exists ${sql.id(name)} with (force)`)
  await office?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function tend(url: string, ...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise(resolve => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'src/main.ts', ...words],
      {
        cwd: new URL('../..', import.meta.url).pathname,
        env: {
          PATH: process.env.PATH ?? '',
          DATABASE_URL: url,
          TEND_SECRET_KEY: secret,
          TEND_DATA_DIR: join(folder, 'data'),
        },
      },
    )
    let [out, err] = ['', '']
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
    })
    child.stderr.on('data', (part: Buffer) => {
      err += part.toString()
    })
    child.on('exit', code => resolve({ code, out, err }))
  })
}

test('who was erased or opted out after a backup stays so when it is restored with the log', async () => {
  const add = async (who: string) =>
    (await office.call('POST', '/contacts', { email: `${who}@again.example`, firstName: who })).json().id
  const [gone, left, stays, off] = [
    await add('gone'),
    await add('left'),
    await add('stays'),
    await add('off'),
  ]
  const say = (id: string, word: object) =>
    office.call('POST', `/contacts/${id}/consents`, { purpose: 'marketing', ...word })
  const yes = { state: 'granted', wording: 'Write to me.', note: 'By phone' }
  for (const id of [stays, off]) assert.equal((await say(id, yes)).statusCode, 200)
  const file = join(folder, 'nightly.backup')
  const made = await tend(office.base.url, 'backup', file, '--without-key')
  assert.equal(made.code, 0, made.err)
  assert.equal((await tend(office.base.url, 'contact', 'erase', gone, '--yes')).code, 0)
  assert.equal((await tend(office.base.url, 'contact', 'erase', left, '--yes', '--may-return')).code, 0)

  assert.equal((await say(off, { state: 'withdrawn' })).statusCode, 200)

  const log = await tend(office.base.url, 'contact', 'erasures')
  assert.equal(log.code, 0, log.err)
  assert.ok(!log.out.includes('again.example'), 'it names nobody')
  const path = join(folder, 'erasures.jsonl')
  writeFileSync(path, log.out.slice(0, -40))
  const cut = await tend(copy, 'restore', file, '--erasures', path)
  assert.equal(cut.code, 1)
  assert.match(cut.err, /cannot be read/)
  writeFileSync(path, log.out)

  const restored = await tend(copy, 'restore', file, '--erasures', path, '--json')
  assert.equal(restored.code, 0, restored.err)
  assert.deepEqual(JSON.parse(restored.out).again, { erased: 2, suppressed: 1, left: 1 })
  const client = new pg.Client({ connectionString: copy })
  await client.connect()
  const people = await client.query(
    `select c.id::text, w.state from audience.contact c
      left join audience.consent_current w on w.contact_id = c.id order by c.id`,
  )
  assert.deepEqual(people.rows, [
    { id: stays, state: 'granted' },
    { id: off, state: 'withdrawn' },
  ])
  const kept = await client.query('select reason from audience.suppression')
  assert.deepEqual(kept.rows, [{ reason: 'erased' }])
  await client.end()
  const twice = await tend(copy, 'contact', 'erasures', '--repeat', path, '--json')
  assert.deepEqual(JSON.parse(twice.out), { erased: 0, suppressed: 1, left: 0 })
})
