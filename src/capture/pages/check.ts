import { segmentsByIds } from '#decisions/segments.ts'
import type { Db } from '#platform/db/db.ts'
import { sourceNames } from '../sources.ts'
import type { Block } from './blocks.ts'
import type { PageDocument } from './document.ts'
import { imagesByIds } from './images.sql.ts'
import { selectPageNames } from './pages.sql.ts'
import {
  blocksOf,
  imagesOf,
  isPersonal,
  linksOf,
  type Placed,
  segmentsOf,
  usesOf,
  variantsOf,
} from './walk.ts'

export type Problem = { path: string; message: string }
export type Finding = { problems: Problem[]; warnings: Problem[] }

/** What keeps a document from going live, and what is worth a thought. Paths are those of the document. */
export async function checkDocument(db: Db, document: PageDocument): Promise<Finding> {
  const placed = variantsOf(document).flatMap(({ sections, path }) => blocksOf(sections, path))
  const problems = [
    ...settingProblems(document),
    ...placed.flatMap(blockProblems),
    ...repeatedIds(document),
    ...linksOf(placed).flatMap(({ path, href }) =>
      href === '' ? [{ path, message: 'leads nowhere yet' }] : [],
    ),
    ...(await missing(db, document)),
  ]
  return { problems, warnings: warningsOf(document, placed) }
}

function settingProblems({ settings, sections, test }: PageDocument): Problem[] {
  const found: Problem[] = []
  if (settings.title.trim() === '') found.push({ path: 'document.settings.title', message: 'is missing' })
  if (sections.length === 0)
    found.push({ path: 'document.sections', message: 'there is nothing on the page' })
  if (settings.jsonLd !== '' && !isJsonObject(settings.jsonLd))
    found.push({ path: 'document.settings.jsonLd', message: 'must be one JSON object' })
  if (settings.sourceId === null && settings.consent.banner)
    found.push({
      path: 'document.settings.sourceId',
      message: 'a banner asks for something: name the source that records',
    })
  const total = test.alternatives.reduce((sum, each) => sum + each.weight, test.weight)
  if (test.alternatives.length > 0 && total === 0)
    found.push({ path: 'document.test.weight', message: 'nobody would see any variant' })
  const keys = test.alternatives.map(each => each.key)
  if (new Set(keys).size < keys.length)
    found.push({ path: 'document.test.alternatives', message: 'two variants have the same letter' })
  return found
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

function blockProblems({ path, block }: Placed): Problem[] {
  const problem = (name: string, message: string) => [{ path: `${path}.${name}`, message }]
  if (block.type === 'hero') {
    const nameless =
      block.imageId && block.imageAlt === '' ? problem('imageAlt', 'say what the image shows') : []
    return [...(block.heading.trim() === '' ? problem('heading', 'is missing') : []), ...nameless]
  }
  if (block.type === 'image') {
    if (!block.imageId) return problem('imageId', 'choose an image')
    return block.alt === '' && !block.decorative
      ? problem('alt', 'say what the image shows, or that it only adorns')
      : []
  }
  if (block.type === 'form') return block.formId ? [] : problem('formId', 'choose a form')
  if (block.type === 'video')
    return [
      ...(block.videoId === '' ? problem('videoId', 'is missing') : []),
      ...(block.title.trim() === '' ? problem('title', 'is missing') : []),
    ]
  return moreProblems(block, problem)
}

function moreProblems(block: Block, problem: (name: string, message: string) => Problem[]): Problem[] {
  if (block.type === 'button') return block.label.trim() === '' ? problem('label', 'is missing') : []
  if (block.type === 'countdown') return block.until === null ? problem('until', 'choose the moment') : []
  if (block.type === 'columns') {
    const wanted = block.layout.split('-').length
    return block.columns.length === wanted ? [] : problem('columns', `must be ${wanted} for this layout`)
  }
  if (block.type === 'faq')
    return block.items.flatMap((item, i) =>
      item.question.trim() === '' ? problem(`items.${i}.question`, 'is missing') : [],
    )
  return []
}

function repeatedIds(document: PageDocument): Problem[] {
  return variantsOf(document).flatMap(({ sections, path }) => {
    const ids = [
      ...sections.map(section => section.id),
      ...blocksOf(sections, path).map(({ block }) => block.id),
    ]
    const twice = ids.find((id, i) => ids.indexOf(id) !== i)
    return twice === undefined ? [] : [{ path, message: `the id ${twice} is used twice` }]
  })
}

/** What a document points at and that is not there (any more). */
async function missing(db: Db, document: PageDocument): Promise<Problem[]> {
  const images = imagesOf(document)
  const pages = usesOf(document).flatMap(({ kind, id }) => (kind === 'page' ? [id] : []))
  const segments = segmentsOf(document)
  const { sourceId } = document.settings
  const [haveImages, havePages, haveSegments, haveSources] = await Promise.all([
    imagesByIds(db, images),
    selectPageNames(db, pages),
    segmentsByIds(db, segments),
    sourceNames(db, sourceId ? [sourceId] : []),
  ])
  const without = (wanted: string[], have: { id: string }[]) =>
    wanted.filter(id => !have.some(each => each.id === id))
  return [
    ...without(images, haveImages).map(id => ({
      path: 'document',
      message: `the image ${id} does not exist (any more)`,
    })),
    ...without(pages, havePages).map(id => ({
      path: 'document',
      message: `the page ${id} does not exist (any more)`,
    })),
    ...without(segments, haveSegments).map(id => ({
      path: 'document',
      message: `the segment ${id} does not exist (any more)`,
    })),
    ...(sourceId && !haveSources.has(sourceId)
      ? [{ path: 'document.settings.sourceId', message: 'does not exist (any more)' }]
      : []),
  ]
}

function warningsOf(document: PageDocument, placed: Placed[]): Problem[] {
  const { settings } = document
  const found: Problem[] = []
  if (settings.description === '')
    found.push({
      path: 'document.settings.description',
      message: 'search engines choose a text by themselves',
    })
  for (const { sections, path, name } of variantsOf(document)) {
    const heroes = blocksOf(sections, path).filter(({ block }) => block.type === 'hero').length
    if (heroes === 0) found.push({ path, message: `${name} has no heading of its own: its title is used` })
    if (heroes > 1)
      found.push({ path, message: `${name} has ${heroes} heroes: one says what the page is about` })
  }
  if (isPersonal(document))
    found.push({
      path: 'document',
      message: 'depends on who looks: it is made anew for everybody, and slower',
    })
  if (settings.robots.index && placed.length === 0)
    found.push({ path: 'document.settings.robots', message: 'search engines would find an empty page' })
  return found
}
