import type { Words } from './pages.words.ts'
import { dayIn } from './pages.words.ts'
import { frequencies, type Holder, leavingReasons } from './preferences.ts'
import { escapeHtml } from './render/markers.ts'

/** What a page of the street may do: show itself, and be sent back to us. */
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
.brand{font-weight:700;color:#2f6f4f;margin:0 0 1rem}h1{font-size:1.45rem;line-height:1.25;margin:0 0 .6rem}h2{font-size:1.05rem;margin:0 0 .3rem}p{margin:.4rem 0 1rem}
fieldset{border:0;padding:0;margin:1.3rem 0 0}legend{font-weight:650;padding:0;margin-bottom:.35rem}
label{display:flex;gap:.7rem;align-items:flex-start;padding:.45rem .6rem;margin:0 -.6rem;border-radius:9px;cursor:pointer}label:hover{background:#eef3ef}
input{width:1.15rem;height:1.15rem;margin:.22rem 0 0;flex:none;accent-color:#2f6f4f}small{display:block;color:#55626f;font-size:.9rem;line-height:1.4}
button{font:inherit;font-weight:600;padding:.7rem 1.3rem;border:1px solid #2f6f4f;border-radius:9px;background:#2f6f4f;color:#fff;cursor:pointer}
button.plain{background:transparent;color:#2a6347}button.link{border:0;background:none;color:#2a6347;padding:.35rem 0;text-decoration:underline;display:block;text-align:left}
a{color:#2a6347}section{border-top:1px solid #dfe5e0;margin-top:1.7rem;padding-top:1.3rem}.do{margin-top:1.4rem}
.note{background:#e7f2eb;border-radius:9px;padding:.6rem .9rem;margin:0 0 1rem}
:focus-visible{outline:3px solid #4d9a74;outline-offset:2px}
@media(max-width:30rem){main{padding:1.5rem 1.3rem}}
@media(prefers-color-scheme:dark){body{background:#12171c;color:#e6ebef}main{background:#1b2229}label:hover{background:#242d35}small{color:#a9b6c2}.brand,a,button.plain,button.link{color:#8fcfae}button.plain{border-color:#8fcfae}section{border-color:#333e48}.note{background:#21372c}input{accent-color:#8fcfae}}`

type Page = { title: string; brand?: string | null; body: string }

/** A small page without scripts. `body` is ours; everything from outside is escaped before it gets here. */
function page(words: Words, { title, brand, body }: Page): string {
  const name = brand ? `<p class="brand">${escapeHtml(brand)}</p>` : ''
  return `<!doctype html><html lang="${words.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>${name}<h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
}

const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`
const note = (text: string | null) => (text ? `<p class="note" role="status">${escapeHtml(text)}</p>` : '')
const hidden = (name: string, value: string) =>
  `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`
const choice = (
  kind: 'radio' | 'checkbox',
  given: { name: string; value: string; checked: boolean; label: string; small?: string },
) =>
  `<label><input type="${kind}" name="${given.name}" value="${escapeHtml(given.value)}"${given.checked ? ' checked' : ''}><span>${escapeHtml(given.label)}${given.small ? `<small>${escapeHtml(given.small)}</small>` : ''}</span></label>`
const group = (legend: string, inner: string) =>
  `<fieldset><legend>${escapeHtml(legend)}</legend>${inner}</fieldset>`

/** Unsubscribe with one button; nothing has happened yet. */
export function askPage(
  words: Words,
  { brand, preferences }: { brand: string; preferences: string },
): string {
  return page(words, {
    title: words.unsubscribeAsk,
    brand,
    body: `${paragraph(words.unsubscribeText(brand))}
<form method="post">${hidden('do', 'leave')}<button type="submit">${escapeHtml(words.unsubscribe)}</button></form>
<p class="do"><a href="${escapeHtml(preferences)}">${escapeHtml(words.rather)}</a></p>`,
  })
}

/** It is done; and one question, which needs no answer. `action`: where the answer goes. */
export function donePage(
  words: Words,
  { brand, action, thanks }: { brand: string; action: string; thanks: boolean },
): string {
  const question = `<section><form method="post" action="${escapeHtml(action)}">${hidden('do', 'reason')}${group(
    words.why,
    leavingReasons
      .map(value => choice('radio', { name: 'reason', value, checked: false, label: words.reasons[value] }))
      .join(''),
  )}<p class="do"><button class="plain" type="submit">${escapeHtml(words.sendReason)}</button></p></form></section>`
  return page(words, {
    title: words.unsubscribed,
    brand,
    body: `${thanks ? note(words.thanks) : ''}${paragraph(words.unsubscribedText)}${thanks ? '' : question}`,
  })
}

export const previewPage = (words: Words) =>
  page(words, { title: words.preview, body: paragraph(words.previewText) })
export const unknownPage = (words: Words) =>
  page(words, { title: words.unknown, body: paragraph(words.unknownText) })
export const gonePage = (words: Words, brand: string) =>
  page(words, { title: words.preferences, brand, body: paragraph(words.gone) })

export type Shown = {
  brand: string
  holder: Omit<Holder, 'contactId'>
  zone: string
  now: Date
  /** What has just happened. */
  said: string | null
}

/** The preference centre: all of it in forms, so that it works wherever forms do. */
export function preferencePage(words: Words, { brand, holder, zone, now, said }: Shown): string {
  const { topics, subscribed, preference } = holder
  const paused = preference.pausedUntil && preference.pausedUntil > now ? preference.pausedUntil : null
  const about =
    topics.length === 0
      ? ''
      : group(
          words.topics,
          topics
            .map(
              topic =>
                hidden('shown', topic.id) +
                choice('checkbox', {
                  name: 'topic',
                  value: topic.id,
                  checked: topic.wanted,
                  label: topic.name,
                  small: topic.description,
                }),
            )
            .join(''),
        )
  const often = group(
    words.frequency,
    frequencies
      .map(value =>
        choice('radio', {
          name: 'frequency',
          value,
          checked: value === preference.frequency,
          label: words.frequencies[value],
        }),
      )
      .join(''),
  )
  const rest = group(
    words.pause,
    [
      paused
        ? { value: 'keep', label: words.pauseKeep(dayIn(words, paused, zone)), checked: true }
        : { value: 'keep', label: words.pauseNow, checked: true },
      ...(paused ? [{ value: '0', label: words.pauseEnd, checked: false }] : []),
      ...[30, 90].map(days => ({ value: String(days), label: words.pauseDays(days), checked: false })),
    ]
      .map(each => choice('radio', { name: 'pause', ...each }))
      .join(''),
  )
  const save = `<form method="post">${hidden('do', 'save')}${about}${often}${rest}<p class="do"><button type="submit">${escapeHtml(words.save)}</button></p></form>`
  const comeBack = subscribed || topics.length > 0 ? '' : button(words.comeBack, 'again', 'plain')
  const leave = subscribed
    ? `<section><h2>${escapeHtml(words.leave)}</h2>${paragraph(words.leaveText)}${button(words.leaveAll, 'leave', 'plain')}</section>`
    : ''
  const data = `<section><h2>${escapeHtml(words.data)}</h2>${paragraph(words.dataText)}${button(words.askExport, 'export', 'link')}${button(words.askErase, 'erase', 'link')}</section>`
  return page(words, {
    title: words.preferences,
    brand,
    body: `${note(said)}${paragraph(words.preferencesText(brand, holder.address))}${subscribed ? '' : paragraph(words.noneNow)}${comeBack}${save}${leave}${data}`,
  })
}

const button = (label: string, act: string, look: string) =>
  `<form method="post">${hidden('do', act)}<button class="${look}" type="submit">${escapeHtml(label)}</button></form>`

/** Asks for the second half of a double opt-in. `wordings`: what was agreed to at the door, where it is known. */
export function confirmPage(
  words: Words,
  { brand, wordings }: { brand: string; wordings: string[] },
): string {
  const said = wordings.map(text => `<p><q>${escapeHtml(text)}</q></p>`).join('')
  const remember = choice('checkbox', {
    name: 'remember',
    value: 'yes',
    checked: false,
    label: words.remember,
    small: words.rememberText,
  })
  return page(words, {
    title: words.confirmAsk,
    brand,
    body: `${paragraph(words.confirmText(brand))}${said}<form method="post">${remember}<button type="submit">${escapeHtml(words.confirm)}</button></form>`,
  })
}

export function confirmEndPage(
  words: Words,
  { brand, end }: { brand: string; end: 'confirmed' | 'expired' | 'nothing' },
): string {
  const [title, text] = {
    confirmed: [words.confirmed, words.confirmedText],
    expired: [words.expired, words.expiredText],
    nothing: [words.nothingToConfirm, words.nothingText],
  }[end] as [string, string]
  return page(words, { title, brand, body: paragraph(text) })
}
