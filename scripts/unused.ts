// Finds what is exported and imported nowhere, and files that nothing reaches. By words, not by types: a name that
// stands in no other file is used by nobody.
import { globSync, readFileSync } from 'node:fs'

const roots = new Set(['src/main.ts'])
const sources = globSync([
  'src/**/*.ts',
  'tests/**/*.ts',
  'bench/**/*.ts',
  'scripts/*.ts',
  'tracker/**/*.ts',
  'forms/**/*.ts',
])
const texts = new Map(sources.map(file => [file, readFileSync(file, 'utf8')]))
const words = new Map([...texts].map(([file, text]) => [file, new Set(text.match(/\w+/g) ?? [])]))
const entries = (file: string) =>
  roots.has(file) || !file.startsWith('src/') || file.includes('.test.') || file.endsWith('child.ts')

const problems: string[] = []
for (const [file, text] of texts) {
  if (entries(file)) continue
  const name = file.split('/').at(-1) ?? ''
  if (![...texts].some(([other, its]) => other !== file && its.includes(`${name}'`)))
    problems.push(`${file}: no file imports it`)
  for (const [, exported = ''] of text.matchAll(
    /^export (?:async )?(?:function\*?|const|type|class) (\w+)/gm,
  )) {
    const elsewhere = [...words].some(([other, its]) => other !== file && its.has(exported))
    const again = (text.match(new RegExp(`\\b${exported}\\b`, 'g')) ?? []).length > 1
    if (!elsewhere && !again) problems.push(`${file}: ${exported} is used by nobody`)
  }
}
for (const line of problems) console.error(line)
process.exit(problems.length === 0 ? 0 : 1)
