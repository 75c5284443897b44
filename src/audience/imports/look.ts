import { type Db, maybeOne, one, run, sql } from '#platform/db/db.ts'
import { conflict, invalid, notFound } from '#platform/errors.ts'
import { listFields } from '../fields.ts'
import { type Dialect, detectDelimiter, detectEncoding, detectHeader } from './dialect.ts'
import { type Column, guessMapping } from './guess.ts'
import { selectImport } from './import.sql.ts'
import { firstRows } from './read.ts'
import { optionsSchema } from './shape.ts'

const maxColumns = 1_100

/** Looks at the whole file once it is here: how it is written, what its columns are, where each most likely goes. */
export async function lookAtFile(db: Db, id: string, now: Date): Promise<void> {
  const found = await selectImport(db, id)
  if (!found) throw notFound('import')
  if (found.stage !== 'uploading')
    throw conflict('wrong_stage', 'This file was read already.', { stage: found.stage })
  const { bytes, pieces, last, utf8 } = await one<{
    bytes: number
    pieces: number
    last: number
    utf8: boolean
  }>(
    db,
    sql`
    select coalesce(sum(length(bytes)), 0)::float8 as bytes, count(*)::int as pieces, coalesce(max(position), -1) as last,
      coalesce(bool_and(is_utf8), true) as utf8
    from audience.import_chunk where import_id = ${id}::bigint`,
  )
  if (bytes !== found.bytes || pieces !== last + 1)
    throw conflict('incomplete', `${bytes} of ${found.bytes} bytes are here.`, { bytes, pieces })
  const head = await maybeOne<{ bytes: Buffer }>(
    db,
    sql`select bytes from audience.import_chunk where import_id = ${id}::bigint and position = 0`,
  )
  const encoding = detectEncoding(head?.bytes ?? Buffer.alloc(0), utf8)
  const text = new TextDecoder(encoding).decode(head?.bytes.subarray(0, 65_536))
  const delimiter = detectDelimiter(text)
  const [first] = await firstRows(db, id, { encoding, delimiter, header: false }, 1)
  if (!first) throw invalid('This file is empty.', [{ path: 'file', message: 'holds no row' }])
  await describeFile(db, id, { encoding, delimiter, header: detectHeader(first.cells) }, now)
}

/** Reads the first rows in a dialect and guesses the mapping from them. */
export async function describeFile(db: Db, id: string, dialect: Dialect, now: Date): Promise<void> {
  const rows = (await firstRows(db, id, { ...dialect, header: false }, 101)).map(row => row.cells.map(clean))
  const names = dialect.header ? (rows.shift() ?? []) : []
  const width = Math.max(names.length, ...rows.map(row => row.length))
  if (width > maxColumns)
    throw invalid('This file has too many columns.', [
      { path: 'file', message: `must have at most ${maxColumns}` },
    ])
  const columns: Column[] = Array.from({ length: width }, (_, i) => ({
    name: names[i]?.trim().slice(0, 200) || `Column ${i + 1}`,
    samples: rows.flatMap(row => row[i]?.trim().slice(0, 200) || []),
  }))
  const mapping = guessMapping(columns, await listFields(db))
  const shown = columns.map(column => ({ ...column, samples: column.samples.slice(0, 3) }))
  const preview = rows.slice(0, 10).map(row => row.map(cell => cell.slice(0, 200)))
  await run(
    db,
    sql`
    update audience.import set stage = 'ready', dialect = ${JSON.stringify(dialect)}::jsonb, columns = ${JSON.stringify(shown)}::jsonb,
      preview = ${JSON.stringify(preview)}::jsonb, mapping = ${JSON.stringify(mapping)}::jsonb, dry = null, check_job = null,
      options = coalesce(options, ${JSON.stringify(optionsSchema.parse({}))}::jsonb), touched_at = ${now}
    where id = ${id}::bigint and stage in ('uploading', 'ready')`,
  )
}

const clean = (text: string) => text.replaceAll('\u0000', '').toWellFormed()
