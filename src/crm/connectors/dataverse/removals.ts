import { CrmError, type Cursor, type Removal } from '../../connector.ts'
import { asText } from '../kit/values.ts'
import { type Dataverse, maxPage } from './client.ts'
import type { Table } from './schema.ts'

const expired = '0x80044352'

/**
 * Deletes since the delta link of the last time. The first time everything is read once, ids only, because that is
 * how the link is come by; also after a link has become too old, where the nightly comparison finds what went meanwhile.
 * https://learn.microsoft.com/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems
 */
export async function removals(
  dataverse: Dataverse,
  table: Table,
  after: Cursor | null,
): Promise<{ removals: Removal[]; next: Cursor | null; more: boolean }> {
  if (!table.isTracked) return { removals: [], next: after, more: false }
  const token = after?.token ?? ''
  const found = await follow(dataverse, table, token).catch((error: unknown) => {
    const isOld =
      error instanceof CrmError && (error.failure.code === expired || error.failure.kind === 'gone')
    if (token && isOld) return follow(dataverse, table, '')
    throw error
  })
  const at = (dataverse.http.lastDate() ?? new Date(0)).toISOString()
  return { removals: found.gone, next: { at, id: '', token: found.delta }, more: false }
}

async function follow(dataverse: Dataverse, table: Table, token: string) {
  const gone: Removal[] = []
  const track = `odata.track-changes,odata.maxpagesize=${maxPage}`
  for (let at = token; ; ) {
    const page = at
      ? await dataverse.page(at)
      : await dataverse.page(`/${table.set}`, { $select: table.id }, track)
    for (const row of page.rows) {
      const isDelete = /\$deletedEntity$/.test(asText(row['@odata.context'])) && row.reason !== 'changed'
      if (isDelete && asText(row.id)) gone.push({ id: asText(row.id), at: null })
    }
    if (page.delta) return { gone, delta: page.delta }
    if (!page.next)
      throw new CrmError({
        kind: 'transient',
        words: 'Dataverse gave no link to go on from.',
        code: 'no_delta',
      })
    at = page.next
  }
}
