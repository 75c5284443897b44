import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'

// A new user's way: drop a file from Excel, look at the guesses, say what consent there is, try it out, import it,
// fetch the rows that did not go in, and take it all back.

let product: Product
let browser: Browser
let page: Page
/** Where pictures of each step go, for people who want to look. */
const pictures = process.env.TEST_PICTURES

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  page = await browser.newPage({ viewport: { width: 1360, height: 850 } })
  page.setDefaultTimeout(30_000)
  await page.goto(product.signInLink)
  await page.getByRole('button', { name: 'Sign in with this link' }).click()
  await page.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

async function look(name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
}

const people = (q: string) =>
  product.api<{ items: { email: string; firstName: string | null }[] }>('GET', `/contacts?q=${q}`)

const text = [
  'Vorname;Nachname;E-Mail;Firma;Umsatz;Kunde seit',
  'J\u00fcrgen;Gro\u00df;juergen@story-import.example;M\u00fcller & S\u00f6hne;1.234,50;31.12.2025',
  'Zo\u00eb;Ada;zoe@story-import.example;"Zeile eins\nZeile zwei";12,25;01.02.2024',
  'Niemand;;keine-adresse;=1+1;0,5;01.01.2024',
  'Z;Ada;ZOE@story-import.example;;;',
].join('\r\n')

test('a file from Excel is dropped, its columns are guessed, and the dry run tells what would happen', async () => {
  await page.goto(`${product.officeUrl}/imports`)
  const file = { name: 'kunden.csv', mimeType: 'text/csv', buffer: Buffer.from(text, 'latin1') }
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('heading', { name: 'kunden.csv' }).waitFor()
  const encoding = await page.getByLabel('Encoding').first().inputValue()
  assert.equal(encoding, 'Windows-1252 (Western European)')
  assert.equal(await page.getByLabel('Where the column E-Mail goes').first().inputValue(), 'Email address')
  assert.equal(await page.getByLabel('How values of Umsatz are written').first().inputValue(), '1.234,50')
  await page.getByRole('cell', { name: 'M\u00fcller & S\u00f6hne', exact: true }).waitFor()
  await look('1-columns')
  await page.getByRole('button', { name: 'On to the options' }).click()

  await page.getByLabel('These people have agreed').check()
  await page.getByLabel('The words they agreed to').fill('Yes, write to me about offers.')
  await page.getByLabel('Where and when they said so').fill('Order form, 2023 to 2025')
  await look('2-options')
  await page.getByRole('button', { name: 'Try it out' }).click()

  await page.getByText('Why rows would be rejected').waitFor()
  await page.getByRole('cell', { name: 'The address is not one' }).waitFor()
  await look('3-dry-run')
  assert.deepEqual((await people('juergen@story')).items, [], 'nothing is written yet')
})

test('the import runs, gives back what did not go in, and the people are there with their consent', async () => {
  await page.getByRole('button', { name: 'Import: add 2, update 0' }).click()
  await page.getByText('It can be taken back until').waitFor()
  await look('4-result')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Rejected rows with their reasons' }).click(),
  ])
  const errors = readFileSync(await download.path(), 'utf8')
  assert.match(errors, /4,The address is not one: keine-adresse,Niemand,,keine-adresse,'=1\+1,"0,5"/)
  const [juergen] = (await people('juergen@story')).items
  assert.equal(juergen?.firstName, 'J\u00fcrgen')
  await page.goto(`${product.officeUrl}/contacts?q=juergen@story`)
  await page.getByText('J\u00fcrgen').first().waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('button', { name: 'Write the file' }).click()
  await page.getByText('Ready: 1 row.').waitFor()
  await look('5-export')
})

test('taking it back removes whom it brought', async () => {
  await page.goto(`${product.officeUrl}/imports`)
  await page.getByRole('link', { name: 'kunden.csv' }).click()
  await page.getByRole('button', { name: 'Take it back' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click()
  await page.getByText('This import was taken back').waitFor()
  await look('6-undone')
  assert.deepEqual((await people('juergen@story')).items, [])
  await page.goto(`${product.officeUrl}/imports`)
  await page.getByText('Taken back').waitFor()
  await look('7-list')
})
