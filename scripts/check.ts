// Everything that can be known without running the product: types, lint, format, order of the rooms, unused code.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

type Step = { name: string; command: string; args: string[]; cwd?: string }

const steps: Step[] = [
  { name: 'types of the server', command: 'tsc', args: ['-p', '.'] },
  { name: 'types of the API for the screens', command: 'node', args: ['scripts/api-types.ts', '--check'] },
  { name: 'types of the page script', command: 'tsc', args: ['-p', 'tracker'] },
  { name: 'types of the form script', command: 'tsc', args: ['-p', 'forms'] },
  {
    name: 'types of the screens',
    command: 'node',
    args: ['node_modules/typescript/bin/tsc', '-p', '.', '--noEmit'],
    cwd: 'web',
  },
  { name: 'lint and format', command: 'biome', args: ['check', '--max-diagnostics=30', '.'] },
  {
    name: 'order of the rooms, routes and policy',
    command: 'node',
    args: ['--test', '--test-reporter=dot', 'tests/architecture.test.ts', 'tests/routes.test.ts'],
  },
  { name: 'nothing unused', command: 'node', args: ['scripts/unused.ts'] },
  { name: 'licences', command: 'node', args: ['scripts/licences.ts'] },
]

let failed = 0
for (const step of steps) {
  if (step.cwd && !existsSync(step.cwd)) continue
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(step.command, step.args, {
    cwd: step.cwd ?? '.',
    encoding: 'utf8',
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${step.name} (${seconds} s)`)
  if (status !== 0) {
    failed++
    console.log(`${stdout}${stderr}`.split('\n').slice(0, 120).join('\n'))
  }
}
process.exit(failed === 0 ? 0 : 1)
