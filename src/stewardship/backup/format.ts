import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import { AppError } from '#platform/errors.ts'

// One file, gzip on the outside. Inside: the words below, then frames of one letter, four bytes of length (big
// endian) and that many bytes. docs/operations.md describes it for those who must read one without Tend.
//   H  the header, JSON           T  a table begins, JSON        D  rows of it, COPY text format
//   E  a table ends, JSON         Z  the end of the file, JSON
export const magic = 'TEND BACKUP 1\n'
export type FrameKind = 'H' | 'T' | 'D' | 'E' | 'Z'
export type Frame = { kind: FrameKind; body: Buffer }

/** A frame is never longer: a damaged length must not make us ask for gigabytes. */
const longest = 16 * 1024 * 1024

const partition = z.object({ schema: z.string(), name: z.string(), parent: z.string(), bounds: z.string() })

export const headerSchema = z.object({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  version: z.string(),
  server: z.string(),
  mode: z.string(),
  /** The migrations that made the schema, in their order. */
  migrations: z.array(z.string()).min(1),
  keyFingerprint: z.string(),
  /** The master key, sealed with a passphrase; null where the file was made without it. */
  key: z.object({ salt: z.string(), sealed: z.string() }).nullable(),
  /** Tables in the order in which they are to be filled. */
  tables: z.array(z.object({ schema: z.string(), name: z.string() })),
  partitions: z.array(partition),
  sequences: z.array(z.object({ schema: z.string(), name: z.string(), value: z.string() })),
})
export type Header = z.infer<typeof headerSchema>

export const tableSchema = z.object({ schema: z.string(), name: z.string(), columns: z.array(z.string()) })
export type TableStart = z.infer<typeof tableSchema>
const endSchema = z.object({ rows: z.number().int(), sha256: z.string() })
const lastSchema = z.object({ tables: z.number().int(), rows: z.number().int(), sha256: z.string() })
export type Totals = { tables: number; rows: number }

export function damaged(words: string, cause?: unknown): AppError {
  return new AppError('backup_damaged', `The backup is damaged: ${words}. Nothing was changed.`, { cause })
}

/** Makes frames and keeps the sums; what it returns is to be written in this order. */
export function createFramer() {
  const whole = createHash('sha256')
  let ofTable = createHash('sha256')
  const totals: Totals = { tables: 0, rows: 0 }
  const frame = (kind: FrameKind, body: Buffer | object): Buffer => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
    const head = Buffer.alloc(5)
    head.write(kind, 'latin1')
    head.writeUInt32BE(bytes.length, 1)
    if (kind === 'D') ofTable.update(bytes)
    whole.update(head).update(bytes)
    return Buffer.concat([head, bytes])
  }
  return {
    totals,
    header: (header: Header) => frame('H', header),
    table: (start: TableStart) => frame('T', start),
    rows: (bytes: Buffer) => frame('D', bytes),
    tableEnd(rows: number) {
      totals.tables++
      totals.rows += rows
      const end = frame('E', { rows, sha256: ofTable.digest('hex') })
      ofTable = createHash('sha256')
      return end
    },
    end: () => frame('Z', { ...totals, sha256: whole.copy().digest('hex') }),
  }
}

/** The frames of a file, one at a time; memory stays flat. Throws in words where it is no backup or cut off. */
export async function* readFrames(path: string): AsyncGenerator<Frame> {
  const source = createReadStream(path)
  const unpacked = createGunzip()
  source.on('error', error => unpacked.destroy(error))
  source.pipe(unpacked)
  let rest: Buffer = Buffer.alloc(0)
  let isStarted = false
  try {
    for await (const part of unpacked as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? part : Buffer.concat([rest, part])
      if (!isStarted) {
        if (rest.length < magic.length) continue
        if (rest.toString('latin1', 0, magic.length) !== magic) throw notABackup(path)
        rest = rest.subarray(magic.length)
        isStarted = true
      }
      for (let size = sizeOf(rest); size !== null && rest.length >= size; size = sizeOf(rest)) {
        yield { kind: rest.toString('latin1', 0, 1) as FrameKind, body: rest.subarray(5, size) }
        rest = rest.subarray(size)
      }
    }
  } catch (error) {
    throw explain(error, path)
  } finally {
    source.destroy()
  }
  if (!isStarted) throw notABackup(path)
  if (rest.length > 0) throw damaged('it ends in the middle')
}

function sizeOf(bytes: Buffer): number | null {
  if (bytes.length < 5) return null
  const length = bytes.readUInt32BE(1)
  if (length > longest || !/^[HTDEZ]$/.test(bytes.toString('latin1', 0, 1)))
    throw damaged('a part of it makes no sense')
  return 5 + length
}

const notABackup = (path: string) => new AppError('not_a_backup', `${path} is no backup of Tend.`)

function explain(error: unknown, path: string): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ENOENT') return new AppError('no_file', `There is no file ${path}.`)
  if (error.code === 'Z_DATA_ERROR' && error.message.includes('header')) return notABackup(path)
  if (error.code === 'Z_BUF_ERROR') return damaged('it ends in the middle', error)
  return String(error.code).startsWith('Z_') ? damaged('it cannot be unpacked', error) : error
}

export type Reader = {
  header(header: Header): Promise<void> | void
  table?(start: TableStart): Promise<void>
  rows?(bytes: Buffer): Promise<void>
  /** The rows that the file says this table has; they were counted and the sum fits. */
  tableEnd?(rows: number): Promise<void>
}

/** Walks a whole file, checks every sum in it and hands over its parts. Returns what it holds. */
export async function walk(path: string, reader: Reader): Promise<Totals> {
  const whole = createHash('sha256')
  const seen: Totals = { tables: 0, rows: 0 }
  let table: { hash: Hash; rows: number } | null = null
  let last: Totals | null = null
  let isFirst = true
  for await (const { kind, body } of readFrames(path)) {
    if (last) throw damaged('there is more after its end')
    if (isFirst !== (kind === 'H')) throw damaged('its parts are out of order')
    isFirst = false
    const sum = kind === 'Z' ? whole.copy().digest('hex') : ''
    whole.update(frameHead(kind, body)).update(body)
    if (kind === 'H') await reader.header(readJson(headerSchema, body))
    else if (kind === 'T') {
      if (table) throw damaged('its parts are out of order')
      table = { hash: createHash('sha256'), rows: 0 }
      await reader.table?.(readJson(tableSchema, body))
    } else if (kind === 'D') {
      if (!table) throw damaged('its parts are out of order')
      table.hash.update(body)
      table.rows += countLines(body)
      await reader.rows?.(body)
    } else if (kind === 'E') {
      const end = readJson(endSchema, body)
      if (!table || end.rows !== table.rows || end.sha256 !== table.hash.digest('hex'))
        throw damaged('the sum of a table does not fit')
      seen.tables++
      seen.rows += end.rows
      table = null
      await reader.tableEnd?.(end.rows)
    } else {
      const totals = readJson(lastSchema, body)
      if (totals.sha256 !== sum || totals.rows !== seen.rows || totals.tables !== seen.tables)
        throw damaged('the sum of the whole does not fit')
      last = totals
    }
  }
  if (!last) throw damaged('it ends in the middle')
  return { tables: last.tables, rows: last.rows }
}

function frameHead(kind: FrameKind, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(kind, 'latin1')
  head.writeUInt32BE(body.length, 1)
  return head
}

/** In COPY's text format a line feed ends a row and stands nowhere else. */
function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
  return count
}

function readJson<T>(schema: z.ZodType<T>, body: Buffer): T {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')))
  } catch (cause) {
    throw damaged('a part of it cannot be read', cause)
  }
}
