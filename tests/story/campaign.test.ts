import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// A campaign as somebody new sends it: choose who, what and when, look at the numbers, send, watch, judge.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let product: Product
let browser: Browser
let page: Page

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.setDefaultTimeout(60_000)
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

type Found = { id: string; impact?: string | null; nodes: { html: string }[] }
async function assertReadable(): Promise<void> {
  await page.evaluate(
    'Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => undefined))).then(() => null)',
  )
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )) as Found[]
  const serious = found.filter(one => ['serious', 'critical'].includes(one.impact ?? ''))
  assert.deepEqual(
    serious.map(one => `${page.url()} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)}`),
    [],
  )
}

type Campaign = { id: string; status: string; recipients: number }
const campaign = (id: string) => product.api<Campaign>('GET', `/campaigns/${id}`)

test('from an empty campaign to the last recipient', { timeout: 300_000 }, async () => {
  await page.goto(`${product.officeUrl}/campaigns?create=yes`)
  await page.getByLabel('Name').fill('Stand in Vienna: thank you')
  await page.getByRole('button', { name: 'Create campaign' }).click()
  await page.getByRole('heading', { name: 'Send to' }).waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
  await page.getByRole('combobox', { name: 'Lists', exact: true }).click()
  await page.getByRole('option', { name: 'Trade fair Vienna' }).click()
  await page.keyboard.press('Escape')
  await assertReadable()
  await page.getByRole('button', { name: 'Next: Content' }).click()
  await page.getByRole('combobox', { name: 'What they get' }).click()
  await page.getByRole('option', { name: 'Monthly newsletter' }).click()
  await page.getByText('This month: scores that fade').first().waitFor()
  await assertReadable()
  await page.getByRole('button', { name: 'Next: Schedule' }).click()
  await assertReadable()
  await page.getByRole('button', { name: 'Next: Review' }).click()
  await page.getByRole('button', { name: 'Count the audience' }).click()
  await page.getByText('will get it').first().waitFor()
  await assertReadable()
  await page.getByRole('button', { name: 'Send ...' }).click()
  await page.getByLabel('Now, without the minute to take it back').check()
  await page.getByRole('button', { name: /^Send to \d+ people$/ }).click()
  await until(async () => (await campaign(id)).status !== 'draft', { timeoutMs: 30_000 })
  await product.api('POST', '/sandbox/clock', { advance: 'P4D' })
  await until(async () => (await campaign(id)).status === 'finished', { timeoutMs: 120_000 })
  const results = await product.api<{ sent: number; recipients: number }>('GET', `/campaigns/${id}/results`)
  assert.ok(results.sent > 0 && results.sent <= results.recipients)
  await page.reload()
  await page.getByText('Finished', { exact: true }).waitFor()
  await page.getByText('Clicked by people').waitFor()
  await assertReadable()
  await page.getByRole('tab', { name: 'Recipients' }).click()
  await page.getByRole('columnheader', { name: 'In words' }).waitFor()
  await assertReadable()
  await page.getByRole('tab', { name: 'Plan' }).click()
  await page.getByText('list “Trade fair Vienna”').waitFor()
})

test('a finished test shows its winner with the numbers behind it', { timeout: 120_000 }, async () => {
  await page.goto(`${product.officeUrl}/campaigns`)
  await page.getByRole('link', { name: 'Newsletter: scores that fade' }).click()
  await page.getByText('Probability to be best').waitFor()
  assert.match((await page.getByRole('row', { name: /Winner/ }).textContent()) ?? '', /^B.*%/)
  await assertReadable()
})
