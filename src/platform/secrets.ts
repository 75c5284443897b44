import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from './config.ts'
import { type Db, maybeOne, run, sql } from './db/db.ts'
import { AppError } from './errors.ts'

export type Secrets = {
  /** AES-256-GCM; the result names its key, so that keys can be rotated: `v1.<iv>.<tag>.<text>` in base64url. */
  encrypt(plain: string): string
  /** Throws AppError `bad_secret` where the text was tampered with or sealed with another key. */
  decrypt(sealed: string): string
  /** A key for HMACs, stable for this installation and different for each purpose (HKDF, RFC 5869). */
  keyFor(purpose: string): KeyObject
}

/** Where the key is kept that no variable names. */
export const keyFile = (config: Config): string => join(config.dataDir, 'secret.key')

/** The master key: the configured one, or the one in the data folder, which is made at the first start. */
export function loadKey(config: Config): Buffer {
  if (config.secretKey) return Buffer.from(config.secretKey, 'base64')
  const file = keyFile(config)
  if (existsSync(file)) return Buffer.from(readFileSync(file, 'utf8'), 'base64')
  const key = randomBytes(32)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, key.toString('base64'), { mode: 0o600, flag: 'wx' })
  return key
}

const deriveFrom = (master: Buffer) => (purpose: string) =>
  Buffer.from(hkdfSync('sha256', master, 'tend', purpose, 32))

const printOf = (derived: Buffer) => createHash('sha256').update(derived).digest('hex').slice(0, 16)

/** By this a database and a backup know their key, without holding it. */
export function fingerprintOf(master: Buffer): string {
  return printOf(deriveFrom(master)('fingerprint'))
}

/** The master key comes from TEND_SECRET_KEY or from a file in the data folder; it is never in the database. */
export function createSecrets(config: Config): Secrets {
  const master = loadKey(config)
  const derive = deriveFrom(master)
  const sealing = derive('seal')
  const keys = new Map<string, KeyObject>()
  return {
    encrypt(plain) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealing, iv)
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return ['v1', ...[iv, cipher.getAuthTag(), text].map(part => part.toString('base64url'))].join('.')
    },
    decrypt(sealed) {
      const [version, ...parts] = sealed.split('.')
      const [iv, tag, text] = parts.map(part => Buffer.from(part, 'base64url'))
      try {
        if (version !== 'v1' || !iv || !tag || !text) throw new Error('not a sealed text')
        const decipher = createDecipheriv('aes-256-gcm', sealing, iv)
        decipher.setAuthTag(tag)
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new AppError(
          'bad_secret',
          'A stored secret cannot be read with the key of this installation.',
          { status: 500, cause },
        )
      }
    },
    keyFor(purpose) {
      const key = keys.get(purpose) ?? createSecretKey(derive(purpose))
      keys.set(purpose, key)
      return key
    },
  }
}

/**
 * Refuses to start with a key that is not the one this database was filled with: suppression hashes and the
 * tokens in mails already sent would silently stop to match.
 */
export async function checkKey(db: Db, secrets: Secrets): Promise<void> {
  const print = printOf(secrets.keyFor('fingerprint').export())
  await run(
    db,
    sql`insert into platform.setting(name, value) values ('key_fingerprint', to_jsonb(${print}::text)) on conflict do nothing`,
  )
  const row = await maybeOne<{ print: string }>(
    db,
    sql`select value #>> '{}' as print from platform.setting where name = 'key_fingerprint'`,
  )
  if (row?.print !== print) {
    throw new AppError(
      'wrong_key',
      'The secret key is not the one this database was filled with. Put back secret.key (or TEND_SECRET_KEY) of that installation.',
    )
  }
}
