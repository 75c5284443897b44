import { createHash } from 'node:crypto'
import { audit } from '#access/audit.ts'
import { type Db, inTransaction } from '#platform/db/db.ts'
import type { Actor } from '#platform/http/route.ts'
import { newId } from '#platform/ids.ts'
import { type ImageHead, insertImage } from './images.sql.ts'
import { readPicture } from './images.ts'

/** Keeps what is a picture of these bytes. Throws `invalid` for everything else. */
export async function keepImage(
  db: Db,
  actor: Actor,
  given: { name: string; bytes: Buffer },
  now: Date,
): Promise<ImageHead> {
  const picture = readPicture(given.bytes)
  const hash = createHash('sha256').update(picture.bytes).digest('hex')
  return inTransaction(db, async trx => {
    const row = { ...picture, id: newId(), name: given.name, hash, createdBy: actor.name, createdAt: now }
    const kept = await insertImage(trx, row)
    await audit(trx, actor, 'pages.image.add', { kind: 'page-image', id: kept.id }, { name: given.name })
    return kept
  })
}
