import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createRenderer } from '#outreach/render/renderer.ts'

// 60 templates that want out: at secrets in the environment, at files, at the objects behind the values, at all of
// the processor and all of the memory. Each ends within 1.5 s of its own work, and none of them tells a secret.

const canary = `canary-${randomBytes(8).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'tend-hostile-'))
const file = join(folder, 'secret.liquid')
const renderer = createRenderer()

before(() => {
  process.env.TEND_CANARY = canary
  writeFileSync(file, canary)
})
after(async () => {
  await renderer.close()
  delete process.env.TEND_CANARY
  rmSync(folder, { recursive: true })
})

const bomb = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `{% for a${i} in (1..10000) %}`).join('') +
  'x' +
  '{% endfor %}'.repeat(depth)

const html: string[] = [
  // The environment and what is around
  ...[
    'env',
    'ENV',
    'process.env',
    'process.env.TEND_CANARY',
    'global',
    'globalThis.process',
    'require',
    'this',
    'self',
    'context',
    'secrets',
    'config',
    'settings',
    'tend.secret',
  ].map(name => `{{ ${name} }}{{ ${name} | json }}`),
  // Behind the values
  '{{ contact.constructor }}',
  '{{ contact.constructor.constructor }}',
  '{{ contact.__proto__ }}{{ contact.__proto__.polluted }}',
  '{{ contact["constructor"]["prototype"] | json }}',
  '{{ contact.toString }}{{ contact.valueOf }}',
  '{% assign x = contact.__proto__ %}{{ x.constructor }}',
  '{% assign __proto__ = "polluted" %}{{ __proto__ }}',
  '{% capture constructor %}x{% endcapture %}{{ constructor }}',
  '{{ "" | constructor }}',
  '{{ contact | map: "constructor" }}',
  '{{ contact.first_name.__defineGetter__ }}',
  '{{ contact | where: "__proto__" }}',
  '{{ "x" | group_by_exp: "y", "y.constructor" | json }}',
  // Files
  `{% include "${file}" %}`,
  `{% render "${file}" %}`,
  `{% layout "${file}" %}`,
  '{% include "/etc/passwd" %}',
  '{% render "../../../../etc/passwd" %}',
  '{% include "/proc/self/environ" %}',
  `{% include contact.file %}`,
  '{% layout none %}{% block a %}{% include "/etc/hostname" %}{% endblock %}',
  // Processor and memory
  bomb(2),
  bomb(4),
  '{% for i in (1..9000000) %}{% endfor %}',
  '{% for i in (1..99999999999) %}x{% endfor %}',
  '{% assign a = "x" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
  '{% assign a = "a,b" | split: "," %}{% for i in (1..60) %}{% assign a = a | concat: a %}{% endfor %}{{ a | size }}',
  '{{ "x" | ljust: 999999999 }}',
  '{% assign a = "x" | times: 1e308 %}{{ a }}',
  '{% tablerow i in (1..9000000) cols:3 %}x{% endtablerow %}',
  '{% assign r = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" %}{{ r | replace: "^(a+)+$", "x" }}',
  '{% increment a %}'.repeat(5_000),
  '{% if true %}'.repeat(3_000) + '{% endif %}'.repeat(3_000),
  `${'{{ "'.repeat(2_000)}`,
  `{{ contact${'.a'.repeat(20_000)} }}`,
  '{% for i in (1..10000) %}{{ contact.first_name | repeat: 10000 }}{% endfor %}',
  '{% assign s = "x" | date: "%99999999d" %}{{ s }}',
  '{{ "now" | date: "%1000000000Y" }}',
  'a'.repeat(2_000_000),
]
const mjml: string[] = [
  `<mj-include path="${file}" />`,
  '<mj-include path="/etc/passwd" type="html" />',
  `<mj-include path="file://${file}" />`,
  `<mj-section><mj-column><mj-include path="../../../..${file}" /></mj-column></mj-section>`,
  '<mj-wrapper>'.repeat(2_000),
  '<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>'.repeat(5_000),
  `<mj-section><mj-column><mj-raw>${'<div>'.repeat(5_000)}</mj-raw></mj-column></mj-section>`,
].map(body => `<mjml><mj-body>${body}</mj-body></mjml>`)

const all = [
  ...html.map(source => ({ kind: 'html' as const, source })),
  ...mjml.map(source => ({ kind: 'mjml' as const, source })),
]

/** The renderer kills at 1.5 s; what is over that is the way there and back on a busy machine. */
const allowedMs = 1500 + 1000
const plain = {
  kind: 'html' as const,
  subject: 'x',
  preheader: '',
  source: 'x',
  text: null,
  postalAddress: '',
}

/** How long the work itself took: a child that died of the one before has been replaced by then. */
async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  await renderer.compile(plain)
  const began = performance.now()
  const result = await work()
  return { result, tookMs: performance.now() - began }
}

test('60 templates end in time and tell no secret', async () => {
  assert.equal(all.length, 60)
  const wrong: string[] = []
  const contact = { first_name: 'Ann', file, email: 'ann@example.org' }
  const tend = { nonce: 'NONCE', marketing: false, open: 'https://street.example/o/1.gif' }
  for (const { kind, source } of all) {
    const told = await timed(() => renderer.compile({ ...plain, kind, source }))
    const compiled = told.result.compiled ?? { subject: 'x', html: source, text: source }
    const key = randomBytes(8).toString('hex')
    const parts = await timed(() => renderer.render({ key, ...compiled }, [{ contact, tend }]))
    const tookMs = Math.max(told.tookMs, parts.tookMs)
    const text = JSON.stringify([told.result, parts.result])
    const words = source.slice(0, 60)
    if (text.includes(canary) || /root:x:0|TEND_CANARY=/.test(text)) wrong.push(`${words}: tells a secret`)
    if (/native code|\[object|function /i.test(JSON.stringify(parts.result)))
      wrong.push(`${words}: shows its inside`)
    if (tookMs > allowedMs) wrong.push(`${words}: took ${Math.round(tookMs)} ms`)
  }
  assert.deepEqual(wrong, [])
  assert.equal(({} as { polluted?: string }).polluted, undefined)
})
