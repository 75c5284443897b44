/** Wakes one sleeper. A ring while he is awake is kept for his next sleep, so that none is lost. */
export type Bell = {
  ring(): void
  /** Sleeps for up to `ms`, or not at all if the bell has rung since the last sleep. */
  sleep(ms: number): Promise<void>
}

export function createBell(): Bell {
  let rung = false
  let wake: (() => void) | null = null
  return {
    ring() {
      rung = true
      wake?.()
    },
    async sleep(ms) {
      if (!rung && ms > 0) {
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      wake = null
      rung = false
    },
  }
}
