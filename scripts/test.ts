// Runs every test: one PostgreSQL for all, a database of its own for each file, and one closing line.
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { startServer } from '../src/platform/postgres/server.ts'

const everything = [
  'src/**/*.test.ts',
  'tests/**/*.test.ts',
  'bench/**/*.test.ts',
  'tracker/**/*.test.ts',
  'forms/**/*.test.ts',
]
/** What takes minutes and mostly waits goes first, so that nothing long is left when the rest is done. */
const longest = ['tests/faults/', 'tests/crash/', 'tests/story/', 'tests/privacy/', 'tests/security/']

function inOrder(files: string[]): string[] {
  const rank = (file: string) => {
    const place = longest.findIndex(folder => file.startsWith(folder))
    return place === -1 ? longest.length : place
  }
  return files.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

const wanted = process.argv.slice(2)
const files = inOrder(globSync(wanted.length > 0 ? wanted : everything))
if (files.length === 0) {
  console.error('No test file matches.')
  process.exit(1)
}
const home = mkdtempSync(join(tmpdir(), 'tend-tests-'))
// The server's own user must be able to enter the folder when root runs the tests.
chmodSync(home, 0o755)
// Whole fleets of workers connect at once in tests of faults, two files at a time.
const server = process.env.TEST_DATABASE_URL
  ? null
  : await startServer(join(home, 'postgres'), { connections: 300 })
process.env.TEST_DATABASE_URL ??= server?.url
// A data folder with the demo, made by the first test that needs the whole product and copied by the others.
process.env.TEST_SEEDED = join(home, 'seeded')

const counts = { passed: 0, failed: 0, skipped: [] as string[] }
let isBroken = false
const stream = run({
  files: files.map(file => resolve(file)),
  // Three at a time were little faster on two cores, and what must end within a time did not.
  concurrency: 2,
  timeout: 300_000,
  execArgv: ['--disable-warning=ExperimentalWarning'],
})
// A suite is counted by its tests.
stream.on('test:pass', ({ name, skip, details }) => {
  if (details.type === 'suite') return
  if (skip === undefined) counts.passed++
  else counts.skipped.push(`${name}${typeof skip === 'string' ? `: ${skip}` : ''}`)
})
stream.on('test:fail', ({ details }) => {
  if (details.type === 'suite') isBroken = true
  else counts.failed++
})
await new Promise<void>((resolve, reject) => {
  stream.on('error', reject)
  stream.compose(new spec()).on('end', resolve).pipe(process.stdout)
})
await server?.stop()
rmSync(home, { recursive: true, force: true })
// What a suite prepares or puts away may fail although all its tests are well.
if (isBroken && counts.failed === 0) counts.failed = 1
for (const words of counts.skipped) console.log(`SKIPPED ${words}`)
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed === 0 ? 0 : 1)
