import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '#platform/secrets.ts'

/**
 * What public addresses carry instead of ids: `key id (1 byte), contact id (8), message id (8), MAC (12)`. The
 * MAC is bound to its purpose, so that the token of an open pixel unsubscribes nobody. 12 bytes of HMAC-SHA256
 * leave a forger 2^96 guesses. For an `alert` the message is the notice to one of our people.
 */
export type Purpose = 'click' | 'open' | 'unsubscribe' | 'preferences' | 'confirm' | 'alert' | MailPurpose
/** Those that stand in mail addresses and Message-IDs, in base32: return path, List-Unsubscribe by mail, Message-ID. */
export type MailPurpose = 'bounce' | 'unsubscribe-mail' | 'message'
export type Subject = { contactId: string; messageId: string }

const keyId = 1
const macBytes = 12
const bodyBytes = 17
const pattern = /^[A-Za-z0-9_-]{39}$/

function macOf(secrets: Secrets, purpose: string, body: Buffer): Buffer {
  return createHmac('sha256', secrets.keyFor(`outreach.${purpose}`))
    .update(body)
    .digest()
    .subarray(0, macBytes)
}

function bytesOf(secrets: Secrets, purpose: Purpose, { contactId, messageId }: Subject): Buffer {
  const body = Buffer.alloc(bodyBytes)
  body[0] = keyId
  body.writeBigUInt64BE(BigInt(contactId), 1)
  body.writeBigUInt64BE(BigInt(messageId), 9)
  return Buffer.concat([body, macOf(secrets, purpose, body)])
}

function subjectOf(secrets: Secrets, purpose: Purpose, bytes: Buffer): Subject | null {
  if (bytes.length !== bodyBytes + macBytes || bytes[0] !== keyId) return null
  const body = bytes.subarray(0, bodyBytes)
  if (!timingSafeEqual(bytes.subarray(bodyBytes), macOf(secrets, purpose, body))) return null
  return { contactId: body.readBigUInt64BE(1).toString(), messageId: body.readBigUInt64BE(9).toString() }
}

export function makeToken(secrets: Secrets, purpose: Purpose, subject: Subject): string {
  return bytesOf(secrets, purpose, subject).toString('base64url')
}

/** Whose token this is, or null for everything that was not made here for this purpose. */
export function readToken(secrets: Secrets, purpose: Purpose, token: string): Subject | null {
  const bytes = bytesIn(token)
  return bytes && subjectOf(secrets, purpose, bytes)
}

/** The bytes of a token in its one spelling: the last letter has two bits that mean nothing. */
function bytesIn(token: string): Buffer | null {
  const bytes = pattern.test(token) ? Buffer.from(token, 'base64url') : null
  return bytes?.toString('base64url') === token ? bytes : null
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

const mailPattern = /^[a-z2-7]{47}$/

/** The same in lower-case base32, for what stands before an @: some hosts fold its case. */
export function makeMailToken(secrets: Secrets, purpose: MailPurpose, subject: Subject): string {
  let bits = 0n
  const bytes = bytesOf(secrets, purpose, subject)
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  const length = Math.ceil((bytes.length * 8) / 5)
  let text = ''
  for (let i = 0; i < length; i++) {
    text = alphabet[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}

/** The message of a token in base32, in whatever case, or null for everything that was not made here for this purpose. */
export function readMailToken(secrets: Secrets, purpose: MailPurpose, text: string): Subject | null {
  const token = text.toLowerCase()
  if (!mailPattern.test(token)) return null
  let bits = 0n
  for (const letter of token) bits = (bits << 5n) | BigInt(alphabet.indexOf(letter))
  const hex = bits.toString(16).padStart((bodyBytes + macBytes) * 2, '0')
  return hex.length > (bodyBytes + macBytes) * 2 ? null : subjectOf(secrets, purpose, Buffer.from(hex, 'hex'))
}

/** The MAC of a link whose address is only known per recipient: nobody makes us redirect elsewhere. */
export function signLink(secrets: Secrets, token: string, index: number, url: string): string {
  return macOf(secrets, 'link', Buffer.from(`${token}\n${index}\n${url}`)).toString('base64url')
}

export function isSignedLink(
  secrets: Secrets,
  link: { token: string; index: number; url: string; mac: string },
): boolean {
  const given = Buffer.from(link.mac, 'base64url')
  const right = macOf(secrets, 'link', Buffer.from(`${link.token}\n${link.index}\n${link.url}`))
  return given.length === right.length && timingSafeEqual(given, right)
}

export type DocumentKind = 'preview' | 'mailbox'

/** Signs "this document, until then" for the sandboxed frame. */
export function signDocument(secrets: Secrets, kind: DocumentKind, id: string, until: Date): string {
  const body = Buffer.alloc(bodyBytes)
  body[0] = kind === 'preview' ? 1 : 2
  body.writeBigUInt64BE(BigInt(id), 1)
  body.writeBigUInt64BE(BigInt(until.getTime()), 9)
  return Buffer.concat([body, macOf(secrets, 'document', body)]).toString('base64url')
}

/** Which document may be shown, or null where the address was not made here or its time is over. */
export function readDocument(
  secrets: Secrets,
  signed: string,
  now: Date,
): { kind: DocumentKind; id: string } | null {
  const bytes = bytesIn(signed)
  if (!bytes) return null
  const body = bytes.subarray(0, bodyBytes)
  if (!timingSafeEqual(bytes.subarray(bodyBytes), macOf(secrets, 'document', body))) return null
  if (Number(body.readBigUInt64BE(9)) < now.getTime()) return null
  return { kind: body[0] === 1 ? 'preview' : 'mailbox', id: body.readBigUInt64BE(1).toString() }
}
