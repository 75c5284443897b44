import { z } from 'zod'
import { type Db, inTransaction, run, sql } from '#platform/db/db.ts'
import { notFound } from '#platform/errors.ts'
import { idSchema } from '#platform/http/route.ts'
import { defineJob } from '#platform/jobs.ts'
import { importBatch, type Plan } from './batch.ts'
import { type Import, selectImport } from './import.sql.ts'
import { readRows } from './read.ts'
import { loadShelf, makeFields } from './shelf.ts'

/** Rows per transaction: beyond this, more do not go faster, and a pause takes longer. */
const batchSize = 4_000

export const importInput = z.object({ importId: idSchema, name: z.string() })

const cursorSchema = z.object({ row: z.number() })

/** The import with everything that a run needs; 404 where the file is gone. */
export async function readyImport(db: Db, id: string) {
  const found = await selectImport(db, id)
  const { dialect, mapping, options } = found ?? {}
  if (!found || !dialect || !mapping || !options) throw notFound('import')
  return { ...found, dialect, mapping, options }
}

/**
 * Takes in a file, batch by batch. The cursor is saved in the transaction of the batch, so that a worker that is
 * killed neither repeats nor skips a row.
 */
export const importRun = defineJob({
  name: 'import',
  input: importInput,
  title: ({ name }) => `Import of ${name}`,
  async run(job, services) {
    const { db, clock } = services
    const found = await readyImport(db, job.input.importId)
    const { id, name, dialect, mapping, options } = found
    await makeFields(db, mapping, { source: `import of ${name}`, now: clock.now() })
    const shelf = await loadShelf(db, mapping)
    const plan: Plan = { importId: id, name, by: found.createdBy, shelf, options }
    const total = found.dry?.rows
    const after = cursorSchema.safeParse(job.cursor).data?.row ?? 0
    let done = found.rows
    for await (const rows of ahead(readRows(db, id, dialect, { after, size: batchSize }))) {
      const row = rows.at(-1)?.row ?? after
      await inTransaction(db, async trx => {
        await importBatch(trx, services, rows, plan, { now: clock.now(), before: done })
        const progress = { done: done + rows.length, cursor: { row }, db: trx }
        await job.save(total === undefined ? progress : { ...progress, total })
      })
      done += rows.length
    }
    await finish(db, found, clock.now())
  },
})

/** Reads the next batch while this one is written. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next()
  // A failure is told where the batch is asked for; until then it is nobody's.
  next.catch(() => undefined)
  try {
    for (;;) {
      const { value, done } = await next
      if (done) return
      next = source.next()
      next.catch(() => undefined)
      yield value
    }
  } finally {
    await source.return(undefined)
  }
}

/** The file itself and what was shown of it are not kept longer than they are needed. */
async function finish(db: Db, { id }: Pick<Import, 'id'>, now: Date): Promise<void> {
  await inTransaction(db, async trx => {
    await run(trx, sql`delete from audience.import_chunk where import_id = ${id}::bigint`)
    await run(
      trx,
      sql`
      update audience.import set stage = 'done', preview = null, finished_at = ${now}, touched_at = ${now},
        dry = dry - 'examples' - 'reasons',
        columns = (select jsonb_agg(jsonb_build_object('name', c->'name', 'samples', '[]'::jsonb) order by n)
          from jsonb_array_elements(columns) with ordinality as each (c, n))
      where id = ${id}::bigint`,
    )
  })
}
