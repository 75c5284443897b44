import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { z } from 'zod'
import { addressOf } from '#platform/http/limits.ts'
import type { Secrets } from '#platform/secrets.ts'
import type { Services } from '#platform/services.ts'
import type { FormDocument } from './definition.ts'
import { isDisposable } from './read.ts'
import { countUp, takeProof } from './submissions.sql.ts'
import { type Showing, tallyHash } from './token.ts'

/** A field that no person sees; what fills it in is a program. */
export const honeypot = 'website_url'

const proofSchema = z.object({
  challenge: z.looseObject({
    parameters: z.looseObject({
      algorithm: z.string().max(40),
      nonce: z.string().max(200),
      salt: z.string().max(200),
      cost: z.int().min(1).max(10_000),
      keyLength: z.int().min(1).max(64),
      keyPrefix: z.string().max(128),
      data: z.object({ form: z.string().max(20), until: z.number() }),
    }),
    signature: z.string().max(200),
  }),
  solution: z.looseObject({ counter: z.number(), derivedKey: z.string().max(200) }),
})

const secretOf = (secrets: Secrets) => secrets.keyFor('capture.forms.proof').export().toString('base64')

/** A sum that costs a browser about a second and a flood of sign-ups a lot; good for an hour. */
export const challengeFor = (secrets: Secrets, formId: string, now: Date) =>
  createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: 2_000,
    keyPrefix: '00',
    deriveKey,
    hmacSignatureSecret: secretOf(secrets),
    data: { form: formId, until: now.getTime() + 3_600_000 },
  })

/** Whether this solves a challenge of ours for this form that nobody has used. It is used up by asking. */
async function isSolved(services: Services, formId: string, given: unknown): Promise<boolean> {
  const { db, secrets, clock } = services
  const read = proofSchema.safeParse(given)
  if (!read.success) return false
  const { challenge, solution } = read.data
  const { form, until } = challenge.parameters.data
  if (form !== formId || until < clock.now().getTime()) return false
  const { verified } = await verifySolution({
    challenge,
    solution,
    deriveKey,
    hmacSignatureSecret: secretOf(secrets),
  } as Parameters<typeof verifySolution>[0])
  return verified && takeProof(db, challenge.signature, new Date(until))
}

export type Attempt = {
  formId: string
  abuse: FormDocument['abuse']
  showing: Showing
  address: string | null
  ip: string
  /** What stood in the field that nobody sees. */
  trap: string
  proof: unknown
  recognised: boolean
}

/**
 * Why this submission is to wait for a look; empty for most. Nothing is thrown away on suspicion. `tooMany`: the caller
 * has sent so much that nothing more of his is even kept.
 */
export async function suspicions(
  services: Services,
  attempt: Attempt,
): Promise<{ reasons: string[]; tooMany: boolean }> {
  const { abuse, showing, address, recognised } = attempt
  const now = services.clock.now()
  const keys = [
    `ip ${attempt.formId} ${addressOf(attempt.ip)}`,
    `form ${attempt.formId}`,
    ...(address ? [`address ${address}`] : []),
  ]
  const counts = await countUp(
    services.db,
    keys.map(key => tallyHash(services.secrets, key)),
    now,
  )
  const [byIp = 0, byForm = 0, byAddress = 0] = counts
  const seconds = (now.getTime() - showing.at.getTime()) / 1000
  const busy = byIp > 3 || byForm > abuse.perFormPerHour / 2
  const asksProof = abuse.proofOfWork === 'always' || (abuse.proofOfWork === 'suspects' && busy)
  const lacksProof = asksProof && !recognised && !(await isSolved(services, attempt.formId, attempt.proof))
  const found: [boolean, string][] = [
    [attempt.trap !== '', 'honeypot'],
    [seconds < abuse.minSeconds, 'too_fast'],
    [seconds > abuse.maxHours * 3600, 'too_old'],
    [byIp > abuse.perIpPerHour, 'many_from_network'],
    [byForm > abuse.perFormPerHour, 'many_for_form'],
    [byAddress > abuse.perAddressPerHour, 'many_for_address'],
    [lacksProof, 'no_proof_of_work'],
    [address !== null && abuse.disposable === 'quarantine' && isDisposable(address), 'disposable_address'],
  ]
  return {
    reasons: found.flatMap(([is, reason]) => (is ? [reason] : [])),
    tooMany: byIp > abuse.perIpPerHour * 10 || byAddress > abuse.perAddressPerHour * 10,
  }
}
