import type { Thing } from '#access/references.ts'
import type { Block, Button } from './blocks.ts'
import type { PageDocument, Section, VariantKey } from './document.ts'
import { variantKeys } from './document.ts'

export type Placed = { path: string; block: Block }

/** Every block with its path, those in columns too. */
export function blocksOf(sections: Section[], path: string): Placed[] {
  return sections.flatMap((section, s) =>
    section.blocks.flatMap((block, b) => {
      const here = `${path}.${s}.blocks.${b}`
      if (block.type !== 'columns') return [{ path: here, block }]
      const inner = block.columns.flatMap((column, c) =>
        column.blocks.map((each, i) => ({ path: `${here}.columns.${c}.blocks.${i}`, block: each as Block })),
      )
      return [{ path: here, block: block as Block }, ...inner]
    }),
  )
}

export type Variant = { key: VariantKey; name: string; weight: number; sections: Section[]; path: string }

/** The page as it is and its alternatives, in their order. */
export function variantsOf(document: PageDocument): Variant[] {
  const { sections, test } = document
  const original = {
    key: 'a' as const,
    name: 'Original',
    weight: test.weight,
    sections,
    path: 'document.sections',
  }
  const others = test.alternatives.map((each, i) => ({
    ...each,
    path: `document.test.alternatives.${i}.sections`,
  }))
  return [original, ...others]
}

/** The sections of one variant; those of the original where there is no such variant. */
export function sectionsOf(document: PageDocument, key: string): Section[] {
  return variantsOf(document).find(variant => variant.key === key)?.sections ?? document.sections
}

export const isVariantKey = (key: string): key is VariantKey => variantKeys.some(each => each === key)

/** Every place in a document that leads somewhere. */
export function linksOf(placed: Placed[]): { path: string; href: string; newTab?: boolean }[] {
  const ofButton = (path: string, { href }: Button) => ({ path: `${path}.href`, href })
  return placed.flatMap(({ path, block }) => {
    if (block.type === 'hero')
      return block.buttons.map((button, i) => ofButton(`${path}.buttons.${i}`, button))
    if (block.type === 'button') return [ofButton(path, block)]
    if (block.type === 'image') return block.href === '' ? [] : [{ path: `${path}.href`, href: block.href }]
    if (block.type === 'pricing')
      return block.plans.flatMap((plan, i) =>
        plan.button ? [ofButton(`${path}.plans.${i}.button`, plan.button)] : [],
      )
    return []
  })
}

/** HTML that stands in a block, where it may link to pages. */
function htmlOf(block: Block): string[] {
  if (block.type === 'hero') return [block.text]
  if (block.type === 'text' || block.type === 'code') return [block.html]
  if (block.type === 'faq') return block.items.map(item => item.answer)
  return []
}

/** Ids of the images that a document shows. */
export function imagesOf(document: PageDocument): string[] {
  const { settings } = document
  const own = [settings.openGraph.imageId, settings.faviconImageId]
  const inside = variantsOf(document).flatMap(({ sections, path }) => [
    ...sections.map(section => section.style.imageId ?? null),
    ...blocksOf(sections, path).map(({ block }) => imageOf(block)),
  ])
  return [...new Set([...own, ...inside].filter(id => id !== null))]
}

function imageOf(block: Block): string | null {
  if (block.type === 'hero' || block.type === 'image' || block.type === 'testimonial') return block.imageId
  return block.type === 'video' ? block.posterImageId : null
}

/** Everything that a page relies on: forms, other pages, segments, images, its source. */
export function usesOf(document: PageDocument): Thing[] {
  const placed = variantsOf(document).flatMap(({ sections, path }) => blocksOf(sections, path))
  const texts = [...linksOf(placed).map(link => link.href), ...placed.flatMap(({ block }) => htmlOf(block))]
  const pages = texts.flatMap(text => [...text.matchAll(/page:(\d{1,19})/g)].map(found => found[1] ?? ''))
  const forms = placed.flatMap(({ block }) => (block.type === 'form' && block.formId ? [block.formId] : []))
  return [
    ...[...new Set(pages)].map(id => ({ kind: 'page', id })),
    ...[...new Set(forms)].map(id => ({ kind: 'form', id })),
    ...segmentsOf(document).map(id => ({ kind: 'segment', id })),
    ...imagesOf(document).map(id => ({ kind: 'image', id })),
    ...(document.settings.sourceId ? [{ kind: 'source', id: document.settings.sourceId }] : []),
  ]
}

/** Segments that decide about what somebody sees. */
export function segmentsOf(document: PageDocument): string[] {
  const conditions = variantsOf(document).flatMap(({ sections, path }) => [
    ...sections.map(section => section.when),
    ...blocksOf(sections, path).map(({ block }) => block.when),
  ])
  return [...new Set(conditions.flatMap(when => (when?.type === 'segment' ? [when.segmentId] : [])))]
}

const token =
  /\{\{\s*(first_name|last_name|company|job_title|country|email_domain)\s*(?:\|([^{}|]{0,100}))?\}\}/g

/** Puts what is known about somebody into a text; what is not known gets the words after the bar. */
export function fillTokens(
  text: string,
  known: (name: string) => string | null,
  escaped: (text: string) => string,
): string {
  if (!text.includes('{{')) return text
  return text.replace(token, (_all, name: string, instead: string | undefined) => {
    const value = known(name)
    // The words instead were escaped with the text they stand in.
    return value === null || value === '' ? (instead ?? '').trim() : escaped(value)
  })
}

/** Whether what is shown depends on who looks: such a page is never kept for others. */
export function isPersonal(document: PageDocument): boolean {
  const conditional = variantsOf(document).some(({ sections, path }) =>
    [
      ...sections.map(section => section.when),
      ...blocksOf(sections, path).map(({ block }) => block.when),
    ].some(when => when !== null),
  )
  return conditional || JSON.stringify(document).search(token) !== -1
}
