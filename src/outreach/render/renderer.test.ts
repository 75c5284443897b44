import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { newNonce, replaceLinks, webAddress } from './markers.ts'
import type { Source } from './protocol.ts'
import { createRenderer } from './renderer.ts'

// Real child processes; the machine may be busy, so honest work gets more time than in production.
const renderer = createRenderer({ killMs: 4000 })
after(() => renderer.close())

const html = (source: string, more: Partial<Source> = {}): Source => ({
  kind: 'html',
  subject: 'Hello',
  preheader: '',
  source,
  text: null,
  postalAddress: '',
  ...more,
})
const mjml = (body: string, more: Partial<Source> = {}): Source =>
  html(`<mjml><mj-body><mj-section><mj-column>${body}</mj-column></mj-section></mj-body></mjml>`, {
    kind: 'mjml',
    ...more,
  })
const problemsOf = async (source: Source) =>
  (await renderer.compile(source)).problems.map(
    ({ path, line, message }) => `${path}${line === null ? '' : `:${line}`} ${message}`,
  )

async function renderWith(source: Source, contact: Record<string, unknown>) {
  const { compiled, problems } = await renderer.compile(source)
  assert.ok(compiled, JSON.stringify(problems))
  const context = {
    contact,
    unsubscribe_url: 'https://street.example/u/1',
    postal_address: 'Road 1',
    tend: { nonce: 'NONCE', marketing: true, open: 'https://street.example/o/1.gif' },
  }
  const [result] = await renderer.render({ key: newNonce(), ...compiled }, [context])
  assert.ok(result?.ok, JSON.stringify(result))
  return result.parts
}

test('MJML with Liquid becomes HTML with marked links, a text part, a footer and a pixel', async () => {
  const source = mjml(
    '<mj-text>Hello {{ contact.first_name | default: "you" }}</mj-text>\n<mj-button href="https://example.com/?a=1&amp;b=2">Go</mj-button>',
    { preheader: 'For {{ contact.first_name }}' },
  )
  const parts = await renderWith(source, { first_name: 'Ann' })
  assert.match(parts.html, /Hello Ann/)
  assert.match(parts.html, /href="NONCE\[0\|https:\/\/example\.com\/\?a=1&#38;b=2\]NONCE"/)
  assert.match(parts.html, /display:none[^>]*>For Ann/)
  assert.match(parts.html, /Road 1<br \/><a href="https:\/\/street\.example\/u\/1"/)
  assert.match(parts.html, /<img src="https:\/\/street\.example\/o\/1\.gif"[^>]*><?\/?/)
  assert.match(parts.text, /^Hello Ann/)
  assert.match(parts.text, /Go <NONCE\[0\|https:\/\/example\.com\/\?a=1&b=2\]NONCE>/)
  assert.match(parts.text, /Unsubscribe: https:\/\/street\.example\/u\/1/)
})

test('a mail with its own way out gets no second one', async () => {
  const parts = await renderWith(
    html('<html><body><p>{{ postal_address }} <a href="{{ unsubscribe_url }}">out</a></p></body></html>'),
    {},
  )
  assert.equal(parts.html.match(/street\.example\/u\/1/g)?.length, 1)
  assert.equal(parts.html.match(/Road 1/g)?.length, 1)
})

test('what is wrong is told with its line', async () => {
  assert.match(
    (await problemsOf(html('<p>\n{{ contact.name | nofilter }}</p>')))[0] ?? '',
    /^source:2 There is no filter “nofilter”/,
  )
  assert.match((await problemsOf(html('one\ntwo\n{% if x %}')))[0] ?? '', /^source:3 .*never closed/)
  assert.match((await problemsOf(html('<p>x</p>', { subject: '{{ ' })))[0] ?? '', /^subject:1/)
  assert.match((await problemsOf(html('<p>x</p>', { subject: ' ' })))[0] ?? '', /^subject is missing/)
  assert.match(
    (await problemsOf(html('<p>\n<a href="www.example.com">x</a>')))[0] ?? '',
    /^source:2 “www\.example\.com” is no full address/,
  )
  assert.match((await problemsOf(mjml('<mj-txt>x</mj-txt>')))[0] ?? '', /mj-txt/)
  const dropped = html(
    '<mjml><mj-body>\n{% if contact.vip %}\n<mj-section></mj-section>{% endif %}</mj-body></mjml>',
    { kind: 'mjml' },
  )
  assert.match((await problemsOf(dropped))[0] ?? '', /^source:2 MJML drops/)
})

test('scripts, frames, forms and hidden schemes are refused', async () => {
  const bad = [
    '<script>alert(1)</script>',
    '<p onclick="x()">a</p>',
    '<a href="javascript:alert(1)">a</a>',
    '<a href="java\nscript:alert(1)">a</a>',
    '<a href=" &#106;avascript:alert(1)">a</a>',
    '<a href="data:text/html,x">a</a>',
    '<a href="vbscript:x">a</a>',
    '<iframe src="https://x.example"></iframe>',
    '<form action="https://x.example"></form>',
    '<base href="https://x.example">',
    '<meta http-equiv="refresh" content="0;url=https://x.example">',
    '<!-- <script>x</script> -->',
    '<img alt="" src={{ contact.x }}>',
    '<img alt="" {{ contact.x }}>',
    '<{{ contact.x }}>',
    '<object data="x"></object>',
  ]
  for (const source of bad)
    assert.notDeepEqual(await problemsOf(html(`<html><body>${source}</body></html>`)), [], source)
})

test('what is worth a thought is a warning: images without words, a mail that Gmail cuts off', async () => {
  const large = await renderer.compile(
    html(`<img src="https://x.example/a.png"><p>${'word '.repeat(24_000)}</p>`),
  )
  assert.deepEqual(large.problems, [])
  assert.match(
    large.warnings.map(warning => warning.message).join('\n'),
    /no alternative text[\s\S]*Gmail cuts off after 102 KB/,
  )
})

test('values are escaped in HTML, whatever they are, and a subject stays one line', async () => {
  const nasty = '"><script>alert(1)</script>\r\nBcc: evil@x.example'
  const source = html(
    '<html><body><p title="{{ contact.x }}">{{ contact.x }}</p><a href="{{ contact.x }}">l</a></body></html>',
    { subject: 'Hi {{ contact.x }}' },
  )
  const parts = await renderWith(source, { x: nasty })
  assert.doesNotMatch(parts.html, /<script/)
  assert.doesNotMatch(parts.subject, /[\r\n]/)
})

test('escaping holds for any text (property)', async () => {
  const { compiled } = await renderer.compile(
    html('<html><body><p title="{{ contact.x }}">[{{ contact.x }}]</p></body></html>'),
  )
  assert.ok(compiled)
  const template = { key: 'property', ...compiled }
  const cases = fc.sample(fc.string({ unit: 'grapheme', maxLength: 60 }), 300)
  const results = await renderer.render(
    template,
    cases.map(x => ({ contact: { x }, tend: {} })),
  )
  for (const [i, result] of results.entries()) {
    assert.ok(result.ok)
    const inner = /title="([^"]*)">\[([\s\S]*)\]<\/p>/.exec(result.parts.html)
    assert.ok(inner, cases[i])
    assert.doesNotMatch(inner[2] ?? '', /[<>]/)
  }
})

test('only what the mail itself marked becomes a link: contacts’ data cannot pretend', () => {
  const nonce = newNonce()
  const text = `[0|https://evil.example] ${nonce}[0|https://good.example/?a=1&#38;b=2]${nonce} t123[1|x]t123`
  const done = replaceLinks(text, nonce, { isHtml: true, address: (index, url) => `T${index}:${url}` })
  assert.equal(done, '[0|https://evil.example] T0:https://good.example/?a=1&#38;b=2 t123[1|x]t123')
  for (const url of [
    'javascript:alert(1)',
    'ftp://x',
    'mailto:a@b',
    '//x.example',
    'x',
    `https://x.example/${'a'.repeat(5000)}`,
  ])
    assert.equal(webAddress(url), null, url)
})

/** Templates that want our memory, our time, our files or our objects. */
const hostile: Record<string, string> = {
  'a loop over nine million': '{% for i in (1..9000000) %}{% endfor %}',
  'a loop over a variable range': '{% assign n = 9000000 %}{% for i in (1..n) %}{% endfor %}',
  'nested loops':
    '{% for a in (1..9999) %}{% for b in (1..9999) %}{% for c in (1..9999) %}x{% endfor %}{% endfor %}{% endfor %}',
  'a string that doubles': `{% assign s = "xxxxxxxxxxxxxxxx" %}${'{% assign s = s | append: s %}'.repeat(30)}{{ s }}`,
  'an array that grows':
    '{% assign a = "a,b,c,d" | split: "," %}{% for i in (1..9999) %}{% assign a = a | concat: a %}{% endfor %}',
  'a file by include': '{% include "/etc/passwd" %}',
  'a file by render': '{% render "../../package.json" %}',
  'a layout': '{% layout "x" %}',
  'the prototype': '{{ contact.constructor.constructor }}{{ contact.__proto__ }}{{ contact.toString }}',
  'a replacement that explodes':
    '{% assign s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" %}{% for i in (1..9999) %}{% assign s = s | replace: "a", "aaaaaaaaaa" %}{% endfor %}',
  'raw output': '{{ contact.x | raw }}',
  where_exp: '{{ contact.list | where_exp: "x", "x.y" }}',
  'deep nesting': `${'{% if true %}'.repeat(20_000)}x${'{% endif %}'.repeat(20_000)}`,
}

for (const [name, source] of Object.entries(hostile)) {
  test(`hostile: ${name} ends in time and gives nothing away`, { timeout: 30_000 }, async () => {
    const { compiled } = await renderer.compile(html(`<html><body>${source}</body></html>`))
    if (!compiled) return
    const [result] = await renderer.render({ key: name, ...compiled }, [
      { contact: { x: 1, list: [] }, tend: {} },
    ])
    const shown = result?.ok ? result.parts.html : ''
    assert.doesNotMatch(shown, /root:|function|native code|\[object|"name"/)
  })
}

test('hostile: MJML that nests or repeats without end', { timeout: 60_000 }, async () => {
  const deep = `<mjml><mj-body>${'<mj-wrapper>'.repeat(2000)}x${'</mj-wrapper>'.repeat(2000)}</mj-body></mjml>`
  assert.match((await problemsOf(html(deep, { kind: 'mjml' })))[0] ?? '', /nested deeper/)
  const include = mjml('<mj-include path="/etc/passwd" /><mj-text>x</mj-text>')
  assert.doesNotMatch(JSON.stringify(await renderer.compile(include)), /root:/)
  const many = html(
    `<mjml><mj-body>${'<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>'.repeat(3500)}</mj-body></mjml>`,
    { kind: 'mjml' },
  )
  await renderer.compile(many)
})

test('one poisonous recipient fails alone, and the others get theirs', { timeout: 60_000 }, async () => {
  const strict = createRenderer({ killMs: 1500 })
  const { compiled } = await strict.compile(
    html(
      '<html><body>{% for a in contact.n %}{% for b in contact.n %}{% for c in contact.n %}{% for d in contact.n %}{{ a }}{% endfor %}{% endfor %}{% endfor %}{% endfor %}done</body></html>',
    ),
  )
  assert.ok(compiled)
  const contexts = Array.from({ length: 40 }, (_, i) => ({
    contact: { n: i === 17 ? Array.from({ length: 3000 }, (_x, k) => k) : [] },
    tend: {},
  }))
  const results = await strict.render({ key: 'poison', ...compiled }, contexts)
  await strict.close()
  assert.deepEqual(
    results.map((result, i) => (result.ok ? -1 : i)).filter(i => i >= 0),
    [17],
  )
})

test('the process has no environment, starts no other and opens no file of ours', {
  timeout: 30_000,
}, async () => {
  process.env.CANARY_SECRET = 'do not leak'
  const parts = await renderWith(
    html(
      '<html><body>{{ CANARY_SECRET }}{{ process.env.CANARY_SECRET }}{{ env }}{{ contact | json }}</body></html>'.replace(
        ' | json',
        '',
      ),
    ),
    { x: 1 },
  )
  assert.doesNotMatch(parts.html, /do not leak/)
  delete process.env.CANARY_SECRET
})
