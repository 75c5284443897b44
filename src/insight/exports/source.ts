import type { Db } from '#platform/db/db.ts'
import type { Services } from '#platform/services.ts'

/** Whose row it is, if it is a contact's, and its values in the order of the columns. */
export type ExportRow = { contactId: string | null; values: unknown[] }
export type ExportPage = { rows: ExportRow[]; next: unknown }

/** Something that can be handed out, page by page; `next` is null on the last one, else the cursor of the next. */
export type ExportSource = {
  columns: string[]
  /** Whether its rows come in the order of their contacts' ids. */
  byContact: boolean
  page(db: Db, cursor: unknown): Promise<ExportPage>
}

export type OpenSource<A> = (services: Services, ask: A) => Promise<ExportSource>

export const pageRows = 2_000
