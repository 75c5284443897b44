import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// Reports and Home as a marketer meets them: one number has one value, wherever it is shown.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let product: Product
let browser: Browser
let page: Page
const trouble: string[] = []

type Report = {
  totals: { metric: string; value: number | null; before: number | null }[]
  tables: { key: string; rows: { key: string; cells: (string | number | null)[] }[] }[]
}
const report = (path: string) => product.api<Report>('GET', `/reports/${path}`)
const totalOf = (given: Pick<Report, 'totals'>, key: string) =>
  given.totals.find(each => each.metric === key)?.value

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.on(
    'console',
    message => message.type() === 'error' && trouble.push(`${page.url()}: ${message.text()}`),
  )
  page.on('pageerror', error => trouble.push(`${page.url()}: ${error.message}`))
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
  // What was asked before anybody was signed in is answered 401, and browsers say so.
  trouble.length = 0
  await until(async () => (totalOf(await report('emails'), 'sent') ?? 0) > 500, {
    timeoutMs: 60_000,
    words: 'the demo’s mail to be counted',
  })
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

async function open(path: string): Promise<void> {
  await page.goto(`${product.officeUrl}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, {
    words: `${path} to be loaded`,
  })
}

async function assertReadable(): Promise<void> {
  await page.evaluate(
    'Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => undefined))).then(() => null)',
  )
  await page.evaluate(axe)
  const found = await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )
  const serious = (found as { id: string; impact: string; nodes: { html: string }[] }[]).filter(each =>
    ['serious', 'critical'].includes(each.impact),
  )
  assert.deepEqual(
    serious.map(each => `${page.url()} ${each.id}: ${each.nodes[0]?.html.slice(0, 160)}`),
    [],
  )
}

test('every report opens in peace, has numbers, and can be read by those who do not see', async () => {
  await open('/reports')
  await assertReadable()
  for (const name of [
    'emails',
    'campaigns',
    'workflows',
    'leads',
    'sources',
    'growth',
    'segments',
    'deliverability',
  ]) {
    await open(`/reports/${name}`)
    await page
      .getByRole('button', { name: 'Download CSV' })
      .or(page.getByRole('link', { name: 'Download CSV' }))
      .first()
      .waitFor()
    await assertReadable()
  }
  await page.setViewportSize({ width: 390, height: 844 })
  await open('/reports/emails')
  const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
  assert.ok(overflow <= 1, `${overflow} px wider than a phone`)
  await page.setViewportSize({ width: 1360, height: 850 })
  assert.deepEqual(trouble, [])
})

test('Home, the report, its file and the API say the same number, and each says what it means', async () => {
  const sent = totalOf(await report('emails'), 'sent') ?? 0
  const shown = new Intl.NumberFormat('en-US').format(sent)
  assert.equal(totalOf(await product.api<Report>('GET', '/overview'), 'sent'), sent)
  for (const path of ['/', '/reports/emails']) {
    await open(path)
    await page.getByRole('button', { name: `Sent: ${shown}. Show it` }).waitFor()
  }
  await page.getByText('Clicked by people', { exact: true }).first().hover()
  await page.getByText(/scanners that follow every link are left out/).waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText('Download CSV').click(),
  ])
  const lines = readFileSync(await download.path(), 'utf8')
    .replace('\ufeff', '')
    .trim()
    .split('\r\n')
  assert.match(lines[0] ?? '', /^Email,Sent,Delivered,/)
  assert.equal(
    lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[1]), 0),
    sent,
  )
})

test('days, filter and the chosen number stand in the address; a chart is read out by arrow keys and has a table', async () => {
  await open('/reports/emails?preset=last_90_days&metric=clicked')
  await page.getByRole('heading', { name: 'Clicked by people, day by day' }).waitFor()
  await page.getByRole('group', { name: /^Clicked by people over time/ }).focus()
  await page.keyboard.press('ArrowLeft')
  await page.getByText(/^Clicked by people: \d/).waitFor()
  await page.getByText('Table', { exact: true }).click()
  await until(() => page.url().includes('view=table'), { words: 'the table in the address' })
  await page.getByRole('columnheader', { name: 'Day' }).waitFor()
  await page.getByRole('button', { name: 'Monthly newsletter' }).click()
  await page.getByRole('heading', { name: 'By version' }).waitFor()
  assert.match(page.url(), /emailId=\d+/)
  await page.goBack()
  await page.getByRole('heading', { name: 'By email' }).waitFor()
  assert.deepEqual(trouble, [])
})

test('what people do shows in the funnel after the clock has moved; what nobody reviews is paused, told, and taken up again', async () => {
  await product.api('POST', '/sandbox/clock', { advance: 'P3D' })
  const workflows = await product.api<{ items: { id: string; name: string }[] }>('GET', '/workflows')
  const followUp = workflows.items.find(each => each.name === 'White paper follow-up')?.id ?? ''
  const steps = async () =>
    (await report(`workflows?workflowId=${followUp}`)).tables.find(table => table.key === 'steps')?.rows ?? []
  await until(async () => Number((await steps())[0]?.cells[3]) >= 24, {
    words: 'the wait to be passed by all',
    timeoutMs: 30_000,
  })
  await open(`/reports/workflows?workflowId=${followUp}`)
  await page.getByRole('list', { name: /^Step by step/ }).waitFor()
  // Reviews are due after half a year; two weeks later what nobody looked at is paused.
  await product.api('POST', '/sandbox/clock', { advance: 'P200D' })
  const statusOf = async () => (await product.api<{ status: string }>('GET', `/workflows/${followUp}`)).status
  await until(async () => (await statusOf()) === 'paused', {
    timeoutMs: 60_000,
    words: 'the workflow to be paused',
  })
  await open('/')
  await page.getByText(/“White paper follow-up” was paused: its review was due/).waitFor()
  await assertReadable()
  await open('/reviews')
  const row = page.getByRole('row', { name: /White paper follow-up Workflow/ })
  await row.getByRole('button', { name: 'Still needed' }).click()
  await page.getByRole('button', { name: 'Keep it until then' }).click()
  await page.getByText(/“White paper follow-up” is looked at again on/).waitFor()
  assert.deepEqual(trouble, [])
})
