// Writes web/src/api/schema.d.ts, the types of the API for the screens, from the routes. With --check it only says
// whether the file still belongs to them: its first line holds the hash of the description it was made from.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const target = join(root, 'web/src/api/schema.d.ts')
const description = join(tmpdir(), `tend-openapi-${process.pid}.json`)

function run(command: string, args: string[], cwd = root): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
}

run(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/openapi.ts', description])
const text = readFileSync(description, 'utf8')
const mark = `// Made by scripts/api-types.ts from sha256:${createHash('sha256').update(text).digest('hex')}\n`

if (process.argv.includes('--check')) {
  if (!existsSync(target) || !readFileSync(target, 'utf8').startsWith(mark)) {
    console.error(
      'web/src/api/schema.d.ts is not of these routes: run `node scripts/api-types.ts` and commit it.',
    )
    process.exit(1)
  }
} else {
  const tools = join(root, 'tools/gen')
  if (!existsSync(join(tools, 'node_modules')))
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], tools)
  run(join(tools, 'node_modules/.bin/openapi-typescript'), [description, '-o', target], tools)
  writeFileSync(target, mark + readFileSync(target, 'utf8'))
  console.log('web/src/api/schema.d.ts is up to date.')
}
