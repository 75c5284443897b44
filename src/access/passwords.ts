import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** OWASP's floor for argon2id: 19 MiB, two passes, one lane; about 60 ms. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const tagLength = 32

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

/** Hashes a password with argon2id into a PHC string, which carries its own parameters. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16)
  const tag = await derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost })
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encode(nonce)}$${encode(tag)}`
}

/** Whether `password` is the one behind the PHC string `hash`. A string of another shape fits no password. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parts = shape.exec(hash)
  if (!parts) return false
  const [, memory, passes, parallelism, nonce, tag] = parts
  const expected = Buffer.from(tag ?? '', 'base64')
  const actual = await derive('argon2id', {
    message: password.normalize('NFKC'),
    nonce: Buffer.from(nonce ?? '', 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  })
  return timingSafeEqual(actual, expected)
}

export const passwordLength = { min: 12, max: 256 }

/** Long passwords from the published lists of the most used ones, without digits and signs at their end. */
const common = new Set(
  (
    'password passwordpassword administrator adminadmin iloveyou iloveyouforever qwertyuiop qwertyuiopasdf ' +
    'qwertyqwerty asdfghjkl asdfghjklzxc zxcvbnm letmeinletmein letmein welcome welcometothe changeme ' +
    'changemeplease trustnoone trustno correcthorsebatterystaple superman batman football baseball ' +
    'basketball unbelievable thisismypassword mypassword mysecretpassword secretpassword dragon monkey ' +
    'princess sunshine starwars whatever abcdefghijkl abcdefghijklm abcdefghijklmnop qazwsxedc qazwsxedcrfv'
  ).split(' '),
)

/** True when every letter is the one before it, the next in the alphabet or row of digits, or a repeat. */
function isSequence(text: string): boolean {
  const steps = new Set(Array.from(text.slice(1), (_, i) => text.charCodeAt(i + 1) - text.charCodeAt(i)))
  return steps.size <= 1
}

/** True when the text is a short piece said over and over: "abcabcabcabc". */
function isRepetition(text: string): boolean {
  return [1, 2, 3, 4, 5, 6].some(
    size =>
      text ===
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length),
  )
}

/**
 * What is wrong with a new password, as a sentence, or null. Length is the rule that counts (ASVS 6.2: at least
 * 12, long ones allowed, no demands for signs); besides that only what everybody tries first is refused.
 */
export function passwordProblem(password: string, person: { name: string; email: string }): string | null {
  if (password.length < passwordLength.min) return `must have at least ${passwordLength.min} characters`
  if (password.length > passwordLength.max) return `must have at most ${passwordLength.max} characters`
  const plain = password.toLowerCase()
  const stem = plain.replace(/^[\d\W_]+|[\d\W_]+$/g, '')
  if (common.has(plain) || common.has(stem) || /^\d+$/.test(plain)) {
    return 'is one of the passwords that are tried first; take some words of your own'
  }
  if (isSequence(plain) || isRepetition(plain)) return 'repeats itself; take some words of your own'
  const own = [
    person.email.toLowerCase(),
    person.email.split('@')[0]?.toLowerCase(),
    person.name.toLowerCase(),
  ]
  if (own.some(word => word && (plain === word || stem === word))) return 'must not be your name or address'
  return null
}
