import sanitize from 'sanitize-html'
import type { Block } from './blocks.ts'
import type { PageDocument, Section } from './document.ts'
import type { BrandKit } from './style.ts'

const links = { a: ['href', 'title', 'rel', 'target'] }

function safeLink(
  tag: string,
  attribs: Record<string, string>,
): { tagName: string; attribs: Record<string, string> } {
  const { href, title, target } = attribs
  const there =
    href !== undefined && /^(https?:\/\/|mailto:|tel:|\/(?!\/)|#|page:\d{1,19}$)/i.test(href.trim())
  return {
    tagName: tag,
    attribs: {
      ...(there ? { href: href.trim() } : {}),
      ...(title ? { title } : {}),
      ...(target === '_blank' ? { target, rel: 'noopener' } : {}),
    },
  }
}

const shared = {
  allowedSchemes: ['http', 'https', 'mailto', 'tel', 'page'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard' as const,
  // Within these even the text is dropped: it is no text for people.
  nonTextTags: [
    'script',
    'style',
    'textarea',
    'option',
    'noscript',
    'template',
    'iframe',
    'svg',
    'math',
    'title',
  ],
  nestingLimit: 30,
  transformTags: { a: safeLink },
}

const richTags = [
  'p',
  'br',
  'h2',
  'h3',
  'h4',
  'ul',
  'ol',
  'li',
  'strong',
  'b',
  'em',
  'i',
  'u',
  's',
  'sub',
  'sup',
  'a',
  'blockquote',
  'code',
  'small',
  'span',
]

/** Rich text freed of everything that is not text: no scripts, styles, classes, images or frames. */
export function cleanRich(html: string): string {
  if (html === '') return ''
  return sanitize(html, {
    ...shared,
    allowedTags: richTags,
    allowedAttributes: { ...links, '*': ['lang', 'dir'] },
  })
}

const codeTags = [
  ...richTags,
  'div',
  'section',
  'article',
  'aside',
  'header',
  'footer',
  'nav',
  'figure',
  'figcaption',
  'dl',
  'dt',
  'dd',
  'hr',
  'table',
  'caption',
  'thead',
  'tbody',
  'tfoot',
  'tr',
  'th',
  'td',
  'details',
  'summary',
  'pre',
  'kbd',
  'abbr',
  'time',
  'mark',
  'img',
  'address',
  'cite',
  'q',
]

/** Classes that the page's stylesheet has for code blocks; what others would do is nobody's business. */
const codeClasses = ['card', 'grid', 'muted', 'lead', 'centre', 'button', 'table']

/** HTML of a code block: structure, tables, images of ours. Styles come by a few classes. */
export function cleanCode(html: string): string {
  if (html === '') return ''
  return sanitize(html, {
    ...shared,
    allowedTags: codeTags,
    allowedAttributes: {
      ...links,
      img: ['src', 'alt', 'width', 'height', 'loading'],
      th: ['scope', 'colspan', 'rowspan'],
      td: ['colspan', 'rowspan'],
      time: ['datetime'],
      details: ['open'],
      abbr: ['title'],
      '*': ['lang', 'dir', 'id', 'class'],
    },
    allowedClasses: { '*': codeClasses },
    transformTags: {
      a: safeLink,
      // Ids of authors get a prefix: none can stand in for one of ours.
      '*': (tag, attribs) => ({
        tagName: tag,
        attribs: attribs.id ? { ...attribs, id: prefixed(attribs.id) } : attribs,
      }),
    },
    exclusiveFilter: frame => frame.tag === 'img' && !/^\/media\/[\w.-]+$/.test(frame.attribs.src ?? ''),
  })
}

const prefixed = (id: string) =>
  `x-${id
    .replace(/^x-/, '')
    .replace(/[^\w-]/g, '')
    .slice(0, 60)}`

function cleanBlock<B extends Block>(block: B): B {
  switch (block.type) {
    case 'hero':
      return { ...block, text: cleanRich(block.text) }
    case 'text':
      return { ...block, html: cleanRich(block.html) }
    case 'code':
      return { ...block, html: cleanCode(block.html) }
    case 'faq':
      return { ...block, items: block.items.map(item => ({ ...item, answer: cleanRich(item.answer) })) }
    case 'columns':
      return { ...block, columns: block.columns.map(column => ({ blocks: column.blocks.map(cleanBlock) })) }
    default:
      return block
  }
}

const cleanSections = (sections: Section[]): Section[] =>
  sections.map(section => ({ ...section, blocks: section.blocks.map(cleanBlock) }))

/** The document with all of its HTML cleaned: what is stored can be shown in an editor, too. */
export function cleanDocument(document: PageDocument): PageDocument {
  const { test } = document
  return {
    ...document,
    sections: cleanSections(document.sections),
    test: {
      ...test,
      alternatives: test.alternatives.map(each => ({ ...each, sections: cleanSections(each.sections) })),
    },
  }
}

export const cleanKit = (kit: BrandKit): BrandKit => ({ ...kit, footer: cleanRich(kit.footer) })
