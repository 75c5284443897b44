import { maybeOne } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'
import { selectSource } from '../sources.sql.ts'
import type { PageDocument } from './document.ts'
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
  const [images, pages, source] = await Promise.all([
    imagesByIds(db, wanted),
    selectLivePaths(db, ids('page')),
    sourceId ? maybeOne(db, selectSource(sourceId)) : undefined,
  ])
  return {
    ...given,
    kit,
    zone: config.zone,
    images: new Map(images.map(image => [image.id, { ...image, src: `/media/${imageFile(image)}` }])),
    pages: new Map(pages.map(({ id, host, slug }) => [id, host ? `https://${host}/${slug}` : `/${slug}`])),
    forms: new Map(),
    writeKey: source?.enabled ? source.publicKey : null,
    viewer: null,
  }
}
