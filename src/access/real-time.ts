/**
 * The machine's own time. Sessions, links, keys and the audit live by it and not by business time: moving the
 * sandbox's clock three days ahead must neither sign anybody out nor revive an expired key.
 */
export function realTime(): Date {
  return new Date()
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
