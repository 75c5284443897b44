import { randomBytes } from 'node:crypto'

/**
 * A link in a rendered mail stands as NONCE[3|https://example.com/]NONCE until the parent process has put its
 * tracked address there. The nonce is new for every message, so that no contact's data can pretend to be one.
 */
export const nonceVariable = '{{ tend.nonce }}'

export function newNonce(): string {
  return `t${randomBytes(9).toString('hex')}`
}

/** From this length on, characters, a stretch that is the same in every mail is worth a mark. */
const fixedFrom = 200
const linkInside = /^\[\d+\|/

/** Whether this stretch of a template is to stand as a mark; what is between the nonces of a link never is. */
export function isFixed(text: string): boolean {
  return text.length >= fixedFrom && !linkInside.test(text)
}

/** Stands for a fixed stretch. Made of the nonce without being it: links are found by the nonce. */
export function fixedMark(nonce: string, index: number): string {
  return `f${nonce.slice(1)}#${index}#`
}

/** The text cut at its marks: what stands before the first, then in turn a number and what stands behind it. */
export function splitFixed(text: string, nonce: string): string[] {
  return text.split(new RegExp(`f${nonce.slice(1)}#(\\d+)#`))
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** Back to plain text from what the template engine and `escapeHtml` write. */
function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:(amp|lt|gt|quot)|#(\d{1,3}));/g,
    (_entity, name: string | undefined, code: string) =>
      name ? (entities[name] ?? '') : String.fromCharCode(Number(code)),
  )
}

/** Replaces every marked link by `address(index, url)`; `isHtml` tells whether the URL is written with entities. */
export function replaceLinks(
  text: string,
  nonce: string,
  options: { isHtml: boolean; address: (index: number, url: string) => string },
): string {
  const parts = text.split(nonce)
  // Between an odd and an even nonce stands a link; anything else is put together again as it was.
  return parts
    .map((part, i) => {
      const link = i % 2 === 1 ? /^\[(\d+)\|([\s\S]*)\]$/.exec(part) : null
      if (!link) return part
      const url = options.isHtml ? unescapeHtml(link[2] ?? '') : (link[2] ?? '')
      const address = options.address(Number(link[1]), url.trim())
      return options.isHtml ? escapeHtml(address) : address
    })
    .join('')
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`)
}

/** http and https only; null for everything else, however it is spelled. At most 4,000 characters. */
export function webAddress(url: string): string | null {
  if (url.length > 4000 || !URL.canParse(url)) return null
  const { protocol, href } = new URL(url)
  return protocol === 'http:' || protocol === 'https:' ? href : null
}
