import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemActor } from '#access/users.ts'
import {
  addPiece,
  changeImport,
  createImport,
  getImport,
  pieceBytes,
  readFile,
  runImport,
} from '#audience/imports.ts'
import { readConfig } from '#platform/config.ts'
import { many, one, run, sql } from '#platform/db/db.ts'
import { openRuntime, type Runtime } from '../../src/runtime.ts'
import { type TestDatabase, testDatabase } from '../harness/database.ts'
import { until } from '../harness/until.ts'

const secretKey = randomBytes(32).toString('base64')
const script = fileURLToPath(new URL('./import-worker.ts', import.meta.url))
/** 100,000 rows in the same proportion take a minute and a half here. */
const people = Number(process.env.TEST_IMPORT_ROWS ?? 40_000)
const [bad, repeated] = [50, 300]

let base: TestDatabase
let runtime: Runtime
before(async () => {
  base = await testDatabase({ max: 6 })
  runtime = await openRuntime(
    readConfig({ DATABASE_URL: base.url, TEND_SECRET_KEY: secretKey, TEND_LOG_LEVEL: 'silent' }),
  )
})
after(async () => {
  await runtime?.close()
  await base?.stop()
})

/** Spreads exactly `count` over the file. */
const isOneOf = (n: number, count: number) => {
  const step = Math.floor(people / count)
  return n % step === 0 && n / step < count
}

/** As people's files are: Windows-1252, semicolons, line breaks within cells, bad addresses, the same in other case. */
function dirtyFile(): Buffer {
  const lines = ['E-Mail;Vorname;Nachname;Bemerkung']
  for (let n = 0; n < people; n++) {
    const note = n % 7 === 0 ? '"erste Zeile\r\nzweite; mit ""Zitat"""' : 'gr\u00fc\u00dft'
    lines.push(`person${n}@Haus${n % 90}.example;J\u00fcrgen${n};Gro\u00df;${note}`)
    if (isOneOf(n, bad)) lines.push(`kein${n}.example;X;;`)
    if (isOneOf(n, repeated)) lines.push(`PERSON${n}@haus${n % 90}.EXAMPLE;J\u00fcrgen${n};;`)
  }
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

async function upload(bytes: Buffer): Promise<string> {
  const { db, clock } = runtime.services
  const { id } = await createImport(db, systemActor, { name: 'dirty.csv', bytes: bytes.length }, clock.now())
  for (let position = 0; position * pieceBytes < bytes.length; position++) {
    const part = bytes.subarray(position * pieceBytes, (position + 1) * pieceBytes)
    await addPiece(db, id, { position, bytes: part }, clock.now())
  }
  await readFile(db, id, clock.now())
  const options = { existing: 'overwrite' as const, listIds: [], consent: null, wakes: false }
  await changeImport(db, id, { options }, clock.now())
  return id
}

const startWorker = (): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, base.url, secretKey], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })

const count = async (from: string) =>
  (await one<{ n: number }>(base.db, sql`select count(*)::int as n from ${sql.raw(from)}`)).n

test('a worker killed with SIGKILL in the middle of a dirty file: the next one goes on exactly there', async () => {
  const id = await upload(dirtyFile())
  await runImport(runtime.services, systemActor, id)
  const victim = startWorker()
  const early = Math.floor(people * 0.3)
  await until(async () => (await getImport(base.db, id)).rows >= early, {
    timeoutMs: 90_000,
    words: 'a third of the file to be in',
  })
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  const then = await getImport(base.db, id)
  assert.ok(then.rows < people, `${then.rows} rows were in before the kill`)
  assert.equal(then.added, await count('audience.contact'))

  // The queue waits a minute for a sign of life; here the test plays the clock.
  await run(base.db, sql`update jobs.job set state = 'retry', start_after = now() where state = 'active'`)
  const heir = startWorker()
  await until(async () => (await getImport(base.db, id)).stage === 'done', {
    timeoutMs: 120_000,
    words: 'the heir to finish',
  })
  heir.kill('SIGTERM')
  await once(heir, 'exit')

  const done = await getImport(base.db, id)
  const { rows, added, updated, unchanged, rejected } = done
  assert.equal(rows, people + bad + repeated)
  assert.equal(added + updated + unchanged + rejected, rows)
  assert.deepEqual([added, updated + unchanged, rejected], [people, repeated, bad])
  assert.equal(await count('audience.contact'), people)
  assert.equal(await count("audience.identity where kind = 'email'"), people)
  assert.equal(await count("activity.event where type = 'contact.created'"), people)
  assert.equal(await count('audience.import_change'), people)
  assert.equal(await count('audience.import_reject'), bad)
  assert.equal(await count('audience.import_chunk'), 0)
  const [first] = await many<{ name: string; note: string }>(
    base.db,
    sql`
    select first_name as name, attrs->>'bemerkung' as note from audience.contact where email = 'person7@haus7.example'`,
  )
  assert.deepEqual(first, { name: 'J\u00fcrgen7', note: 'erste Zeile\r\nzweite; mit "Zitat"' })
})
