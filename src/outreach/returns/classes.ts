/**
 * What a refusal says about the address: `hard`: there is no such mailbox; `soft`: not now, or it is full; `block`: it is
 * about us or about the content, and the address is as good as before.
 */
export type BounceClass = 'hard' | 'soft' | 'block'

export type Refusal = {
  /** SMTP reply code, 550. */
  code: number | null
  /** Enhanced status (RFC 3463), `5.1.1`. */
  status: string | null
  /** What the other side wrote. */
  words: string
}

const hardStatus = /^5\.(1\.(1|2|3|6|10)|2\.1|4\.310)$/
/** Policy (5.7), content and size (5.6, 5.3.4, 5.2.3), our own address (5.1.7, 5.1.8). */
const blockStatus = /^[45]\.7\.|^5\.6\.|^5\.3\.4$|^5\.2\.3$|^5\.1\.[78]$/
const softStatus = /^4\.|^5\.2\.2$|^5\.4\.(1\d|[2-9])|^5\.3\.[1-3]$/

/** About us: reputation, authentication, content, rate. In the words of large providers and of common filters. */
const blockWords =
  /spam|blocked|block ?list|black ?list|\brbl\b|dnsbl|spamhaus|barracuda|spamcop|proofpoint|reputation|\bpolicy\b|dmarc|\bspf\b|dkim|unauthenticated|unsolicited|prohibit|too many|throttl|greylist|grey-list|graylist|\brate\b|rate limit|relay|suspicious|virus|malware|banned|\bptr\b|reverse dns|bulk mail|listed (at|in|on|by)|message (content|rejected)|content reject|too (large|big)|size limit|exceeds? (the )?(maximum|fixed)|sender (address )?(rejected|denied|verify)|abuse/i
/** The mailbox itself: these say it whatever number stands before them. */
const hardWords =
  /user (is )?(unknown|not (found|known|exist)|doesn'?t exist|does not exist)|unknown (user|recipient|mailbox|address|local)|no such (user|mailbox|recipient|person|address|account)|no mailbox (here )?by that name|(mailbox|account|address|recipient|user)( \S{1,80})? (does not exist|doesn'?t exist|not found|unknown|invalid|is (unavailable|disabled|inactive|closed))|(invalid|bad) (recipient|mailbox|address|user)|recipient (not found|address rejected: (access denied|user unknown))|does ?n[o']t have an? \S+ account|account (has been|is) (disabled|closed|deleted|deactivated)|not a valid (mailbox|user|recipient)|recipientnotfound|(host|domain)( name)? (not found|does not exist)|no such domain|unrouteable address|benutzer (ist )?unbekannt|unbekannter (benutzer|empfänger)|empfänger(adresse)? (unbekannt|existiert nicht)|adresse (ist )?(unbekannt|ungültig)|utilisateur inconnu|destinataire inconnu|adresse inconnue|usuario desconocido|no existe (el usuario|la cuenta|el buzón)|utente sconosciuto|gebruiker onbekend/i
/** So plain that it counts beside a status that speaks of policy. */
const nobodyWords = /no such (user|mailbox|recipient)|user unknown|unknown user/i
const softWords =
  /over ?quota|quota exceeded|exceeded .{0,20}quota|(mailbox|inbox|user|account|postfach) .{0,25}(is |ist )?(full|voll|plein|llen[oa])|insufficient (disk|system|storage)|out of (space|storage)|temporar|try (again )?later|timed? ?out|connection (refused|lost|reset)|could not connect|no route|network|deferred|delivery time expired|retry time/i

/** Status first, text second, the bare code last; what stays unclear never costs an address. */
export function classify({ code, status, words }: Refusal): BounceClass {
  if (status) {
    // Gmail's 5.2.1 is also "gets mail at a rate that ...", which is no dead mailbox.
    if (hardStatus.test(status)) return /\brate\b|too (many|fast)/i.test(words) ? 'block' : 'hard'
    // Yandex refuses strangers by policy, and says why.
    if (blockStatus.test(status))
      return status.startsWith('5.7.') && nobodyWords.test(words) && !blockWords.test(words)
        ? 'hard'
        : 'block'
    if (softStatus.test(status) && !(status === '5.4.4' && hardWords.test(words))) return 'soft'
  }
  if (code !== null && code < 500 && code >= 400) return blockWords.test(words) ? 'block' : 'soft'
  if (/over ?quota|mailbox .{0,20}full/i.test(words)) return 'soft'
  if (hardWords.test(words)) return 'hard'
  if (blockWords.test(words)) return 'block'
  if (softWords.test(words) || code === 552) return 'soft'
  if (code === 554) return 'block'
  return !status && (code === 550 || code === 551 || code === 553) ? 'hard' : 'soft'
}

/** A reply code and a status somewhere in a text: `550 5.1.1`, `550-5.1.1`, `#5.1.1`, `(5.1.1)`. */
export function refusalIn(text: string): Refusal | null {
  const both = /\b([45]\d\d)[ -]#?([45]\.\d{1,3}\.\d{1,3})\b/.exec(text)
  if (both) return { code: Number(both[1]), status: both[2] ?? null, words: text }
  const status = /(?:^|[\s#(:])([45]\.\d{1,3}\.\d{1,3})(?=[\s)(;:,.-]|$)/m.exec(text)?.[1] ?? null
  const code = /(?:^|[\s:(])([45][0-5]\d)(?=[ -][^\d.]|:)/m.exec(text)?.[1] ?? null
  return status || code ? { code: code ? Number(code) : null, status, words: text } : null
}
