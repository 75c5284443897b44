import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

// One-time codes of authenticator apps: RFC 6238 with the values that all apps know (SHA-1, 6 digits, 30 s).

const stepSeconds = 30
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Bytes as apps take them to be typed in: base32 (RFC 4648) without its padding. */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map(part => alphabet[Number.parseInt(part.padEnd(5, '0'), 2)]).join('')
}

function bytesOf(text: string): Buffer {
  const bits = [...text].map(char => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(part => Number.parseInt(part, 2)))
}

/** 160 bits, as RFC 4226 recommends for SHA-1. */
export function newTotpSecret(): string {
  return base32(randomBytes(20))
}

/** The code of one step of 30 seconds since 1970 (RFC 4226, section 5.3). */
export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export const stepOf = (now: Date): number => Math.floor(now.getTime() / 1000 / stepSeconds)

/** The step whose code this is, one before and one after now allowed for slow fingers and clocks; null: none. */
export function matchingStep(secret: string, code: string, now: Date): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const current = stepOf(now)
  const fits = [current, current - 1, current + 1].filter(step =>
    timingSafeEqual(Buffer.from(codeAt(secret, step)), Buffer.from(code)),
  )
  return fits[0] ?? null
}

/** What the QR code holds: the address by which apps take over a secret. */
export function totpAddress(secret: string, account: string): string {
  const label = `${encodeURIComponent('Tend')}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=Tend&algorithm=SHA1&digits=6&period=${stepSeconds}`
}
