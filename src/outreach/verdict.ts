import { isbot } from 'isbot'

export type HitKind = 'open' | 'click'
export const verdicts = ['human', 'machine', 'unsure'] as const
export type HitVerdict = (typeof verdicts)[number]

/** What is kept of a request for an open or a click, raw, so that better rules can judge it anew. */
export type Signals = {
  method: string
  userAgent: string | null
  /** Sec-Purpose, Purpose or X-Moz: a browser or proxy that looks ahead says so. */
  purpose: string | null
}

export type Hit = { kind: HitKind; linkIndex: number | null; at: Date; signals: Signals }

/** What the rules know besides the hit itself. */
export type Around = {
  /** Null where the time of sending proves nothing: in the sandbox the clock jumps, and no scanner stands in between. */
  sentAt: Date | null
  /** Tracked links of the mail, the unsubscribe link not among them. */
  links: number
  /** All clicks on this mail. */
  clicks: { linkIndex: number | null; at: Date }[]
}

export type Judged = { verdict: HitVerdict; reason: string }

/** Nobody opens, reads and clicks within so many milliseconds after sending: receivers' scanners do. */
const scannerMs = 2_000
/** Nobody clicks everything within so many milliseconds. */
export const allLinksMs = 3_000
const manyLinks = 5

const machine = (reason: string): Judged => ({ verdict: 'machine', reason })

/** What can be said from the request alone, whatever else comes. Null: it could be a person. */
export function judgeRequest({ kind, signals }: Hit): Judged | null {
  const agent = signals.userAgent ?? ''
  if (signals.method === 'HEAD') return machine('a HEAD request: nobody looks at a page without its content')
  if (/prefetch|preview|prerender/i.test(signals.purpose ?? ''))
    return machine('fetched ahead, without anybody asking')
  // Gmail and Yahoo fetch images when the mail is opened, but also at other times.
  if (kind === 'open' && /GoogleImageProxy|YahooMailProxy|ggpht\.com/i.test(agent))
    return { verdict: 'unsure', reason: 'fetched by the image proxy of the mail provider' }
  // Apple's Mail Privacy Protection loads all images of all mails, under this very name.
  if (kind === 'open' && agent === 'Mozilla/5.0')
    return machine('loaded by Apple’s privacy proxy, opened or not')
  if (agent === '') return machine('the program did not say what it is')
  if (isbot(agent)) return machine('the program says that it is a robot')
  return null
}

/** Human, machine or unsure, with the rule that decided. Pure: the same hits give the same verdict. */
export function judge(hit: Hit, around: Around): Judged {
  const said = judgeRequest(hit)
  if (said) return said
  if (around.sentAt && hit.at.getTime() - around.sentAt.getTime() < scannerMs)
    return machine('within 2 seconds after sending')
  if (hit.kind === 'open') return { verdict: 'human', reason: 'images were loaded by a mail program' }
  const near = around.clicks.filter(other => Math.abs(other.at.getTime() - hit.at.getTime()) <= allLinksMs)
  const distinct = new Set(near.map(other => other.linkIndex)).size
  if (around.links >= 2 && distinct >= Math.min(around.links, manyLinks))
    return machine('all links were called within 3 seconds')
  return { verdict: 'human', reason: 'a browser followed the link' }
}

/** When a verdict can be given: at once where nothing that may still come would change it. */
export function judgeAt(hit: Hit, links: number): Date {
  const isFinal = hit.kind === 'open' || links < 2 || judgeRequest(hit) !== null
  return isFinal ? hit.at : new Date(hit.at.getTime() + allLinksMs)
}
