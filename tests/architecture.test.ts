import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { layers } from '../src/layers.ts'

const root = new URL('..', import.meta.url).pathname
const rank = new Map<string, number>(layers.map((name, i) => [name, i]))

type Import = { file: string; target: string; from: string; to: string; typeOnly: boolean }

const moduleOf = (path: string) => (path.split('/').length > 2 ? (path.split('/')[1] ?? '') : '')

function readImports(): Import[] {
  const files = globSync('src/**/*.ts', { cwd: root })
  return files.flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8')
    const found = text.matchAll(
      /^(?:import|export)\s+(type\s)?[^'"\n]*?(?:\{[^}]*\}\s*)?(?:from\s*)?['"]([#.][^'"]+)['"]/gm,
    )
    return [...found].map(([, typeOnly, path = '']) => {
      const target = path.startsWith('#')
        ? `src/${path.slice(1)}`
        : relative(root, join(root, dirname(file), path))
      return { file, target, from: moduleOf(file), to: moduleOf(target), typeOnly: Boolean(typeOnly) }
    })
  })
}

// Tests beside the code may use the harness; the code itself may not.
const imports = readImports().filter(
  i => !(i.target.startsWith('tests/') && /\.(test|fixture)\.ts$/.test(i.file)),
)

test('modules import only from the layers below', () => {
  const wrong = imports
    .filter(i => rank.has(i.from) && i.from !== i.to)
    .filter(i => !rank.has(i.to) || (rank.get(i.to) ?? 99) >= (rank.get(i.from) ?? 0))
  assert.deepEqual(
    wrong.map(i => `${i.file} -> ${i.target}`),
    [],
  )
})

test('dotted files and sub-folders of a module are private to it', () => {
  const wrong = imports
    .filter(i => i.from !== i.to && i.to !== 'platform' && rank.has(i.to))
    .filter(i => {
      const inner = i.target.split('/').slice(2)
      return inner.length > 1 || (inner[0] ?? '').split('.').length > 2
    })
  assert.deepEqual(
    wrong.map(i => `${i.file} -> ${i.target}`),
    [],
  )
})

test('no file imports itself by way of others', () => {
  const graph = new Map<string, string[]>()
  for (const i of imports) if (!i.typeOnly) graph.set(i.file, [...(graph.get(i.file) ?? []), i.target])
  const circles: string[] = []
  const state = new Map<string, 'open' | 'closed'>()
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'closed') return
    if (state.get(file) === 'open')
      return void circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'closed')
  }
  for (const file of graph.keys()) visit(file, [])
  assert.deepEqual(circles, [])
})

/** Sessions, keys and the audit live by the machine's time: the sandbox's clock must not sign anybody out. */
const realTime = 'src/access/real-time.ts'

test('business code takes the time from its arguments', () => {
  const wrong = globSync('src/**/*.ts', { cwd: root })
    .filter(
      file =>
        rank.has(moduleOf(file)) &&
        !['platform', 'engine'].includes(moduleOf(file)) &&
        !/\.(test|fixture)\./.test(file) &&
        file !== realTime,
    )
    .flatMap(file =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, n) =>
          /Date\.now\(\)|new Date\(\)|\bnow\(\)/.test(
            line.replace(/clock\.now\(\)|performance\.now\(\)/g, ''),
          ) && !/^\s*(\*|\/\/|\/\*)/.test(line)
            ? [`${file}:${n + 1}`]
            : [],
        ),
    )
  assert.deepEqual(wrong, [])
})

test('only the egress guard makes outgoing web requests', () => {
  const wrong = globSync('src/**/*.ts', { cwd: root })
    .filter(file => !/\.(test|fixture)\./.test(file) && file !== 'src/platform/egress.ts')
    .filter(file =>
      /from 'undici'|import (?!\{ createServer \} )[^\n]* from 'node:https?'|(?<![.\w])fetch\(/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    )
  assert.deepEqual(wrong, [])
})
