// Runs every test: one PostgreSQL for all, a database of its own for each file, and one closing line.
import { spawn } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../src/platform/postgres/server.ts'

const wanted = process.argv.slice(2)
const files = globSync(
  wanted.length > 0
    ? wanted
    : [
        'src/**/*.test.ts',
        'tests/**/*.test.ts',
        'bench/**/*.test.ts',
        'tracker/**/*.test.ts',
        'forms/**/*.test.ts',
      ],
).sort()
if (files.length === 0) {
  console.error('No test file matches.')
  process.exit(1)
}
const home = mkdtempSync(join(tmpdir(), 'tend-tests-'))
// The server's own user must be able to enter the folder when root runs the tests.
chmodSync(home, 0o755)
const server = process.env.TEST_DATABASE_URL ? null : await startServer(join(home, 'postgres'))
const counts = { passed: 0, failed: 0, skipped: 0 }

const child = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=2',
    '--test-timeout=300000',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    '--test-reporter-destination=stderr',
    ...files,
  ],
  {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: {
      ...process.env,
      TEST_DATABASE_URL: process.env.TEST_DATABASE_URL ?? server?.url,
      // A data folder with the demo, made by the first test that needs the whole product and copied by the others.
      TEST_SEEDED: join(home, 'seeded'),
    },
  },
)
let tail = ''
child.stderr.on('data', (chunk: Buffer) => {
  tail = (tail + chunk.toString()).slice(-4000)
})
const code = await new Promise<number>(resolve => child.on('exit', exit => resolve(exit ?? 1)))
for (const [, word, number] of tail.matchAll(/^# (pass|fail|cancelled|skipped) (\d+)$/gm)) {
  if (word === 'pass') counts.passed += Number(number)
  else if (word === 'skipped') counts.skipped += Number(number)
  else counts.failed += Number(number)
}
await server?.stop()
rmSync(home, { recursive: true, force: true })
if (code !== 0 && counts.failed === 0) counts.failed = 1
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
)
process.exit(code === 0 && counts.failed === 0 ? 0 : 1)
