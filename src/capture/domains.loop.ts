import { X509Certificate } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, crypto } from 'acme-client'
import type { Loop } from '#engine/module.ts'
import { inTransaction } from '#platform/db/db.ts'
import { readHold } from '#platform/hold.ts'
import type { Services } from '#platform/services.ts'
import {
  changeDomain,
  type DomainRow,
  dropChallenge,
  keepAccount,
  putChallenge,
  saveAccountUrl,
  saveCertificate,
  takeDueDomain,
} from './pages/domains.sql.ts'
import { tellStreets } from './pages/pages.sql.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Machine time. */
const idleMs = 2_000
/** An order that is under way must not be begun again by another worker. */
const leaseMs = 10 * 60_000

/**
 * Gets certificates for domains that have shown to be ours, and new ones after two thirds of their time (RFC 8555,
 * http-01). An authority that refuses is asked again later and later, for it counts attempts.
 */
export const domainLoop: Loop = {
  name: 'domains',
  role: 'worker',
  async run(services, signal) {
    while (!signal.aborted) {
      await turn(services).catch(error =>
        services.log.error({ err: error }, 'domains could not be looked after'),
      )
      await pause(idleMs, undefined, { signal }).catch(() => undefined)
    }
  },
}

/** Does all that is due; nothing while the installation is held or asks no authority. */
export async function turn(services: Services): Promise<void> {
  const { db, config } = services
  if (config.acmeDirectory === null || (await readHold(db))) return
  for (let domain = await lease(services); domain; domain = await lease(services))
    await attend(services, domain)
}

function lease({ db, clock }: Services): Promise<DomainRow | undefined> {
  const now = clock.now()
  return inTransaction(db, async trx => {
    const domain = await takeDueDomain(trx, now)
    if (domain) await changeDomain(trx, domain.id, { dueAt: new Date(now.getTime() + leaseMs) })
    return domain
  })
}

async function attend(services: Services, domain: DomainRow): Promise<void> {
  const { db, clock, log, secrets } = services
  if (domain.status !== 'verified' || domain.tls !== 'acme')
    return void (await changeDomain(db, domain.id, { dueAt: null }))
  try {
    const { certificate, key } = await order(services, domain.host)
    const { validFromDate, validToDate } = new X509Certificate(certificate)
    const life = validToDate.getTime() - validFromDate.getTime()
    // The authority goes by real time. Where our clock is ahead of it, a new one each day is enough.
    const renewAt = new Date(
      Math.max(validFromDate.getTime() + (life * 2) / 3, clock.now().getTime() + dayMs),
    )
    await inTransaction(db, async trx => {
      await saveCertificate(trx, domain.id, {
        certificate,
        key: secrets.encrypt(key),
        until: validToDate,
        renewAt,
      })
      await tellStreets(trx)
    })
  } catch (error) {
    log.warn({ err: error, host: domain.host }, 'no certificate for a domain')
    const attempts = domain.attempts + 1
    // 15 minutes, half an hour ... at most a day; Let's Encrypt allows five failures an hour.
    const waitMs = Math.min(dayMs, 2 ** Math.min(attempts - 1, 7) * (hourMs / 4))
    const words = (error instanceof Error ? error.message : String(error)).slice(0, 500)
    await changeDomain(db, domain.id, { attempts, words, dueAt: new Date(clock.now().getTime() + waitMs) })
  }
}

async function order(services: Services, host: string): Promise<{ certificate: string; key: string }> {
  const { db, clock, config, secrets } = services
  const directory = config.acmeDirectory ?? ''
  const fresh = { key: secrets.encrypt((await crypto.createPrivateEcdsaKey()).toString()), now: clock.now() }
  const account = await keepAccount(db, directory, fresh)
  const client = new Client({
    directoryUrl: directory,
    accountKey: secrets.decrypt(account.key),
    ...(account.url ? { accountUrl: account.url } : {}),
  })
  const [key, csr] = await crypto.createCsr({ commonName: host }, await crypto.createPrivateEcdsaKey())
  const certificate = await client.auto({
    csr,
    ...(config.acmeEmail ? { email: config.acmeEmail } : {}),
    termsOfServiceAgreed: true,
    challengePriority: ['http-01'],
    // The authority looks from outside; that we reach ourselves from here would prove nothing.
    skipChallengeVerification: true,
    challengeCreateFn: (_authorization, { token }, answer) =>
      putChallenge(db, { token, answer, now: clock.now() }),
    challengeRemoveFn: (_authorization, { token }) => dropChallenge(db, token),
  })
  await saveAccountUrl(db, directory, client.getAccountUrl())
  return { certificate, key: key.toString() }
}
