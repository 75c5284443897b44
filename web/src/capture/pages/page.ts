import { call, client } from '@/api/client'

/** A block as the screens know it; the server's blocks.ts says what each type has besides. */
export type Block = {
  id: string
  type: string
  style: Record<string, unknown>
  when: Record<string, unknown> | null
  columns?: { blocks: Block[] }[]
  [part: string]: unknown
}
export type Section = {
  id: string
  name: string
  anchor: string
  style: Record<string, unknown>
  when: Record<string, unknown> | null
  blocks: Block[]
}
export type Alternative = {
  key: 'b' | 'c' | 'd' | 'e'
  name: string
  weight: number
  sections: Section[]
}
export type Variant = 'a' | Alternative['key']
export type PageDocument = {
  format: 1
  settings: Record<string, unknown> & { title: string }
  sections: Section[]
  test: {
    weight: number
    goal: { type: 'form' } | { type: 'event'; name: string } | { type: 'url'; path: string }
    autoStop: boolean
    alternatives: Alternative[]
  }
}

/** The union of all blocks, each with its own parts, is more than the panels have to know. */
export async function readPage(id: string) {
  const page = await call(client.GET('/api/v1/pages/{id}', { params: { path: { id } } }))
  return { ...page, document: page.document as unknown as PageDocument }
}
export type LandingPage = Awaited<ReturnType<typeof readPage>>

export function sectionsOf(document: PageDocument, variant: Variant): Section[] {
  if (variant === 'a') return document.sections
  return document.test.alternatives.find(each => each.key === variant)?.sections ?? document.sections
}

export function withSections(document: PageDocument, variant: Variant, sections: Section[]): PageDocument {
  if (variant === 'a') return { ...document, sections }
  const alternatives = document.test.alternatives.map(each =>
    each.key === variant ? { ...each, sections } : each,
  )
  return { ...document, test: { ...document.test, alternatives } }
}

const inner = (block: Block): Block[] => block.columns?.flatMap(column => column.blocks) ?? []
const allBlocks = (sections: Section[]): Block[] =>
  sections.flatMap(section => section.blocks.flatMap(block => [block, ...inner(block)]))

export const findBlock = (sections: Section[], id: string | null): Block | undefined =>
  allBlocks(sections).find(block => block.id === id)

/** Ids are short, and free in every version of the page: sections that are copied keep theirs apart. */
function freeId(letter: string): string {
  const bytes = crypto.getRandomValues(new Uint32Array(2))
  return `${letter}${[...bytes].map(each => each.toString(36)).join('')}`
}

export const isWide = (type: string): boolean => type === 'hero' || type === 'columns'

const button = { label: 'Read on', href: '', look: 'primary', newTab: false }
const parts: Record<string, Record<string, unknown>> = {
  hero: {
    eyebrow: '',
    heading: 'What this page is about',
    text: '<p>Say in one sentence what people get here.</p>',
    imageId: null,
    imageAlt: '',
    imageSide: 'end',
    buttons: [],
  },
  columns: {
    layout: '1-1',
    gap: 'large',
    stack: 'tablet',
    valign: 'start',
    columns: [{ blocks: [] }, { blocks: [] }],
  },
  text: { html: '<p>Some words.</p>' },
  image: { imageId: null, alt: '', decorative: false, caption: '', href: '' },
  button,
  video: { provider: 'youtube', videoId: '', title: '', posterImageId: null },
  testimonial: { quote: 'What somebody says about us.', name: '', role: '', imageId: null },
  pricing: { plans: [] },
  faq: { items: [{ question: 'A question?', answer: '<p>Its answer.</p>' }], structured: true },
  countdown: { until: null, label: '', over: '' },
  form: { formId: null, heading: '' },
  code: { html: '<p></p>' },
  divider: { look: 'line' },
}

export const makeBlock = (type: string): Block => ({
  id: freeId('b'),
  type,
  style: {},
  when: null,
  ...structuredClone(parts[type] ?? {}),
})

export const makeSection = (): Section => ({
  id: freeId('s'),
  name: '',
  anchor: '',
  style: {},
  when: null,
  blocks: [],
})

function copyBlock(block: Block): Block {
  const copy = { ...structuredClone(block), id: freeId('b') }
  const columns = block.columns?.map(column => ({ blocks: column.blocks.map(copyBlock) }))
  return columns ? { ...copy, columns } : copy
}

export const copySection = (section: Section): Section => ({
  ...structuredClone(section),
  id: freeId('s'),
  blocks: section.blocks.map(copyBlock),
})

/** A place for blocks: a section, or a column of a block. */
export type Place = { sectionId: string } | { blockId: string; column: number }

const eachPlace = (sections: Section[], change: (blocks: Block[], place: Place) => Block[]): Section[] =>
  sections.map(section => ({
    ...section,
    blocks: change(section.blocks, { sectionId: section.id }).map(block =>
      block.columns
        ? {
            ...block,
            columns: block.columns.map((column, at) => ({
              blocks: change(column.blocks, { blockId: block.id, column: at }),
            })),
          }
        : block,
    ),
  }))

/** The sections with one block changed, or taken out (null). */
export const changeBlock = (sections: Section[], id: string, next: Block | null): Section[] =>
  eachPlace(sections, blocks => blocks.flatMap(each => (each.id === id ? (next ? [next] : []) : [each])))

const isPlace = (a: Place, b: Place): boolean =>
  'sectionId' in a
    ? 'sectionId' in b && a.sectionId === b.sectionId
    : 'blockId' in b && a.blockId === b.blockId && a.column === b.column

export const addBlock = (sections: Section[], place: Place, block: Block): Section[] =>
  eachPlace(sections, (blocks, here) => (isPlace(here, place) ? [...blocks, block] : blocks))

/** The sections with a copy of the block behind it. */
export function duplicateBlock(sections: Section[], id: string): { sections: Section[]; copy: Block | null } {
  const block = findBlock(sections, id)
  if (!block) return { sections, copy: null }
  const copy = copyBlock(block)
  const next = eachPlace(sections, blocks => {
    const at = blocks.findIndex(each => each.id === id)
    return at < 0 ? blocks : blocks.toSpliced(at + 1, 0, copy)
  })
  return { sections: next, copy }
}

/** The sections with a block moved to where another stands, or to the end of a place. */
export function moveBlock(sections: Section[], id: string, to: { at: string } | Place): Section[] {
  const block = findBlock(sections, id)
  if (!block || ('at' in to && (to.at === id || inner(block).some(each => each.id === to.at))))
    return sections
  const order = allBlocks(sections).map(each => each.id)
  const rest = changeBlock(sections, id, null)
  if (!('at' in to)) return addBlock(rest, to, block)
  // Downwards it takes the place behind the one that it was dropped on.
  const isDown = order.indexOf(to.at) > order.indexOf(id)
  return eachPlace(rest, blocks => {
    const at = blocks.findIndex(each => each.id === to.at)
    return at < 0 ? blocks : blocks.toSpliced(isDown ? at + 1 : at, 0, block)
  })
}

/** A changed layout has as many columns as it has numbers; what stood in one too many moves into the last. */
export function fitColumns(block: Block): Block {
  if (block.type !== 'columns') return block
  const wanted = String(block.layout).split('-').length
  const columns = block.columns ?? []
  const kept = columns.slice(0, wanted)
  while (kept.length < wanted) kept.push({ blocks: [] })
  const left = columns.slice(wanted).flatMap(column => column.blocks)
  return {
    ...block,
    columns: kept.map((column, at) => (at === wanted - 1 ? { blocks: [...column.blocks, ...left] } : column)),
  }
}
