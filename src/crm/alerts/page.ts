import { escapeHtml } from './render.ts'

/** What the page may do: show itself, and be sent back to us. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
}

const style = `:root{color-scheme:light dark}*{box-sizing:border-box}body{margin:0;font:17px/1.55 system-ui,sans-serif;color:#1d2733;background:#f3f5f3;display:grid;place-items:center;min-height:100vh}
main{background:#fff;border-radius:14px;padding:2.2rem 2.4rem;width:min(34rem,calc(100% - 2rem));margin:1rem;box-shadow:0 1px 3px #0002}
h1{font-size:1.45rem;line-height:1.25;margin:0 0 .6rem}p{margin:.4rem 0 1rem}.small{color:#55626f;font-size:.93rem}.note{background:#e7f2eb;border-radius:9px;padding:.6rem .9rem}
button{font:inherit;font-weight:600;padding:.7rem 1.3rem;border:1px solid #2f6f4f;border-radius:9px;background:#2f6f4f;color:#fff;cursor:pointer}
a{color:#2a6347}:focus-visible{outline:3px solid #4d9a74;outline-offset:2px}
@media(max-width:30rem){main{padding:1.5rem 1.3rem}}
@media(prefers-color-scheme:dark){body{background:#12171c;color:#e6ebef}main{background:#1b2229}.small{color:#a9b6c2}a{color:#8fcfae}.note{background:#21372c}}`

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
}

export type Shown = {
  who: string
  headline: string
  source: string
  acknowledgedBy: string | null
  contactUrl: string
}

/** Who it is about, and one button; or who looks after it already. */
export function alertPage({ who, headline, source, acknowledgedBy, contactUrl }: Shown): string {
  const state = acknowledgedBy
    ? `<p class="note" role="status">${escapeHtml(acknowledgedBy)} looks after this. Nobody else will be told.</p>`
    : `<p>Nobody has said yet that they look after this.</p><form method="post"><button type="submit">I look after this</button></form>`
  return page(
    `${who}: ${headline}`,
    `${state}<p><a href="${escapeHtml(contactUrl)}">See ${escapeHtml(who)} in Tend</a></p><p class="small">Alert: ${escapeHtml(source)}</p>`,
  )
}

export const unknownAlertPage = page(
  'This link leads nowhere',
  '<p>It may have been cut off on its way, or the contact was deleted.</p>',
)
