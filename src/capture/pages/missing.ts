import { createHash } from 'node:crypto'
import type { Db } from '#platform/db/db.ts'
import { stylesheet } from './css.ts'
import { escapeHtml } from './html.ts'
import { readKit } from './kit.sql.ts'
import type { Rendered } from './render.ts'
import { pageWords } from './words.ts'

/** What stands where no page is, in the looks of the others. */
export async function missingPage(db: Db, language: string): Promise<Rendered> {
  const { kit } = await readKit(db)
  const words = pageWords(language)
  const lang = language.toLowerCase().startsWith('de') ? 'de' : 'en'
  const css = stylesheet(kit)
  const html = `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${escapeHtml(words.missingTitle)}</title><link rel="icon" href="data:,"><style>${css}</style></head>
<body class="bg-background"><main><section class="bg-background spad-huge al-centre"><div class="in"><h1>${escapeHtml(words.missingTitle)}</h1><p>${escapeHtml(words.missingText)}</p></div></section></main></body></html>
`
  const hash = createHash('sha256').update(css).digest('base64')
  return {
    html,
    csp: `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}
