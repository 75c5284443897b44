/** First and last name of a full name: the last word is the last name. Joining gives the full name again. */
export function splitName(full: string): { first_name: string | null; last_name: string | null } {
  const words = full.trim().split(/\s+/).filter(Boolean)
  const last = words.pop() ?? null
  return { first_name: words.length > 0 ? words.join(' ') : null, last_name: last }
}

export const joinName = (first: unknown, last: unknown): string =>
  [first, last]
    .filter(part => typeof part === 'string' && part !== '')
    .join(' ')
    .trim()
