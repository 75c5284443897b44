import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'

// Two records of one person, as somebody who tends the data meets them: found, compared, merged, looked at, undone;
// and many contacts changed at once and taken back.

let product: Product
let browser: Browser
let page: Page
const trouble: string[] = []
type Contact = { id: string; email: string | null; country: string | null }

before(async () => {
  product = await startProduct()
  const make = (body: unknown) => product.api<Contact>('POST', '/contacts', body)
  const old = await make({ email: 'mara.moll@gmail.com', firstName: 'Mara', lastName: 'Moll' })
  await make({ email: 'maramoll+news@gmail.com', firstName: 'Mara', lastName: 'Moll', country: 'IS' })
  await product.api('POST', `/contacts/${old.id}/consents`, { state: 'withdrawn' })
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.setDefaultTimeout(20_000)
  page.on('pageerror', error => trouble.push(error.message))
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

const shoot = async (name: string) => {
  const folder = process.env.SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` })
}

test('a duplicate is found, merged with its history, and both are there again after the undo', async () => {
  await page.goto(`${product.officeUrl}/duplicates`)
  await page.getByRole('button', { name: 'Look for duplicates' }).click()
  const pair = page.getByRole('region', { name: 'Mara Moll and Mara Moll' })
  await pair.waitFor()
  await pair.getByText('quite sure').waitFor()
  await shoot('duplicates')
  await pair.getByRole('button', { name: 'Compare and merge' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: 'maramoll+news@gmail.com' }).check()
  await shoot('merge')
  await dialog.getByRole('button', { name: 'Merge 2 records' }).click()

  await page.getByRole('heading', { level: 1, name: 'Mara Moll' }).waitFor()
  await page.getByText('was merged with another record of the same person').first().waitFor()
  // What each of the two had done, and the stricter word of the one.
  await page.getByText('became a contact', { exact: false }).nth(1).waitFor()
  await page.getByText('no longer agrees to marketing').first().waitFor()
  await shoot('merged')
  const found = await product.api<{ items: Contact[] }>('GET', '/contacts?q=Moll')
  assert.deepEqual(
    found.items.map(({ email, country }) => [email, country]),
    [['maramoll+news@gmail.com', 'IS']],
  )

  await page.getByRole('button', { name: 'Undo the merge' }).click()
  await page.getByText('is a record of its own again').first().waitFor()
  const both = await product.api<{ items: Contact[] }>('GET', '/contacts?q=Moll&sort=email')
  assert.deepEqual(
    both.items.map(({ email, country }) => [email, country]),
    [
      ['mara.moll@gmail.com', null],
      ['maramoll+news@gmail.com', 'IS'],
    ],
  )
  assert.deepEqual(trouble, [])
})

test('many are changed at once by their filter, with the number typed, and taken back', async () => {
  const filter = JSON.stringify({ all: [{ type: 'field', field: 'language', op: 'is', value: 'de' }] })
  await page.goto(`${product.officeUrl}/contacts?filter=${encodeURIComponent(filter)}`)
  await page.getByRole('checkbox', { name: 'Choose all on this page' }).check()
  await page.getByRole('button', { name: 'Choose everybody who matches' }).click()
  await page.getByRole('button', { name: 'Set a field ...' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Field' }).click()
  await page.getByRole('option', { name: 'Job title' }).click()
  await dialog.getByRole('textbox', { name: 'New value' }).fill('Colleague')
  const confirm = dialog.getByLabel(/^Type \d+ to confirm/)
  await confirm.waitFor()
  const total = (await dialog.getByText(/^Type \d+ to confirm/).innerText()).replace(/\D/g, '')
  assert.ok(Number(total) > 100, total)
  assert.ok(await dialog.getByRole('button', { name: /^Change/ }).isDisabled())
  await confirm.fill(total)
  await shoot('bulk')
  await dialog.getByRole('button', { name: /^Change/ }).click()
  await page.goto(`${product.officeUrl}/data-quality`)
  const changes = page.getByRole('region', { name: 'Changes of many contacts' })
  await changes.getByRole('button', { name: 'Take back' }).click()
  await changes.getByText(/^taken back for/).waitFor()
  const left = await product.api<{ count: number }>('POST', '/segments/preview', {
    filter: { type: 'field', field: 'job_title', op: 'is', value: 'Colleague' },
  })
  assert.equal(left.count, 0)
})

test('a view keeps what is shown, and the data is looked over', async () => {
  const filter = JSON.stringify({ all: [{ type: 'field', field: 'country', op: 'is', value: 'IS' }] })
  await page.goto(`${product.officeUrl}/contacts?filter=${encodeURIComponent(filter)}&sort=name`)
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Keep what is shown as a view ...' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Icelanders')
  await page.getByRole('button', { name: 'Keep the view' }).click()
  await page.getByRole('button', { name: 'Icelanders' }).waitFor()
  await page.goto(`${product.officeUrl}/contacts`)
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Icelanders' }).click()
  await page.waitForURL(/view=\d+/)
  // Both of her records, each again as it was.
  await page.getByRole('link', { name: 'Mara Moll' }).first().waitFor()
  await shoot('view')
  await page.goto(`${product.officeUrl}/data-quality`)
  await page
    .getByRole('button', { name: /^Count/ })
    .first()
    .click()
  await page.getByRole('region', { name: 'Fields' }).waitFor()
  await shoot('quality')
  assert.deepEqual(trouble, [])
})
