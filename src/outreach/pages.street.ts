import { escapeHtml } from './render/markers.ts'

/** What a page of the street may do: show itself. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
}

const style = `body{margin:0;font:17px/1.55 system-ui,sans-serif;color:#1d2733;background:#f3f5f3;display:grid;place-items:center;min-height:100vh}
main{background:#fff;border-radius:14px;padding:2.2rem 2.4rem;max-width:30rem;margin:1rem;box-shadow:0 1px 3px #0002}
h1{font-size:1.35rem;margin:0 0 .6rem}p{margin:.4rem 0 1rem}
button{font:inherit;font-weight:600;padding:.7rem 1.3rem;border:0;border-radius:9px;background:#2f6f4f;color:#fff;cursor:pointer}
button:focus-visible{outline:3px solid #8fc3a8}
@media(prefers-color-scheme:dark){body{background:#12171c;color:#e6ebef}main{background:#1b2229}}`

/** A small page without scripts. `html` is ours, everything from outside is escaped before it gets here. */
function page(title: string, html: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${html}</main></body></html>`
}

export function askPage(sender: string): string {
  return page(
    'Unsubscribe?',
    `<p>${escapeHtml(sender)} will not send you marketing emails any more. It takes effect at once.</p>
<form method="post"><button type="submit">Unsubscribe</button></form>`,
  )
}

export const donePage = page(
  'You are unsubscribed',
  '<p>You will get no more marketing emails from us. You can close this page.</p>',
)
export const previewPage = page(
  'This is a preview',
  '<p>In a real email, this link lets its reader unsubscribe with one click.</p>',
)
export const unknownPage = page(
  'This link does not work',
  '<p>It is not complete, or what it belonged to is gone. Try the link in the email again.</p>',
)
