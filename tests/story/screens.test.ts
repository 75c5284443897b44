import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// Every screen as a person meets it: it opens, nothing breaks, nothing is asked of any other host, and what cannot
// see can read it (axe finds nothing serious).

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let product: Product
let browser: Browser
let page: Page
const trouble: string[] = []

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.on(
    'console',
    message => message.type() === 'error' && trouble.push(`${page.url()}: ${message.text()}`),
  )
  page.on('pageerror', error => trouble.push(`${page.url()}: ${error.message}`))
  page.on('request', request => {
    const { protocol, host, href } = new URL(request.url())
    const ours = [product.officeUrl, product.streetUrl].map(url => new URL(url).host)
    if (protocol.startsWith('http') && !ours.includes(host)) trouble.push(`a request to ${href}`)
  })
  await page.goto(product.signInLink)
  // What the screen asks before anybody is signed in is answered 401, and browsers say so.
  trouble.length = 0
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})

after(async () => {
  await browser?.close()
  await product?.stop()
})

async function open(path: string): Promise<void> {
  await page.goto(`${product.officeUrl}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  // Not by waitForFunction: it evaluates text, which the screens' policy forbids.
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, {
    words: `${path} to be loaded`,
  })
}

type Violation = { id: string; impact?: string | null; nodes: { html: string }[] }

async function seriousFindings(): Promise<string[]> {
  // axe waits for nothing: a skeleton that fades out has no contrast worth measuring.
  await page.evaluate(
    'Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => undefined))).then(() => null)',
  )
  await page.evaluate(axe)
  const found = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )
  return (found as Violation[])
    .filter(one => ['serious', 'critical'].includes(one.impact ?? ''))
    .map(one => `${page.url()} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)}`)
}

const first = async (path: string): Promise<string> => {
  const { items } = await product.api<{ items: { id: string }[] }>('GET', path)
  return items[0]?.id ?? ''
}

test('every screen opens in peace, also on a phone and in the dark', async () => {
  const form = await first('/forms')
  const landingPage = await first('/pages')
  const paths = [
    '/',
    '/contacts',
    `/contacts/${await first('/contacts')}`,
    '/companies',
    '/imports',
    '/exports',
    `/companies/${await first('/companies')}`,
    '/segments',
    `/segments/${await first('/segments')}`,
    '/workflows',
    `/workflows/${await first('/workflows')}`,
    '/scoring',
    `/scoring/${await first('/score-models')}`,
    '/emails',
    `/emails/${await first('/emails')}`,
    '/deliveries',
    '/mailbox',
    '/reviews',
    '/leads?whose=all',
    '/alerts',
    `/alerts/${await first('/alert-rules')}`,
    '/crm',
    '/forms',
    ...['build', 'after', 'languages', 'embed', 'protection', 'submissions', 'results', 'versions'].map(
      tab => `/forms/${form}?tab=${tab}`,
    ),
    '/pages',
    '/pages/brand',
    ...['build', 'settings', 'results', 'versions'].map(tab => `/pages/${landingPage}?tab=${tab}`),
    '/settings/sources',
    '/settings/fields',
    '/settings/lists',
    '/settings/sending',
    '/settings/team',
    '/settings/keys',
    '/settings/account',
    '/system',
  ]
  for (const path of paths) {
    await open(path)
    assert.deepEqual(await seriousFindings(), [])
    // The bar asks for itself: the screen may be there before it.
    await until(() => page.getByText('Sandbox', { exact: true }).isVisible(), {
      words: `the sandbox to say so on ${path}`,
    })
  }
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 390, height: 844 })
  for (const path of ['/', '/contacts', '/workflows', `/contacts/${await first('/contacts')}`]) {
    await open(path)
    assert.deepEqual(await seriousFindings(), [])
    const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
    assert.ok(overflow <= 1, `${path} is ${overflow} px wider than a phone`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1360, height: 850 })
  assert.deepEqual(trouble, [])
})

test('a marketer builds a segment in sentences, sees who is in it, and publishes it with an owner and a day of review', async () => {
  await open('/segments')
  await page.getByRole('button', { name: 'New segment' }).click()
  await page.getByLabel('Name').fill('People in Germany')
  await page.getByRole('button', { name: 'Create segment' }).click()
  await page.getByRole('button', { name: 'Condition', exact: true }).click()
  await page.getByRole('menuitem', { name: /Who they are/ }).click()
  await page.getByRole('combobox', { name: 'Field' }).click()
  await page.getByRole('option', { name: 'Country', exact: true }).click()
  await page
    .getByRole('textbox', { name: 'Value' })
    .or(page.getByRole('combobox', { name: 'Value' }))
    .fill('DE')
  await page.getByRole('heading', { name: /^[1-9]\d* contacts? match/ }).waitFor()
  await page.getByText('Saved', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('button', { name: /^Publish with \d+ people$/ }).click()
  await page.getByText('Live', { exact: true }).first().waitFor()
  await page.getByRole('tab', { name: 'People' }).click()
  await page.getByRole('table').waitFor()
  assert.deepEqual(trouble, [])
})

test('the clock in the bar brings the follow-up into the mailbox, and the palette finds it', async () => {
  const key = await product.tend('source', 'create', '--name', 'Site', '--type', 'server')
  const batch = [
    {
      type: 'identify',
      userId: 'zoe',
      messageId: 'z1',
      traits: {
        email: 'zoe@example.org',
        firstName: '<img src=x onerror=alert(1)>',
        marketing_consent: true,
      },
    },
    { type: 'track', userId: 'zoe', messageId: 'z2', event: 'Whitepaper Downloaded' },
  ]
  const sent = await fetch(`${product.streetUrl}/v1/batch`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ batch }),
  })
  assert.equal(sent.status, 200)
  await open('/')
  await page.getByRole('button', { name: '+3 days' }).click()
  await page.getByText(/Everything due by then has happened/).waitFor({ timeout: 60_000 })
  await open('/mailbox?to=zoe@example.org')
  await page.getByRole('tab', { name: 'Text' }).click()
  await page
    .getByRole('tabpanel')
    .getByText(/unsubscribe/i)
    .first()
    .waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Search' }).fill('zoe@')
  await page.getByText('contacts · zoe@example.org').click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForURL(/\/contacts\/\d+/)
  assert.deepEqual(trouble, [])
})
