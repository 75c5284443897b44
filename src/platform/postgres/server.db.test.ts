import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { until } from '../../../tests/harness/until.ts'
import { startServer } from './server.ts'

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(text)
  await client.end()
  return rows[0]?.answer
}

function home(): { folder: string; remove(): void } {
  const base = mkdtempSync(join(tmpdir(), 'tend-server-'))
  chmodSync(base, 0o755)
  return { folder: join(base, 'postgres'), remove: () => rmSync(base, { recursive: true, force: true }) }
}

const pidOf = (folder: string) => Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])

test('the bundled server keeps its data over a stop and a second start', async () => {
  const { folder, remove } = home()
  const first = await startServer(folder)
  await ask(first.url, 'create table kept as select 42 as answer')
  await first.stop()
  const second = await startServer(folder)
  assert.equal(await ask(second.url, 'select answer from kept'), 42)
  await second.stop()
  remove()
})

test('a server that is already running is used, and left alone by who only borrowed it', async () => {
  const { folder, remove } = home()
  const first = await startServer(folder)
  const guest = await startServer(folder, { borrow: true })
  await guest.stop()
  assert.equal(await ask(first.url, 'select 1 as answer'), 1)
  await first.stop()
  remove()
})

test('of several that run on one server, the last one stops it', async () => {
  const { folder, remove } = home()
  const first = await startServer(folder)
  const second = await startServer(folder)
  assert.equal(second.url, first.url)
  await second.stop()
  assert.equal(
    await ask(first.url, 'select 1 as answer'),
    1,
    'a second start that gives up takes nothing along',
  )
  await first.stop()
  await assert.rejects(ask(first.url, 'select 1 as answer'), /ECONNREFUSED/)
  remove()
})

test('a killed server and a stale pid file of a foreign process do not hinder the next start', async () => {
  const { folder, remove } = home()
  const first = await startServer(folder)
  const pid = pidOf(folder)
  process.kill(pid, 'SIGKILL')
  await until(
    () =>
      ask(first.url, 'select 1 as answer').then(
        () => false,
        () => true,
      ),
    { words: 'the server to be gone' },
  )
  // In containers the number of a dead server is soon another program's: here, this test's own.
  const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
  writeFileSync(join(folder, 'postmaster.pid'), [String(process.pid), ...lines.slice(1)].join('\n'))
  const second = await startServer(folder)
  assert.equal(await ask(second.url, 'select 1 as answer'), 1)
  await second.stop()
  remove()
})

test('a server that is killed while it is used is started again on the same port, with its data', async () => {
  const { folder, remove } = home()
  const server = await startServer(folder)
  await ask(server.url, 'create table kept as select 42 as answer')
  for (let n = 0; n < 2; n++) {
    const pid = pidOf(folder)
    process.kill(pid, 'SIGKILL')
    await until(
      async () =>
        existsSync(join(folder, 'postmaster.pid')) &&
        pidOf(folder) !== pid &&
        (await ask(server.url, 'select answer from kept').catch(() => 0)) === 42,
      { timeoutMs: 30_000, words: 'the server to be back' },
    )
  }
  await server.stop()
  await assert.rejects(ask(server.url, 'select 1 as answer'), /ECONNREFUSED/)
  remove()
})
