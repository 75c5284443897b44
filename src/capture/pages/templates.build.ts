import type { Block, Button, SimpleBlock } from './blocks.ts'
import { emptyDocument, type PageDocument, type Section } from './document.ts'

/** Templates are written without ids; they get them here, in their order. */
type Loose<T> = T extends unknown ? Omit<T, 'id' | 'style' | 'when'> & { style?: Block['style'] } : never

export function simple(given: Loose<SimpleBlock>, id: string): SimpleBlock {
  return { style: {}, ...given, id, when: null } as SimpleBlock
}

type Part =
  | Loose<Block>
  | { type: 'columns'; layout: '1-1' | '1-1-1' | '2-1' | '1-2'; of: Loose<SimpleBlock>[][] }

export function block(part: Part, id: string): Block {
  if (!('of' in part)) return { style: {}, ...part, id, when: null } as Block
  const columns = part.of.map((blocks, c) => ({
    blocks: blocks.map((each, i) => simple(each, `${id}-${c}-${i}`)),
  }))
  const rest = { gap: 'large', stack: 'tablet', valign: 'start' } as const
  return { id, type: 'columns', style: {}, when: null, layout: part.layout, ...rest, columns }
}

type Draft = { name: string; anchor?: string; style?: Section['style']; parts: Part[] }

export function page(title: string, description: string, drafts: Draft[]): PageDocument {
  const sections = drafts.map(({ name, anchor = '', style = {}, parts }, s) => ({
    id: `s${s + 1}`,
    name,
    anchor,
    style,
    when: null,
    blocks: parts.map((part, b) => block(part, `s${s + 1}b${b + 1}`)),
  }))
  const empty = emptyDocument(title)
  return { ...empty, settings: { ...empty.settings, title, description }, sections }
}

export const button = (label: string, href: string, look: Button['look'] = 'primary'): Button => ({
  label,
  href,
  look,
  newTab: false,
})
export const hero = (eyebrow: string, heading: string, text: string, buttons: Button[]): Part => ({
  type: 'hero',
  eyebrow,
  heading,
  text,
  imageId: null,
  imageAlt: '',
  imageSide: 'end',
  buttons,
})
export const text = (html: string) => ({ type: 'text' as const, html })
export const card = (html: string) => ({
  ...text(html),
  style: { background: 'background', padding: 'medium', radius: 'large', border: true } as const,
})
export const form = (heading: string) => ({
  type: 'form' as const,
  formId: null,
  heading,
  style: { background: 'background', padding: 'medium', radius: 'large', shadow: true } as const,
})
export const quote = (said: string, name: string, role: string) => ({
  type: 'testimonial' as const,
  quote: said,
  name,
  role,
  imageId: null,
})
export const faq = (items: [string, string][]): Part => ({
  type: 'faq',
  structured: true,
  items: items.map(([question, answer]) => ({ question, answer: `<p>${answer}</p>` })),
})
export const surface = { background: 'surface' } as const
