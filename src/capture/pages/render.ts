import { createHash } from 'node:crypto'
import { cleanRich } from './clean.ts'
import { stylesheet } from './css.ts'
import type { PageDocument, Section, VariantKey } from './document.ts'
import { attribute, classes, escapeHtml, jsonInScript, wordsOf } from './html.ts'
import { isShownTo, type RenderContext, renderBlock, type ShownImage, type Viewer } from './render.blocks.ts'
import type { BrandKit } from './style.ts'
import { blocksOf, fillTokens, sectionsOf } from './walk.ts'
import { isRightToLeft, pageWords } from './words.ts'

/** Everything around a document that its page is made from. */
export type Surroundings = {
  kit: BrandKit
  pageId: string
  zone: string
  /** The full address of the page. */
  url: string
  images: ReadonlyMap<string, ShownImage & { type: string }>
  pages: ReadonlyMap<string, string>
  forms: ReadonlyMap<string, string>
  /** The write key of the source that page views are recorded under. */
  writeKey: string | null
  viewer: Viewer | null
  /** Without scripts, for the editor's frame. */
  isPreview: boolean
}

export type Rendered = { html: string; csp: string }

/** The whole page, with the Content-Security-Policy that it needs: itself, our own script, and nothing else. */
export function renderPage(document: PageDocument, variant: VariantKey, around: Surroundings): Rendered {
  const { settings } = document
  const sections = sectionsOf(document, variant)
  const { kit, isPreview, viewer } = around
  const context: RenderContext = {
    words: pageWords(settings.language),
    language: settings.language,
    zone: around.zone,
    viewer,
    image: id => (id === null ? null : (around.images.get(id) ?? null)),
    page: id => around.pages.get(id) ?? null,
    form: id => around.forms.get(id) ?? null,
    hasHeading: false,
    hasPicture: false,
  }
  const css = stylesheet(kit)
  const main = sections.map(section => renderSection(section, context)).join('\n')
  const title = context.hasHeading ? '' : `<h1 class="sr">${escapeHtml(settings.title)}</h1>`
  const body = `<a class="skip" href="#main">${escapeHtml(context.words.skip)}</a>
${header(document, context, kit)}<main id="main" tabindex="-1">${title}
${main}
</main>
${footer(document, context, kit)}${isPreview ? '' : banner(document, context)}`
  const filled = fillTokens(body, name => viewer?.values[name] ?? null, escapeHtml)
  const direction = isRightToLeft(settings.language) ? ' dir="rtl"' : ''
  const html = `<!doctype html>
<html lang="${escapeHtml(settings.language)}"${direction}>
<head>
${head(document, variant, around)}
<style>${css}</style>
</head>
<body class="bg-background">
${filled}
</body>
</html>
`
  return { html, csp: policy(css, sections) }
}

function renderSection(section: Section, context: RenderContext): string {
  if (!isShownTo(section.when, context.viewer)) return ''
  const { style } = section
  const back = context.image(style.imageId ?? null)
  const names = [
    `bg-${style.background ?? 'background'}`,
    style.colour && `c-${style.colour}`,
    style.padding && `spad-${style.padding}`,
    style.width && style.width !== 'normal' && `w-${style.width}`,
    style.align && `al-${style.align}`,
    back && 'veil',
    ...(style.hideOn ?? []).map(device => `hide-${device}`),
  ]
  const image = back
    ? `<img class="back" src="${back.src}" alt="" width="${back.width}" height="${back.height}">`
    : ''
  const blocks = section.blocks
    .map(block => renderBlock(block, context))
    .filter(Boolean)
    .join('\n')
  if (blocks === '' && !back) return ''
  return `<section${classes(...names)}${attribute('id', section.anchor || null)}>${image}<div class="in">${blocks}</div></section>`
}

function header({ settings }: PageDocument, context: RenderContext, kit: BrandKit): string {
  if (!settings.header.logo) return ''
  const logo = context.image(kit.logoImageId)
  const shown = logo
    ? `<img src="${logo.src}" alt="${escapeHtml(kit.name)}" width="${logo.width}" height="${logo.height}">`
    : `<span class="name">${escapeHtml(kit.name)}</span>`
  const inner = settings.header.link ? `<a class="name" href="/">${shown}</a>` : shown
  return `<header class="top"><div class="in">${inner}</div></header>\n`
}

function footer({ settings }: PageDocument, context: RenderContext, kit: BrandKit): string {
  const choices = settings.consent.banner
    ? `<p><button type="button" data-consent-open hidden>${escapeHtml(context.words.privacyChoices)}</button></p>`
    : ''
  const text = settings.footer ? cleanRich(kit.footer) : ''
  if (text === '' && choices === '') return ''
  return `<footer class="foot"><div class="in">${text}${choices}</div></footer>\n`
}

/** Asks, per purpose, nothing ticked beforehand and all buttons alike. Our script shows it to who was not asked. */
function banner({ settings }: PageDocument, { words }: RenderContext): string {
  const { consent } = settings
  if (!consent.banner) return ''
  const purposes = consent.purposes
    .map(name => `<label><input type="checkbox" name="${name}"> ${escapeHtml(words.purposes[name])}</label>`)
    .join('')
  const more = /^(https?:\/\/|\/(?!\/))/i.test(consent.privacyUrl)
    ? ` <a${attribute('href', consent.privacyUrl)}>${escapeHtml(words.privacyNotice)}</a>`
    : ''
  const button = (choice: string, label: string) =>
    `<button type="button" data-consent="${choice}">${escapeHtml(label)}</button>`
  return `<aside class="consent bg-background" aria-labelledby="consent-title" data-consent-banner hidden><h2 id="consent-title" tabindex="-1">${escapeHtml(words.consentTitle)}</h2><p>${escapeHtml(consent.text || words.consentText)}${more}</p>${purposes}<div class="buttons">${button('all', words.acceptAll)}${button('none', words.onlyNeeded)}${button('some', words.saveChoice)}</div></aside>`
}

function head({ settings, sections, test }: PageDocument, variant: VariantKey, around: Surroundings): string {
  const { kit, images, url, isPreview, writeKey, pageId } = around
  const { openGraph } = settings
  const meta = (name: string, content: string) =>
    content ? `<meta name="${name}" content="${escapeHtml(content)}">` : ''
  const og = (name: string, content: string) =>
    content ? `<meta property="og:${name}" content="${escapeHtml(content)}">` : ''
  const shared = openGraph.imageId ? images.get(openGraph.imageId) : undefined
  const icon = images.get(settings.faviconImageId ?? kit.faviconImageId ?? '')
  const robots = `${settings.robots.index ? 'index' : 'noindex'}, ${settings.robots.follow ? 'follow' : 'nofollow'}`
  const data = isPreview ? '' : script({ settings, test, pageId, variant, writeKey })
  return [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(settings.title)}</title>`,
    meta('description', settings.description),
    meta('robots', robots),
    `<link rel="canonical"${attribute('href', settings.canonical ?? url)}>`,
    og('title', openGraph.title || settings.title),
    og('description', openGraph.description || settings.description),
    og('type', openGraph.type),
    og('url', settings.canonical ?? url),
    og('site_name', kit.name),
    shared ? og('image', new URL(shared.src, url).href) : '',
    meta('twitter:card', shared ? 'summary_large_image' : 'summary'),
    icon ? `<link rel="icon" type="${icon.type}" href="${icon.src}">` : '<link rel="icon" href="data:,">',
    jsonLd(settings.jsonLd, sections),
    data,
  ]
    .filter(Boolean)
    .join('\n')
}

/** What the form script says when a submission was taken; no event of a page begins like this. */
const formSent = 'tend:submitted'

function script(given: {
  settings: PageDocument['settings']
  test: PageDocument['test']
  pageId: string
  variant: VariantKey
  writeKey: string | null
}): string {
  const { settings, test, pageId, variant, writeKey } = given
  const goal = test.goal.type === 'event' ? test.goal.name : test.goal.type === 'form' ? formSent : null
  return `<script defer src="/pages.js"${attribute('data-page', pageId)}${attribute('data-variant', variant)}${attribute('data-key', writeKey)}${attribute('data-goal', goal)}${attribute('data-link', settings.linkedHosts.join(' ') || null)}></script>`
}

/** What the author says in JSON-LD, and the questions of the page where he wants them found. */
function jsonLd(given: string, sections: Section[]): string {
  const questions = blocksOf(sections, '').flatMap(({ block }) =>
    block.type === 'faq' && block.structured ? block.items : [],
  )
  const faq = {
    '@context': 'https://schema.org',
    '@type': 'FAQPage',
    mainEntity: questions.map(({ question, answer }) => ({
      '@type': 'Question',
      name: question,
      acceptedAnswer: { '@type': 'Answer', text: wordsOf(answer) },
    })),
  }
  const all = [...(questions.length > 0 ? [faq] : []), ...parsed(given)]
  return all.map(each => `<script type="application/ld+json">${jsonInScript(each)}</script>`).join('\n')
}

function parsed(text: string): unknown[] {
  try {
    return text === '' ? [] : [JSON.parse(text)]
  } catch {
    return []
  }
}

function policy(css: string, sections: Section[]): string {
  const hash = createHash('sha256').update(css).digest('base64')
  const hasVideo = blocksOf(sections, '').some(({ block }) => block.type === 'video')
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'sha256-${hash}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    `frame-src 'self'${hasVideo ? ' https://www.youtube-nocookie.com https://player.vimeo.com' : ''}`,
    // Where a form leads afterwards may be elsewhere; which hosts says the form itself.
    "form-action 'self' https:",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    "object-src 'none'",
  ].join('; ')
}
