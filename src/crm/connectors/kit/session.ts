import type { Wire } from '../../connector.ts'

export type Session = {
  /** What the vault keeps, with an access token; fetched where there is none yet. */
  current(): Promise<Record<string, string>>
  /** A fresh token in the place of one that was refused. */
  renew(): Promise<boolean>
  /** All tokens that were ever seen here: none may be shown. */
  seen(): string[]
}

/** A session whose tokens run out: renewed once, by one of all workers; the others find the fresh token in the vault. */
export function createSession(
  wire: Wire,
  fresh: (kept: Record<string, string>) => Promise<Record<string, string>>,
): Session {
  let kept: Record<string, string> = {}
  const seen = new Set<string>()
  const take = (next: Record<string, string>) => {
    kept = next
    for (const name of ['access_token', 'refresh_token']) if (next[name]) seen.add(next[name])
    return next
  }
  const renew = async () => {
    const stale = kept.access_token
    await wire.vault.change(async now => {
      const isFresh = now.access_token && now.access_token !== stale
      return take(isFresh ? now : { ...now, ...(await fresh(now)) })
    })
    return true
  }
  return {
    renew,
    seen: () => [...seen],
    async current() {
      if (!kept.access_token) take(await wire.vault.read())
      if (!kept.access_token) await renew()
      return kept
    },
  }
}
