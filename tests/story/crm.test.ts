import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Espo, startEspo } from '../harness/espo.ts'
import { type Product, startProduct } from '../harness/product.ts'
import { until } from '../harness/until.ts'

// A CRM is connected as a person does it: signed in to, mapped, tried out, loaded; then a value that the CRM refuses
// shows as an issue, and is resolved.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let espo: Espo
let product: Product
let browser: Browser
let page: Page
let connection = ''

before(async () => {
  espo = await startEspo()
  espo.add('Account', { name: 'Lantern Works', website: 'https://lantern.example' })
  for (const name of ['Ida', 'Jon', 'Kit'])
    espo.add('Contact', {
      firstName: name,
      lastName: 'Lantern',
      emailAddress: `${name.toLowerCase()}@lantern.example`,
      title: 'Keeper',
    })
  product = await startProduct({ TEND_EGRESS_ALLOW: new URL(espo.url).host })
  await product.api('POST', '/contacts', {
    email: 'ida@lantern.example',
    firstName: 'Ida',
    jobTitle: 'Watch',
  })
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce' })
  page.setDefaultTimeout(30_000)
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
  await espo?.stop()
})

async function seriousFindings(): Promise<string[]> {
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0, { words: page.url() })
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"], iframes: false }).then(result => result.violations)',
  )) as { id: string; impact?: string | null; nodes: { html: string }[] }[]
  return found
    .filter(one => ['serious', 'critical'].includes(one.impact ?? ''))
    .map(one => `${page.url()} ${one.id}: ${one.nodes[0]?.html.slice(0, 160)}`)
}

const contact = (who: string) =>
  product
    .api<{ items: { id: string; jobTitle: string | null; version: number }[] }>(
      'GET',
      `/contacts?q=${who}@lantern.example`,
    )
    .then(({ items }) => items[0])

test('a CRM is connected, and says at once whether that works', async () => {
  await page.goto(`${product.officeUrl}/crm`)
  await page.getByRole('heading', { name: 'No CRM is connected' }).waitFor()
  await page.getByRole('button', { name: 'Connect a CRM' }).first().click()
  await page.getByRole('button', { name: /EspoCRM/ }).click()
  await page.getByLabel('URL').fill(espo.url)
  await page.getByLabel('API key', { exact: false }).last().fill('right-key')
  assert.deepEqual(await seriousFindings(), [])
  await page.getByRole('button', { name: 'Connect and test' }).click()
  await page.getByText('It works').waitFor()
  connection = /crm\/(\d+)/.exec(page.url())?.[1] ?? ''
})

test('the proposed mapping is published, and the dry run says in numbers what would happen', async () => {
  await page.getByRole('tab', { name: 'Mapping' }).click()
  await page.getByRole('combobox', { name: 'Who decides about Job title' }).waitFor()
  assert.deepEqual(await seriousFindings(), [])
  await page.getByRole('button', { name: /^Values of Last name/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Spelling' }).click()
  await page.getByRole('option', { name: 'Capitalize names' }).click()
  await dialog.getByRole('combobox', { name: '“Capitalize names” works on' }).waitFor()
  await dialog.getByRole('button', { name: 'List a value' }).click()
  await dialog.getByLabel('Value of the CRM, row 1').fill('n/a')
  await dialog.getByLabel('Value of Tend, row 1').fill('unknown')
  assert.deepEqual(await seriousFindings(), [])
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Values of Last name: Capitalize names, 1 value' }).waitFor()
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('button', { name: /^Publish; the dry run/ }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.getByRole('tab', { name: 'First load' }).click()
  await page.getByRole('button', { name: 'Start the dry run' }).click()
  await page.getByRole('heading', { name: 'What loading would do' }).waitFor()
  await page.getByText('Job title: here “Watch”, in the CRM “Keeper”').waitFor()
  assert.equal(await contact('jon'), undefined)
  assert.deepEqual(await seriousFindings(), [])
})

test('once accepted it is loaded, and both sides stay in step', async () => {
  await page.getByRole('button', { name: /^Accept: link/ }).click()
  await page.getByText('From here on only changes pass').waitFor({ timeout: 60_000 })
  const ida = await until(async () => {
    const found = await contact('ida')
    return found?.jobTitle === 'Keeper' && (await contact('kit')) && found
  })
  await page.getByRole('tab', { name: 'Health' }).click()
  await page.getByRole('heading', { name: 'Resync' }).waitFor()
  assert.deepEqual(await seriousFindings(), [])
  await page.getByRole('button', { name: 'Resync…' }).click()
  await page.getByText('Reading takes').waitFor()
  assert.deepEqual(await seriousFindings(), [])
  await page.getByRole('button', { name: /^Read \d+ records again$/ }).click()
  await page.getByText(/^The last one, of everything/).waitFor({ timeout: 60_000 })
  await page.goto(`${product.officeUrl}/contacts/${ida.id}?tab=crm`)
  await page.getByText('Both sides had changed').waitFor()
  assert.deepEqual(await seriousFindings(), [])
})

test('what the CRM refuses shows as an issue with its next step, and passes once it is put right', async () => {
  espo.refuse({ kind: 'invalid', field: 'title', when: value => value === 'Wrong' })
  const ida = await contact('ida')
  await product.api('PATCH', `/contacts/${ida?.id}`, { jobTitle: 'Wrong', version: ida?.version })
  await page.goto(`${product.officeUrl}/crm/${connection}?tab=issues`)
  await page.getByText('Refused value').click({ timeout: 60_000 })
  await page.getByText('Correct the value here').waitFor()
  await page.getByText('"title":"Wrong"').waitFor()
  assert.equal(await page.getByText('right-key').count(), 0)
  assert.deepEqual(await seriousFindings(), [])
  espo.refuse(null)
  await page.getByRole('button', { name: 'Retry 1 record' }).click()
  await until(() => espo.rows.get('Contact')?.some(row => row.title === 'Wrong') ?? false, {
    timeoutMs: 60_000,
    words: 'the value in the CRM',
  })
  await page.getByRole('heading', { name: 'No issues' }).waitFor()
})
