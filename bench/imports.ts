// CSV import: rows into an empty house, and again with changed values, against COPY of what came of it into the same
// tables with the same indexes. BENCH_ROWS sets how many rows, a million where nothing is said.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { systemActor } from '#access/users.ts'
import { makePartitions } from '#activity/partitions.ts'
import {
  addPiece,
  changeImport,
  createImport,
  getImport,
  pieceBytes,
  readFile,
  runImport,
} from '#audience/imports.ts'
import { audienceModule } from '#audience/module.ts'
import { run, sql } from '#platform/db/db.ts'
import { migrate } from '#platform/db/migrate.ts'
import { openDatabase } from '#platform/db/pool.ts'
import { openPlace, type Place } from './engine/place.ts'
import { print } from './measure.ts'

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000)
const goals = { add: 0.25, update: 0.15 }
const tables = [
  'audience.contact',
  'audience.identity',
  'audience.import_change',
  'activity.event',
  'engine.work',
]

function* lines(changed: boolean): Generator<string> {
  yield 'email,first_name,last_name,job_title,country,plan,seats\n'
  for (let n = 0; n < rows; n++) {
    const plan = changed ? 'pro' : 'free'
    yield `person${n}@company${n % 5000}.example,First${n % 900},"Last, ${n % 7000}",Engineer,DE,${plan},${n % 50}\n`
  }
}

async function upload({ services: { db, clock } }: Place, changed: boolean): Promise<string> {
  const parts: Buffer[] = []
  let text = ''
  for (const line of lines(changed)) {
    text += line
    if (text.length < pieceBytes - 300) continue
    parts.push(Buffer.from(text))
    text = ''
  }
  parts.push(Buffer.from(text))
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const { id } = await createImport(db, systemActor, { name: 'bench.csv', bytes }, clock.now())
  for (const [position, part] of parts.entries())
    await addPiece(db, id, { position, bytes: part }, clock.now())
  await readFile(db, id, clock.now())
  const options = { existing: 'overwrite' as const, listIds: [], consent: null, wakes: false }
  await changeImport(db, id, { options }, clock.now())
  return id
}

type Figures = { seconds: number; node: number }

async function measured(work: () => Promise<void>): Promise<Figures> {
  const before = process.cpuUsage()
  const began = performance.now()
  await work()
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  return { seconds, node: (user + system) / 1e6 }
}

async function importAll(place: Place, changed: boolean): Promise<Figures> {
  const { services } = place
  const id = await upload(place, changed)
  await run(services.db, sql`checkpoint`)
  return measured(async () => {
    await runImport(services, systemActor, id)
    for (;;) {
      const found = await getImport(services.db, id)
      if (found.stage === 'done') {
        const told = changed ? found.updated : found.added
        if (told !== rows) throw new Error(`only ${told} of ${rows} rows took effect`)
        return
      }
      if (found.run?.state === 'failed') throw new Error(found.run.error ?? 'the import failed')
      await pause(50)
    }
  })
}

/** Copies what the import wrote into a second house, table by table. */
async function copyAll(place: Place, home: string): Promise<Figures> {
  const { services, url } = place
  const from = new pg.Client({ connectionString: url })
  await from.connect()
  for (const table of tables)
    await pipeline(
      from.query(copyTo(`copy (select * from ${table}) to stdout`)),
      createWriteStream(join(home, table)),
    )
  await from.query('create database bench_copy')
  await from.end()
  const address = new URL(url)
  address.pathname = '/bench_copy'
  const other = openDatabase(address.href, { max: 2 })
  await migrate(other.db)
  await makePartitions(other.db, services.clock.now())
  await run(services.db, sql`checkpoint`)
  const into = new pg.Client({ connectionString: address.href })
  await into.connect()
  const figures = await measured(async () => {
    for (const table of tables)
      await pipeline(createReadStream(join(home, table)), into.query(copyFrom(`copy ${table} from stdin`)))
  })
  await into.end()
  await other.close()
  return figures
}

const place = await openPlace()
const home = mkdtempSync(join(tmpdir(), 'tend-bench-imports-'))
try {
  await makePartitions(place.services.db, place.services.clock.now())
  await place.services.jobs.work(audienceModule.jobs ?? [], place.services)
  const added = await importAll(place, false)
  const copied = await copyAll(place, home)
  const updated = await importAll(place, true)
  const row = (what: string, figures: Figures) => ({
    what,
    seconds: figures.seconds.toFixed(1),
    'rows/s': Math.round(rows / figures.seconds),
    'Node us/row': ((figures.node * 1e6) / rows).toFixed(1),
    'of COPY': (copied.seconds / figures.seconds).toFixed(2),
  })
  print([
    row(`baseline: COPY of ${tables.length} tables`, copied),
    row(`import of ${rows} rows, empty`, added),
    row('the same again as update', updated),
  ])
  const [first, again] = [copied.seconds / added.seconds, copied.seconds / updated.seconds]
  if (first < goals.add || again < goals.update) process.exitCode = 1
} finally {
  await place.stop()
  rmSync(home, { recursive: true, force: true })
}
