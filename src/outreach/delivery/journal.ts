import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * What a sender has told the other side, on disk before it tells it. Records of 12 bytes: a letter, a reserved
 * byte, a code (uint16), the message id (uint64). `S` stands before the first byte of a body, `R` behind the
 * reply. Nothing is synced: the page cache outlives a killed process; after a power cut the messages on their way
 * are unknown. So a crash leaves in doubt only what stood on an open connection.
 */
export type Journal = {
  /** To be called before the body is written. */
  started(messageId: string): void
  /** 0: the body never left. */
  replied(messageId: string, code: number): void
  /** Forgets all, once everything in it is in the ledger. */
  clear(): void
  /** Ends it and removes the file: nothing is in doubt. */
  close(): void
}

const recordBytes = 12
const letter = { started: 0x53, replied: 0x52 }

function folderOf(dataDir: string): string {
  return join(dataDir, 'outbox')
}

export function openJournal(dataDir: string, sender: string): Journal {
  mkdirSync(folderOf(dataDir), { recursive: true })
  const file = join(folderOf(dataDir), `${sender}.journal`)
  const handle = openSync(file, 'w', 0o600)
  let position = 0
  const record = Buffer.alloc(recordBytes)
  const write = (kind: number, code: number, messageId: string) => {
    record[0] = kind
    record.writeUInt16BE(code, 2)
    record.writeBigUInt64BE(BigInt(messageId), 4)
    position += writeSync(handle, record, 0, recordBytes, position)
  }
  return {
    started: messageId => write(letter.started, 0, messageId),
    replied: (messageId, code) => write(letter.replied, code, messageId),
    clear() {
      if (position === 0) return
      ftruncateSync(handle, 0)
      position = 0
    },
    close() {
      closeSync(handle)
      rmSync(file, { force: true })
    },
  }
}

/** The last word about each message: a reply code, or 'started' where none was read. */
export type Told = Map<string, number | 'started'>

/** What a dead sender had told, or null where its journal cannot be read from here. A torn last record is dropped. */
export function readJournal(dataDir: string, sender: string): Told | null {
  const file = join(folderOf(dataDir), `${sender}.journal`)
  if (!/^[\w-]+$/.test(sender) || !existsSync(file)) return null
  const bytes = readFileSync(file)
  const told: Told = new Map()
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
    const id = bytes.readBigUInt64BE(at + 4).toString()
    if (bytes[at] === letter.started) told.set(id, 'started')
    if (bytes[at] === letter.replied) told.set(id, bytes.readUInt16BE(at + 2))
  }
  return told
}

export function removeJournal(dataDir: string, sender: string): void {
  if (/^[\w-]+$/.test(sender)) rmSync(join(folderOf(dataDir), `${sender}.journal`), { force: true })
}

/** The senders whose journals lie here. */
export function listJournals(dataDir: string): string[] {
  if (!existsSync(folderOf(dataDir))) return []
  return readdirSync(folderOf(dataDir))
    .filter(name => name.endsWith('.journal'))
    .map(name => name.slice(0, -8))
}
