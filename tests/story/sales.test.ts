import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// Somebody comes back to the prices: sales is told by mail, answers by the link in it, and takes the lead.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const salesAddress = 'rosa.rep@house.example'
let product: Product
let browser: Browser
let rosa: Page
let rosaId = ''
let key = ''

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  const link = await product.tend(
    'user',
    'create',
    '--name',
    'Rosa Rep',
    '--email',
    salesAddress,
    '--role',
    'sales',
  )
  rosa = await browser.newPage({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce' })
  rosa.setDefaultTimeout(20_000)
  await rosa.goto(/https?:\/\/\S+\/sign-in\?token=\S+/.exec(link)?.[0] ?? '')
  await rosa.getByRole('button', { name: 'Sign in with this link' }).click()
  await rosa.getByRole('heading', { name: /^Hello/ }).waitFor()
  const users = await product.api<Items<{ id: string; email: string }>>('GET', '/users')
  rosaId = users.items.find(user => user.email === salesAddress)?.id ?? ''
  key = await product.tend('source', 'create', '--name', 'Shop', '--type', 'server')
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

type Items<T> = { items: T[] }

async function say(batch: object[]): Promise<void> {
  const answer = await fetch(`${product.streetUrl}/v1/batch`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    },
    body: JSON.stringify({ batch }),
  })
  assert.equal(answer.status, 200)
}

const mails = () =>
  product
    .api<Items<{ id: string; subject: string }>>('GET', `/sandbox/mailbox?to=${salesAddress}`)
    .then(found => found.items)

async function seriousFindings(page: Page): Promise<string[]> {
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, { words: page.url() })
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )) as { id: string; impact?: string | null; nodes: { html: string }[] }[]
  return found
    .filter(one => ['serious', 'critical'].includes(one.impact ?? ''))
    .map(one => `${page.url()} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)}`)
}

test('a rule of marketing tells the sales person, with what happened and why', async () => {
  const draft = {
    trigger: { on: 'page', path: '/enterprise', match: 'starts_with' },
    message: 'looks at what large companies pay',
    to: { owner: true, team: { by: 'turns', userIds: [rosaId] }, fallbackUserId: null },
  }
  const rule = await product.api<{ id: string; version: number }>('POST', '/alert-rules', {
    name: 'Big fish',
    draft,
  })
  const reviewOn = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10)
  await product.api('POST', `/alert-rules/${rule.id}/publish`, {
    version: rule.version,
    ownerId: rosaId,
    reviewOn,
  })
  const traits = { email: 'mona@large.example', firstName: 'Mona', lastName: 'Lind', title: 'CTO' }
  const page = (path: string) => ({
    type: 'page',
    userId: 'mona',
    messageId: `m${path}`,
    name: path,
    properties: { url: `https://house.example${path}`, path, title: path },
  })
  await say([
    { type: 'identify', userId: 'mona', messageId: 'm0', traits },
    page('/docs'),
    page('/enterprise/plans'),
  ])
  await until(async () => (await mails()).length > 0, { words: 'the alert' })
  const [mail] = await mails()
  assert.equal(mail?.subject, 'Mona Lind: looks at what large companies pay')
})

test('the link in the mail says who looks after it, and only its button does', async () => {
  const [mail] = await mails()
  const { text } = await product.api<{ text: string }>('GET', `/sandbox/mailbox/${mail?.id}`)
  assert.match(text, /looked at the page “\/docs”/)
  const link = /https?:\/\/\S+\/alert\/\S+/.exec(text)?.[0] ?? ''
  const stranger = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await stranger.goto(link)
  await stranger.getByText('Nobody has said yet').waitFor()
  await stranger.reload()
  await stranger.getByRole('button', { name: 'I look after this' }).click()
  await stranger.getByText('Rosa Rep looks after this').waitFor()
  assert.deepEqual(await seriousFindings(stranger), [])
  await stranger.close()
})

test('in her feed she takes the lead, thinks again, and returns it with a reason', async () => {
  await rosa.goto(`${product.officeUrl}/leads`)
  const card = rosa.getByRole('article', { name: 'Mona Lind' })
  await card.getByText('Looks at what large companies pay').waitFor()
  await card.getByText(/looked at the page “\/enterprise\/plans”/).waitFor()
  assert.deepEqual(await seriousFindings(rosa), [])
  await card.getByRole('button', { name: 'Accept' }).click()
  await rosa.getByText('Mona Lind is yours.').waitFor()
  await rosa.getByRole('tab', { name: /Accepted/ }).click()
  await card.getByRole('button', { name: /Return/ }).click()
  await rosa.getByRole('radio', { name: 'Not the right person there' }).check()
  await rosa.getByLabel('Anything marketing should know').fill('Ask for the head of IT')
  assert.deepEqual(await seriousFindings(rosa), [])
  await rosa.getByRole('button', { name: 'Return the lead' }).click()
  await rosa.getByRole('tab', { name: /Returned/ }).click()
  await card.getByText(/^Not the right person there/).waitFor()
  const { items } = await product.api<Items<{ id: string }>>('GET', '/contacts?q=mona@large.example')
  const types = await until(
    async () => {
      const story = await product.api<Items<{ type: string }>>(
        'GET',
        `/contacts/${items[0]?.id}/timeline?limit=100`,
      )
      const found = new Set(story.items.map(item => item.type))
      return found.has('handoff.returned') && found
    },
    { words: 'the story of the contact' },
  )
  for (const type of ['handoff.requested', 'handoff.accepted', 'alert.acknowledged', 'alert.sent'])
    assert.ok(types.has(type), type)
})

test('she looks at the alerts without changing them, also on a phone and in the dark', async () => {
  await rosa.emulateMedia({ colorScheme: 'dark' })
  await rosa.setViewportSize({ width: 390, height: 844 })
  await rosa.goto(`${product.officeUrl}/alerts`)
  await rosa.getByRole('link', { name: 'Big fish' }).click()
  await rosa.getByRole('heading', { name: 'Who is told' }).waitFor()
  assert.ok(await rosa.getByRole('button', { name: 'Publish changes' }).isDisabled())
  assert.deepEqual(await seriousFindings(rosa), [])
  const overflow = Number(await rosa.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
  assert.ok(overflow <= 1, `${overflow} px wider than a phone`)
  await rosa.goto(`${product.officeUrl}/leads`)
  await rosa.getByRole('heading', { level: 1 }).waitFor()
  assert.deepEqual(await seriousFindings(rosa), [])
})
