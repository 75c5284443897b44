import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { AppError } from '#platform/errors.ts'

export type SealedKey = { salt: string; sealed: string }

/** About a tenth of a second and 64 MB: cheap once, dear for somebody who tries words. */
const cost = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }
const stretch = (passphrase: string, salt: Buffer) => scryptSync(passphrase.normalize('NFC'), salt, 32, cost)

/** Seals the master key with a passphrase (scrypt, AES-256-GCM). */
export function sealKey(key: Buffer, passphrase: string): SealedKey {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', stretch(passphrase, salt), iv)
  const text = Buffer.concat([cipher.update(key), cipher.final()])
  return {
    salt: salt.toString('base64'),
    sealed: [iv, cipher.getAuthTag(), text].map(part => part.toString('base64')).join('.'),
  }
}

/** Opens it again. Throws AppError `wrong_passphrase`. */
export function openKey({ salt, sealed }: SealedKey, passphrase: string): Buffer {
  const [iv, tag, text] = sealed.split('.').map(part => Buffer.from(part, 'base64'))
  try {
    if (!iv || !tag || !text) throw new Error('not a sealed key')
    const decipher = createDecipheriv('aes-256-gcm', stretch(passphrase, Buffer.from(salt, 'base64')), iv)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(text), decipher.final()])
  } catch (cause) {
    throw new AppError(
      'wrong_passphrase',
      'TEND_BACKUP_PASSPHRASE is not the passphrase that this backup was made with.',
      { cause },
    )
  }
}
