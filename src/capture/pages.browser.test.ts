import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../../tests/harness/browser.ts'
import { type TestDatabase, testDatabase } from '../../tests/harness/database.ts'
import type { PageDocument } from './pages/document.ts'
import { templates } from './pages/templates.ts'
import { startTown, type Town } from './pages.fixture.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let base: TestDatabase
let town: Town
let browser: Browser

before(async () => {
  base = await testDatabase()
  town = await startTown(base)
  browser = await openBrowser()
})

after(async () => {
  await browser.close()
  await town.stop()
  await base.stop()
})

/** The template with what is left to choose: a moment, and no form. */
function ready(document: PageDocument): PageDocument {
  const copy = structuredClone(document)
  const keep = (block: { type: string }) => block.type !== 'form'
  for (const section of copy.sections) {
    section.blocks = section.blocks.filter(keep)
    for (const block of section.blocks) {
      if (block.type === 'columns')
        for (const column of block.columns) column.blocks = column.blocks.filter(keep)
      if (block.type === 'countdown') block.until = '2030-01-01T10:00:00Z'
    }
  }
  return copy
}

async function serious(page: Page): Promise<string[]> {
  // The page's own policy lets no foreign script in: axe comes by the debugger.
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, { resultTypes: ["violations"] }).then(r => JSON.stringify(r.violations))',
    awaitPromise: true,
  })
  const found: { id: string; impact: string; nodes: { html: string }[] }[] = JSON.parse(result.value)
  return found
    .filter(each => ['serious', 'critical'].includes(each.impact))
    .map(each => `${each.id}: ${each.nodes.map(node => node.html).join(' ')}`)
}

for (const { key, document } of templates)
  test(`the template ${key} asks no other host, sets no cookie, is light, and passes the accessibility check`, async () => {
    const live = await town.publish(key, ready(document))
    const asked: string[] = []
    const complaints: string[] = []
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.on('request', request => asked.push(request.url()))
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(live.url ?? '', { waitUntil: 'networkidle' })
    assert.deepEqual(await serious(page), [])
    await page.setViewportSize({ width: 375, height: 800 })
    const wide = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
    assert.ok(wide <= 0, `scrolls sideways by ${wide} px`)
    if (process.env.SHOTS) {
      await page.screenshot({ path: `${process.env.SHOTS}/${key}-phone.png`, fullPage: true })
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.screenshot({ path: `${process.env.SHOTS}/${key}.png`, fullPage: true })
    }
    assert.deepEqual(
      [...new Set(asked.filter(url => !url.startsWith('data:')).map(url => new URL(url).origin))],
      [town.streetUrl],
    )
    assert.deepEqual(complaints, [])
    assert.deepEqual(await page.context().cookies(), [])
    const { length } = Buffer.from(await (await fetch(live.url ?? '')).arrayBuffer())
    assert.ok(length < 100_000, `${length} bytes`)
    await page.close()
  })
