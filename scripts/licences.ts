// Fails on a package whose licence is not one that Tend may ship with.
import { readFileSync } from 'node:fs'

const allowed = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'MPL-2.0',
  '0BSD',
  'CC0-1.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC-BY-4.0',
  'CC-BY-3.0',
  'Zlib',
  'WTFPL',
])
// Dual licences of which one is allowed, and optional binaries named in docs/dependencies.md.
const exceptions: Record<string, string> = { slick: 'MIT (http://mootools.net/license.txt)' }

type Lock = { packages: Record<string, { license?: string; dev?: boolean; optional?: boolean }> }

function licencesOf(file: string): string[] {
  const lock: Lock = JSON.parse(readFileSync(file, 'utf8'))
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    const name = path.replace(/^.*node_modules\//, '')
    if (path === '' || !entry.license) return []
    const choices = entry.license.replace(/[()]/g, '').split(/ OR /i)
    const fine = choices.some(choice => choice.split(/ AND /i).every(part => allowed.has(part.trim())))
    return fine || exceptions[name] === entry.license ? [] : [`${file}: ${name} is ${entry.license}`]
  })
}

const wrong =
  process.argv.length > 2
    ? process.argv.slice(2).flatMap(licencesOf)
    : ['package-lock.json', 'web/package-lock.json'].flatMap(licencesOf)
for (const line of wrong) console.error(line)
process.exit(wrong.length === 0 ? 0 : 1)
