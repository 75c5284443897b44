import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../harness/browser.ts'
import { type Product, startProduct } from '../harness/product.ts'

// A marketer builds a form with a condition, a stranger fills it in without JavaScript, and what came in is there.

let product: Product
let browser: Browser
let office: Page
let formUrl = ''
let formId = ''

before(async () => {
  product = await startProduct()
  browser = await openBrowser()
  office = await browser.newPage({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce' })
  office.setDefaultTimeout(20_000)
  await office.goto(product.signInLink)
  await office.getByRole('button', { name: 'Sign in with this link' }).click()
  await office.getByRole('heading', { name: /^Hello/ }).waitFor()
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

async function addField(type: string): Promise<void> {
  await office.getByRole('button', { name: 'Add a field' }).click()
  await office.getByRole('menuitem', { name: type, exact: true }).click()
}

async function choose(label: string, option: string): Promise<void> {
  await office.getByRole('combobox', { name: label, exact: true }).click()
  await office.getByRole('option', { name: option, exact: true }).click()
}

test('a form with a condition is built, a step is undone, and it is published', async () => {
  await office.goto(`${product.officeUrl}/forms?create=yes`)
  await office.getByRole('dialog').getByRole('textbox').fill('Webinar sign-up')
  await office
    .getByRole('dialog')
    .getByRole('button', { name: /^(Create|Make|Add)/ })
    .click()
  await office.getByRole('heading', { name: 'Webinar sign-up', level: 1 }).waitFor()
  await addField('Choice from a list')
  await addField('Text')
  await office.getByRole('textbox', { name: 'Label', exact: true }).fill('Which other day?')
  await office.getByRole('button', { name: 'Add a condition' }).first().click()
  await choose('Field', 'Choose one')
  await choose('Operator', 'is')
  await choose('Value', 'Second')
  await addField('Consent')
  await addField('Country')
  await office.getByRole('button', { name: 'Undo' }).click()
  await office.getByRole('button', { name: 'Remove Country' }).waitFor({ state: 'detached' })
  await office.getByRole('tab', { name: 'Protection' }).click()
  await office.getByLabel('Seconds a person needs at least').fill('0')
  await office.getByText('Saved', { exact: true }).waitFor()
  await office.getByRole('button', { name: 'Publish' }).click()
  await office.getByRole('button', { name: 'Publish and take submissions' }).click()
  const link = office.getByRole('link', { name: 'Open its page' })
  await link.waitFor()
  formUrl = (await link.getAttribute('href')) ?? ''
  formId = /\/forms\/(\d+)/.exec(office.url())?.[1] ?? ''
  assert.match(formUrl, /\/forms\/webinar-sign-up-/)
})

test('a stranger without JavaScript is told what is missing, and becomes a contact with proof of consent', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(formUrl)
  await page.getByLabel('Choose one').selectOption('first')
  await page.getByRole('button', { name: 'Send' }).click()
  await page
    .getByText(/address|required|needed|missing/i)
    .first()
    .waitFor()
  await page.getByLabel(/Email address/).fill('sam.stranger@visitors.example')
  await page.getByText('I want to get news and offers').click()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('Thank you').waitFor()
  await context.close()
})

test('the office shows the submission with the very words, and the contact', async () => {
  await office.goto(`${product.officeUrl}/forms/${formId}?tab=submissions`)
  await office.getByText('sam.stranger@visitors.example').first().click()
  await office.getByText('“I want to get news and offers by email. I can stop this at any time.”').waitFor()
  await office.getByRole('link', { name: 'Open the contact' }).click()
  await office.getByRole('heading', { name: 'sam.stranger@visitors.example' }).waitFor()
  await office.goto(`${product.officeUrl}/forms/${formId}?tab=results`)
  await office.getByText('Field by field').waitFor()
})

test('a submission is marked as spam, and that is taken back', async () => {
  await office.goto(`${product.officeUrl}/forms/${formId}?tab=submissions`)
  await office.getByText('sam.stranger@visitors.example').first().click()
  await office.getByRole('button', { name: 'It is spam' }).click()
  await office.getByRole('button', { name: 'It is no spam' }).waitFor()
  await office.getByRole('alert').getByRole('button', { name: 'Undo' }).click()
  await office.getByRole('button', { name: 'It is spam' }).waitFor()
  await office.getByRole('button', { name: 'Work it through once more' }).click()
  await office.getByText('This cannot be taken back').waitFor()
  await office.getByRole('button', { name: 'Leave it' }).click()
})

test('two versions are tried side by side, and one is shown to everybody', async () => {
  await office.goto(`${product.officeUrl}/forms/${formId}`)
  await office.getByLabel('Words on the button').fill('Sign me up')
  await office.getByText('Saved', { exact: true }).waitFor()
  await office.getByRole('button', { name: 'Publish changes' }).click()
  await office
    .getByRole('dialog')
    .getByRole('button', { name: /^(Publish|Make)/ })
    .click()
  await office.getByRole('dialog').waitFor({ state: 'detached' })
  await office.goto(`${product.officeUrl}/forms/${formId}?tab=results`)
  await office.getByRole('button', { name: 'Test two versions' }).click()
  await office.getByRole('button', { name: 'Begin the test' }).click()
  await office.getByText(/^Not enough data yet: 100 showings of each version are needed/).waitFor()
  await office.getByRole('button', { name: 'Show it to everybody' }).last().click()
  await office.getByText(/^The test ends after/).waitFor()
  await office.getByRole('button', { name: 'Show version 1', exact: true }).click()
  await office.getByText('The test has ended: everybody gets version 1.').waitFor()
  await office.getByRole('button', { name: 'Test two versions' }).waitFor()
})
