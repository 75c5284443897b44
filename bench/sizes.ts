// Page script and screens, gzipped, against their budgets.
import { globSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { print } from './measure.ts'

const kilobytes = (files: string[]) =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0) / 1024

type Manifest = Record<
  string,
  { file: string; css?: string[]; imports?: string[]; isEntry?: boolean; isDynamicEntry?: boolean }
>

/** A chunk and everything that it needs before it can run. */
function closure(manifest: Manifest, key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key]
  if (!chunk || seen.has(key)) return seen
  seen.add(key)
  for (const next of chunk.imports ?? []) closure(manifest, next, seen)
  return seen
}

const manifest: Manifest = JSON.parse(readFileSync('web/dist/.vite/manifest.json', 'utf8'))
const filesOf = (keys: Iterable<string>) =>
  [...keys]
    .flatMap(key => [manifest[key]?.file ?? '', ...(manifest[key]?.css ?? [])])
    .map(file => `web/dist/${file}`)
const isScript = (file: string) => file.endsWith('.js')
const entry = Object.keys(manifest).find(key => manifest[key]?.isEntry) ?? ''
const shell = closure(manifest, entry)
const routes = Object.keys(manifest)
  .filter(key => manifest[key]?.isDynamicEntry)
  .map(key => ({
    key,
    size: kilobytes(filesOf([...closure(manifest, key)].filter(part => !shell.has(part)))),
  }))
  .sort((a, b) => b.size - a.size)

const { buildPageScript } = await import('../src/capture/page-script.build.ts')
const { buildFormScript } = await import('../src/capture/form-script.street.ts')
const script = buildPageScript('tracker/tend.ts').gzip.length / 1024
const rows = [
  { what: 'page script', size: script, budget: 5 },
  { what: 'form script', size: buildFormScript().gzip.length / 1024, budget: 12 },
  { what: 'screens: shell, scripts', size: kilobytes(filesOf(shell).filter(isScript)), budget: 180 },
  {
    what: 'screens: shell, styles',
    size: kilobytes(filesOf(shell).filter(file => !isScript(file))),
    budget: 45,
  },
  ...routes.slice(0, 5).map(route => ({
    what: `screens: ${route.key}`,
    size: route.size,
    budget: route.key.includes('source-editor') ? 700 : 150,
  })),
]
print(rows.map(row => ({ what: row.what, 'gzipped KB': row.size.toFixed(1), 'budget KB': row.budget })))
process.exitCode =
  rows.every(row => row.size <= row.budget) && globSync('web/dist/index.html').length === 1 ? 0 : 1
