import type { Block, Button, SimpleBlock, When } from './blocks.ts'
import { cleanCode, cleanRich } from './clean.ts'
import { attribute, classes, escapeHtml } from './html.ts'
import type { BlockStyle } from './style.ts'
import type { PageWords } from './words.ts'

export type ShownImage = { src: string; width: number; height: number }

/** Who looks, as far as it matters for what is shown. Null: nobody we know. */
export type Viewer = { values: Record<string, string | null>; segments: ReadonlySet<string> }

/** What a document needs from elsewhere to become a page. */
export type RenderContext = {
  words: PageWords
  language: string
  zone: string
  viewer: Viewer | null
  image(id: string | null): ShownImage | null
  /** The path of a page of ours, or null where it is not live. */
  page(id: string): string | null
  /** The markup of a form, or null where it is not live. */
  form(id: string): string | null
  /** The first hero is the heading of the page. */
  hasHeading: boolean
  /** The first picture is fetched at once, the others when they come near. */
  hasPicture: boolean
}

export function isShownTo(when: When | null, viewer: Viewer | null): boolean {
  if (when === null) return true
  if (when.type === 'recognised') return (viewer !== null) === when.is
  return (viewer?.segments.has(when.segmentId) ?? false) === when.in
}

/** The classes of a block's style. */
export function styleClasses(style: BlockStyle): (string | false | undefined)[] {
  const { phone } = style
  return [
    style.background && `bg-${style.background}`,
    style.colour && `c-${style.colour}`,
    style.align && `al-${style.align}`,
    style.padding && `pad-${style.padding}`,
    style.margin && `mar-${style.margin}`,
    style.radius && `rd-${style.radius}`,
    style.border && 'bd',
    style.shadow && 'sh',
    style.size && style.size !== 'normal' && `sz-${style.size}`,
    (style.width === 'narrow' || style.width === 'half') && `wd-${style.width}`,
    ...(style.hideOn ?? []).map(device => `hide-${device}`),
    phone?.align && `p-al-${phone.align}`,
    phone?.padding && `p-pad-${phone.padding}`,
    phone?.margin && `p-mar-${phone.margin}`,
  ]
}

/** Where a link leads; null where that is nowhere (any more). */
function target(href: string, context: RenderContext): string | null {
  if (href === '') return null
  return href.startsWith('page:') ? context.page(href.slice(5)) : href
}

/** Links to pages of ours within rich text, by their path of today. */
function withPages(html: string, context: RenderContext): string {
  return html.replace(/ href="page:(\d{1,19})"/g, (_all, id: string) => attribute('href', context.page(id)))
}

const rich = (html: string, context: RenderContext) => withPages(cleanRich(html), context)

function renderButton(button: Button, context: RenderContext): string {
  const href = target(button.href, context)
  if (href === null || button.label === '') return ''
  const tab = button.newTab ? ` target="_blank" rel="noopener"` : ''
  const told = button.newTab ? ` <span class="sr">${escapeHtml(context.words.newTab)}</span>` : ''
  const look = button.look === 'link' ? '' : `btn btn-${button.look}`
  return `<a${classes(look)}${attribute('href', href)}${tab}>${escapeHtml(button.label)}${told}</a>`
}

function renderButtons(buttons: Button[], context: RenderContext): string {
  const there = buttons.map(button => renderButton(button, context)).join('')
  return there === '' ? '' : `<div class="buttons">${there}</div>`
}

function picture(image: ShownImage | null, alt: string, context: RenderContext): string {
  if (!image) return ''
  const early = !context.hasPicture
  context.hasPicture = true
  const loading = early ? ' fetchpriority="high"' : ' loading="lazy" decoding="async"'
  return `<img src="${image.src}" width="${image.width}" height="${image.height}"${attribute('alt', alt)}${loading}>`
}

/** A block for this viewer; empty where he does not see it. */
export function renderBlock(block: Block, context: RenderContext): string {
  if (!isShownTo(block.when, context.viewer)) return ''
  const own = styleClasses(block.style)
  if (block.type === 'hero') return renderHero(block, own, context)
  if (block.type !== 'columns') return renderSimple(block, own, context)
  const stack = block.stack === 'never' ? null : block.stack === 'phone' ? 'st-phone' : 'st-tablet'
  const names = [
    'cols',
    `l-${block.layout}`,
    block.gap !== 'medium' && `gap-${block.gap}`,
    stack,
    `va-${block.valign}`,
  ]
  const inner = block.columns
    .map(column => `<div>${column.blocks.map(each => renderBlock(each, context)).join('')}</div>`)
    .join('')
  return `<div${classes(...names, ...own)}>${inner}</div>`
}

type Own = (string | false | undefined)[]

function renderHero(block: Extract<Block, { type: 'hero' }>, own: Own, context: RenderContext): string {
  const level = context.hasHeading ? 'h2' : 'h1'
  context.hasHeading = true
  const image = context.image(block.imageId)
  const beside = image !== null && block.imageSide !== 'below'
  const names = ['hero', beside && 'side', beside && block.imageSide === 'start' && 'flip']
  const eyebrow = block.eyebrow ? `<p class="eyebrow">${escapeHtml(block.eyebrow)}</p>` : ''
  const text = block.text ? `<div class="lead">${rich(block.text, context)}</div>` : ''
  const words = `<div>${eyebrow}<${level}>${escapeHtml(block.heading)}</${level}>${text}${renderButtons(block.buttons, context)}</div>`
  return `<div${classes(...names, ...own)}>${words}${picture(image, block.imageAlt, context)}</div>`
}

type Shape = {
  [T in SimpleBlock['type']]: (
    block: Extract<SimpleBlock, { type: T }>,
    own: Own,
    context: RenderContext,
  ) => string
}

const shapes: Shape = {
  text: (block, own, context) => `<div${classes(...own)}>${rich(block.html, context)}</div>`,
  code: (block, own, context) => `<div${classes(...own)}>${withPages(cleanCode(block.html), context)}</div>`,
  image(block, own, context) {
    const image = picture(context.image(block.imageId), block.decorative ? '' : block.alt, context)
    if (image === '') return ''
    const href = target(block.href, context)
    const linked = href === null ? image : `<a${attribute('href', href)}>${image}</a>`
    const caption = block.caption ? `<figcaption>${escapeHtml(block.caption)}</figcaption>` : ''
    return `<figure${classes(...own)}>${linked}${caption}</figure>`
  },
  button(block, own, context) {
    const inner = renderButtons([block], context)
    return inner === '' ? '' : `<div${classes(...own)}>${inner}</div>`
  },
  video: (block, own, context) => renderVideo(block, own, context),
  testimonial(block, own, context) {
    const image = picture(context.image(block.imageId), '', context)
    const who = [block.name, block.role].filter(Boolean).map(escapeHtml).join(', ')
    const by = who === '' ? '' : `<figcaption>${image}<span>${who}</span></figcaption>`
    return `<figure${classes('said', ...own)}><blockquote><p>${escapeHtml(block.quote)}</p></blockquote>${by}</figure>`
  },
  pricing(block, own, context) {
    const plans = block.plans.map(plan => renderPlan(plan, context)).join('')
    return `<ul${classes('plans', ...own)}>${plans}</ul>`
  },
  faq(block, own, context) {
    const items = block.items.map(
      ({ question, answer }) =>
        `<details><summary>${escapeHtml(question)}</summary><div>${rich(answer, context)}</div></details>`,
    )
    return `<div${classes('faq', ...own)}>${items.join('')}</div>`
  },
  countdown(block, own, context) {
    if (block.until === null) return ''
    const until = new Date(block.until)
    const told = until.toLocaleString(context.language, {
      dateStyle: 'long',
      timeStyle: 'short',
      timeZone: context.zone,
    })
    return `<p${classes('count', ...own)} data-until="${until.toISOString()}"${attribute('data-over', block.over)}><span>${escapeHtml(block.label)}</span> <b><time datetime="${until.toISOString()}">${escapeHtml(told)} (${escapeHtml(context.zone)})</time></b></p>`
  },
  form(block, own, context) {
    const inner = block.formId ? context.form(block.formId) : null
    if (inner === null) return ''
    const heading = block.heading ? `<h2>${escapeHtml(block.heading)}</h2>` : ''
    return `<div${classes('form', ...own)}>${heading}${inner}</div>`
  },
  divider: (block, own) =>
    block.look === 'line' ? `<hr${classes(...own)}>` : `<div${classes('gap', ...own)}></div>`,
}

function renderSimple(block: SimpleBlock, own: Own, context: RenderContext): string {
  // Each shape takes its own kind of block; the table cannot say so.
  const shape = shapes[block.type] as (block: SimpleBlock, own: Own, context: RenderContext) => string
  return shape(block, own, context)
}

type Plan = Extract<SimpleBlock, { type: 'pricing' }>['plans'][number]

function renderPlan(plan: Plan, context: RenderContext): string {
  const features = plan.features.map(feature => `<li>${escapeHtml(feature)}</li>`).join('')
  const period = plan.period ? `<p class="quiet">${escapeHtml(plan.period)}</p>` : ''
  return `<li${classes('plan', plan.highlighted && 'best')}><h3>${escapeHtml(plan.name)}</h3><p class="price">${escapeHtml(plan.price)}</p>${period}${plan.text ? `<p>${escapeHtml(plan.text)}</p>` : ''}${features ? `<ul>${features}</ul>` : ''}${plan.button ? renderButtons([plan.button], context) : ''}</li>`
}

const providers = {
  youtube: { name: 'YouTube', page: (id: string) => `https://www.youtube.com/watch?v=${id}` },
  vimeo: { name: 'Vimeo', page: (id: string) => `https://vimeo.com/${id}` },
}

/** A link until our script makes it a button: nothing comes from the provider before somebody asks for it. */
function renderVideo(
  block: Extract<SimpleBlock, { type: 'video' }>,
  own: Own,
  context: RenderContext,
): string {
  if (block.videoId === '') return ''
  const { name, page } = providers[block.provider]
  const poster = picture(context.image(block.posterImageId), '', context)
  const link = `<a${attribute('href', page(block.videoId))} target="_blank" rel="noopener noreferrer">${escapeHtml(context.words.play(block.title))}</a>`
  return `<figure${classes('video', ...own)}><div class="player" data-provider="${block.provider}"${attribute('data-video', block.videoId)}${attribute('data-title', block.title)}>${poster}${link}</div><figcaption>${escapeHtml(context.words.playNote(name))}</figcaption></figure>`
}
