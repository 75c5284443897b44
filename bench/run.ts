// `npm run bench` runs every row of docs/performance.md; `npm run bench -- NAME ...` runs some of them.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'

const all = globSync('bench/*.ts')
  .map(file => basename(file, '.ts'))
  .filter(name => !['run', 'measure'].includes(name))
  .sort()
const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !all.includes(name))
if (unknown.length > 0) {
  console.error(`No such bench: ${unknown.join(', ')}. Known: ${all.join(', ')}.`)
  process.exit(2)
}
let failed = 0
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n== ${name}`)
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `bench/${name}.ts`],
    { stdio: 'inherit' },
  )
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)
