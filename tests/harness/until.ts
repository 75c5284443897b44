import { setTimeout as pause } from 'node:timers/promises'

/** Waits until `condition` gives something true, and returns it; fails with `words` after the time limit. */
export async function until<T>(
  condition: () => Promise<T> | T,
  options: { timeoutMs?: number; words?: string } = {},
): Promise<Exclude<T, false | null | undefined | 0>> {
  const limit = performance.now() + (options.timeoutMs ?? 30_000)
  for (;;) {
    const value = await condition()
    if (value) return value as Exclude<T, false | null | undefined | 0>
    if (performance.now() > limit) throw new Error(`gave up waiting for ${options.words ?? 'the condition'}`)
    await pause(15)
  }
}
