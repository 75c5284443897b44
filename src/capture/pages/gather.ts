import { maybeOne } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { selectFormNames } from '../forms/forms.sql.ts'
import { selectSource } from '../sources.sql.ts'
import type { PageDocument } from './document.ts'
import { escapeHtml } from './html.ts'
import { imageFile, imagesByIds } from './images.sql.ts'
import { readKit } from './kit.sql.ts'
import type { Surroundings } from './render.ts'
import { selectLivePaths } from './street.sql.ts'
import { imagesOf, usesOf } from './walk.ts'

/** Loads what a document needs to be shown: looks, images, paths of pages, forms, the key of its source. */
export async function gather(
  { db, config }: Pick<Services, 'db' | 'config'>,
  document: PageDocument,
  given: { pageId: string; url: string; isPreview: boolean },
): Promise<Surroundings> {
  const { kit } = await readKit(db)
  const { sourceId } = document.settings
  const uses = usesOf(document)
  const ids = (kind: string) => uses.flatMap(use => (use.kind === kind ? [use.id] : []))
  const wanted = [...imagesOf(document), kit.logoImageId, kit.faviconImageId].filter(id => id !== null)
  const [images, pages, forms, source] = await Promise.all([
    imagesByIds(db, wanted),
    selectLivePaths(db, ids('page')),
    selectFormNames(db, ids('form')),
    sourceId ? maybeOne(db, selectSource(sourceId)) : undefined,
  ])
  return {
    ...given,
    kit,
    zone: config.zone,
    images: new Map(images.map(image => [image.id, { ...image, src: `/media/${imageFile(image)}` }])),
    pages: new Map(pages.map(({ id, host, slug }) => [id, host ? `https://${host}/${slug}` : `/${slug}`])),
    forms: new Map(
      forms.filter(form => form.status === 'live').map(form => [form.id, formMark(form, given.isPreview)]),
    ),
    writeKey: source?.enabled ? source.publicKey : null,
    viewer: null,
  }
}

/**
 * The place of a form. The form script draws it, because each showing has a token of its own and the page is cached;
 * without scripts it is a frame. A preview is shown without scripts, and says what stands there.
 */
function formMark({ key, name }: { key: string; name: string }, isPreview: boolean): string {
  if (isPreview) return `<p class="card">${escapeHtml(name)}</p>`
  return `<div data-tend-form="${key}"></div><script async src="/forms.js"></script><noscript><iframe src="/forms/${key}?frame=1" title="${escapeHtml(name)}" width="100%" height="640"></iframe></noscript>`
}
