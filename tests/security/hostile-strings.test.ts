import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// Everything that strangers can make us store, filled with what would run if a screen showed it as anything but
// text. Then an owner opens every screen there is.

const payloads = [
  '<img src=x onerror="window.hit=1;alert(1)">',
  '"><script>window.hit=1;alert(1)</script>',
  "'><svg/onload=window.hit=1>",
  'javascript:window.hit=1//',
  '</title></textarea></style><script>window.hit=1</script>',
  '<iframe srcdoc="<script>parent.hit=1</script>"></iframe>',
  '<a href="javascript:window.hit=1">x</a>',
  '{{constructor.constructor("window.hit=1")()}}',
  '#{window.hit=1}<b>',
  '"onfocus="window.hit=1" autofocus="',
  '<style>@import "//evil.example/x.css";*{background:url(//evil.example/y)}</style>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>',
]
const evil = (i: number): string => payloads[i % payloads.length] ?? ''

let product: Product
let browser: Browser
let page: Page
const trouble: string[] = []

/** A batch of calls as a website makes them, each field taking the next payload. */
function calls(who: number): Record<string, unknown>[] {
  let n = who
  const next = () => evil(n++)
  const address = `https://evil.example/${encodeURIComponent(next())}?utm_source=${encodeURIComponent(next())}`
  const context = {
    userAgent: next(),
    locale: 'en',
    ip: '192.0.2.1',
    campaign: { source: next(), medium: next(), name: next(), term: next(), content: next() },
    page: {
      url: address,
      path: next(),
      referrer: `https://evil.example/${next()}`,
      title: next(),
      search: `?q=${next()}`,
    },
    library: { name: next(), version: next() },
  }
  const ids = { userId: `${next()} ${who}`, anonymousId: `anon ${who} ${next()}`, context }
  const traits = {
    email: `hostile${who}@example.org`,
    firstName: next(),
    lastName: next(),
    phone: next(),
    title: next(),
    company: { id: `${who}${next()}`, name: next() },
    address: { country: next(), city: next() },
    website: 'javascript:window.hit=1',
    avatar: 'javascript:window.hit=1',
    custom_trait: next(),
    [`odd_${who}`]: next(),
    marketing_consent: true,
    consent_text: next(),
  }
  return [
    { type: 'identify', ...ids, traits },
    {
      type: 'track',
      ...ids,
      event: next(),
      properties: { name: next(), url: next(), nested: { deep: next() } },
    },
    {
      type: 'page',
      ...ids,
      name: next(),
      properties: { url: address, path: next(), title: next(), referrer: next() },
    },
    { type: 'screen', ...ids, name: next(), properties: { what: next() } },
    {
      type: 'group',
      ...ids,
      groupId: `${who} ${next()}`,
      traits: { name: next(), website: next(), industry: next() },
    },
  ].map((call, i) => ({ ...call, messageId: `hostile-${who}-${i}` }))
}

before(async () => {
  product = await startProduct()
  const key = await product.tend('source', 'create', '--name', evil(1), '--type', 'server')
  const batch = payloads.flatMap((_, who) => calls(who))
  // Some calls are broken on purpose: what is rejected is shown to people as well.
  const broken = payloads.map(type => ({ type, userId: type, event: 7, messageId: type }))
  const sent = await fetch(`${product.streetUrl}/v1/batch`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
      'user-agent': '<script>window.hit=1</script>',
    },
    body: JSON.stringify({ batch: [...batch, ...broken] }),
  })
  assert.equal(sent.status, 200, await sent.text())
  // What colleagues of a low rank may name.
  await product.api('POST', '/lists', { name: evil(0) })
  await product.api('POST', '/segments', { name: evil(1) })
  await product.api('POST', '/emails', { name: evil(2) })
  await product.api('POST', '/workflows', { name: evil(0) })
  await product.api('POST', '/sandbox/clock', { advance: 'PT1H' })
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.setDefaultTimeout(15_000)
  page.on('dialog', dialog => {
    trouble.push(`${page.url()}: a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', message => {
    if (/content security policy/i.test(message.text())) trouble.push(`${page.url()}: ${message.text()}`)
  })
  page.on('request', request => {
    if (new URL(request.url()).hostname.endsWith('evil.example'))
      trouble.push(`${page.url()}: asks ${request.url()}`)
  })
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

type List = { items: { id: string; name?: string; email?: string | null }[] }

/** The hostile one of a list, or the first. */
async function pick(path: string): Promise<string | undefined> {
  const { items } = await product.api<List>('GET', path)
  return (items.find(item => /[<"#]/.test(item.name ?? '')) ?? items[0])?.id
}

/** Where the things behind an address with an id are listed. */
const lists: Record<string, string> = {
  '/scoring/$id': '/score-models',
  '/alerts/$id': '/alert-rules',
  '/crm/$id': '/crm/connections',
}

/** Every screen of the router, with real ids in its address; one without anything to show is left out. */
async function addresses(): Promise<string[]> {
  const router = readFileSync(new URL('../../web/src/router.tsx', import.meta.url), 'utf8')
  const paths = [...router.matchAll(/screen\(\s*'([^']+)'/g)].map(([, path = '']) => path)
  assert.ok(paths.length > 20)
  const found = paths.map(async path => {
    if (!path.includes('$')) return path
    const list = lists[path] ?? (path.split('/$')[0] ?? '').replace('/settings', '')
    const id = await pick(list).catch(() => undefined)
    return id ? path.replace(/\$\w+/, id) : null
  })
  return (await Promise.all(found)).filter(path => path !== null)
}

async function look(path: string): Promise<void> {
  await page.goto(`${product.officeUrl}${path}`)
  await page
    .getByRole('heading', { level: 1 })
    .first()
    .waitFor()
    .catch(error => assert.fail(`${path} shows no heading: ${error}`))
  // An empty draft has a preview that never comes: what is on the screen by then is looked at.
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, {
    timeoutMs: 4_000,
  }).catch(() => undefined)
  const state = await page.evaluate(
    `({ hit: window.hit, links: [...document.querySelectorAll('a[href],iframe[src],form[action]')]
      .map(each => each.getAttribute('href') ?? each.getAttribute('src') ?? each.getAttribute('action'))
      .filter(target => /^\\s*(javascript|data|vbscript):/i.test(target)) })`,
  )
  const { hit, links } = state as { hit?: number; links: string[] }
  if (hit !== undefined) trouble.push(`${path}: a script ran`)
  for (const link of links) trouble.push(`${path}: leads to ${link}`)
}

test('every screen shows what strangers sent as text, and nothing of it runs', {
  timeout: 300_000,
}, async () => {
  const { items } = await product.api<List>('GET', '/contacts?limit=200')
  const hostile = items.filter(contact => contact.email?.startsWith('hostile'))
  assert.equal(hostile.length, payloads.length)
  const all = await addresses()
  for (const path of [...all, `/contacts/${hostile[1]?.id}`]) await look(path)
  assert.deepEqual(trouble, [])
  await page.goto(`${product.officeUrl}/contacts/${hostile[0]?.id}`)
  await page.getByText('onerror').first().waitFor()
})
