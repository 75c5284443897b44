import type { SuppressionReason } from '#audience/suppression.ts'
import type { MessageClass } from './messages.ts'
import { type Frequency, frequencyHours } from './preferences.ts'
import { endOfNight } from './quiet-hours.ts'
import type { Pause, Settings } from './settings.ts'

/** Everything the gate knows about one message. Loaded for a whole batch at once (gate.facts.ts). */
export type GateFacts = {
  class: MessageClass
  channel: 'email' | 'webhook'
  /** The address it would go to, if it is one that mail can go to. */
  address: string | null
  /** Alerts and tests go to our people, not to the contact. */
  isForContact: boolean
  contactExists: boolean
  hasContent: boolean
  suppressed: SuppressionReason | null
  purpose: string
  /** The current word about the purpose as a whole, and about the topic if the message has one. */
  consent: Consent | null
  topic: { consent: Consent | null } | null
  /** What the contact asked for in the preference centre: how often at most, and not before when. */
  frequency: Frequency
  pausedUntil: Date | null
  /** When this contact got marketing mails, within the longest window of the caps. */
  marketingSent: Date[]
  zone: string
  queuedAt: Date
  hasRoute: boolean
  /** The mail server did not answer; it is tried again then. */
  routeDownUntil: Date | null
}
export type Consent = 'granted' | 'withdrawn' | 'pending'

export type Verdict =
  | { is: 'send' }
  /** Never: the reason stands on the contact's screen. */
  | { is: 'no'; reason: Reason }
  /** Not now. */
  | { is: 'later'; reason: Reason; until: Date }
  /** Not until a person does something. */
  | { is: 'hold'; reason: Reason }

/** Every reason in words for people. */
export const reasons = {
  contact_gone: 'the contact was deleted',
  no_address: 'the contact has no address that mail can go to',
  no_content: 'the email was not published',
  suppressed_unsubscribed: 'this address unsubscribed',
  suppressed_hard_bounce: 'mail to this address bounced for good',
  suppressed_complaint: 'this address reported us as spam',
  suppressed_erased: 'this person asked to be forgotten',
  suppressed_manual: 'this address was put on the suppression list',
  no_consent: 'there is no consent for this purpose',
  consent_pending: 'the consent was not confirmed yet (double opt-in)',
  consent_withdrawn: 'the contact took the consent back',
  topic_withdrawn: 'the contact does not want this topic',
  stale: 'it waited longer than it stays of interest',
  cap: 'the contact got as many marketing mails as we allow',
  contact_pause: 'the contact asked for a pause',
  contact_frequency: 'the contact asked for fewer mails',
  quiet_hours: 'it is night where the contact lives',
  paused: 'sending is paused',
  route_down: 'the mail server cannot be reached',
  no_route: 'no mail server is set up (TEND_SMTP_URL)',
} as const
export type Reason = keyof typeof reasons

export function reasonWords(reason: string | null): string | null {
  return reason !== null && Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : reason
}

const hourMs = 3_600_000

/**
 * The gate: every message of every source passes it, in the transaction that sets `sending`. Pure: the same facts
 * give the same verdict. What is final comes first, so that nothing waits that will never be sent.
 */
export function decide(facts: GateFacts, rules: { settings: Settings; pause: Pause; now: Date }): Verdict {
  const { settings, pause, now } = rules
  const never = refusal(facts)
  if (never) return { is: 'no', reason: never }
  const isMarketing = facts.class === 'marketing'
  const lastMoment = new Date(facts.queuedAt.getTime() + settings.longestWaitHours * hourMs)
  if (isMarketing && now > lastMoment) return { is: 'no', reason: 'stale' }
  if (facts.channel === 'email' && !facts.hasRoute) return { is: 'hold', reason: 'no_route' }
  if (pause && facts.isForContact) return { is: 'hold', reason: 'paused' }
  if (facts.channel === 'email' && facts.routeDownUntil && facts.routeDownUntil > now) {
    return { is: 'later', reason: 'route_down', until: facts.routeDownUntil }
  }
  if (!isMarketing) return { is: 'send' }
  return waiting(facts, { settings, now, lastMoment }) ?? { is: 'send' }
}

/** Why it must never be sent. */
function refusal(facts: GateFacts): Reason | null {
  if (!facts.hasContent) return 'no_content'
  if (facts.channel === 'webhook') return null
  if (facts.isForContact && !facts.contactExists) return 'contact_gone'
  if (facts.address === null) return 'no_address'
  if (!facts.isForContact) return null
  // Unsubscribing is a word about marketing; the other reasons are about the address.
  if (facts.suppressed && (facts.suppressed !== 'unsubscribed' || facts.class === 'marketing'))
    return `suppressed_${facts.suppressed}`
  return facts.class === 'marketing'
    ? missingConsent(facts)
    : facts.consent === 'withdrawn' && facts.purpose !== 'marketing'
      ? 'consent_withdrawn'
      : null
}

/** Marketing needs a word for the purpose, or for the topic; a word against either of them wins. */
function missingConsent({ consent, topic }: GateFacts): Reason | null {
  if (consent === 'withdrawn') return 'consent_withdrawn'
  if (topic?.consent === 'withdrawn') return 'topic_withdrawn'
  if (consent === 'granted' || topic?.consent === 'granted') return null
  return consent === 'pending' || topic?.consent === 'pending' ? 'consent_pending' : 'no_consent'
}

/** Why it waits, and until when. What would wait longer than it stays of interest is not sent at all. */
function waiting(
  facts: GateFacts,
  { settings, now, lastMoment }: { settings: Settings; now: Date; lastMoment: Date },
): Verdict | null {
  const { pausedUntil } = facts
  if (pausedUntil && pausedUntil > lastMoment) return { is: 'no', reason: 'contact_pause' }
  const own = capped(facts.marketingSent, ownCap(facts.frequency), now)
  if (own > lastMoment) return { is: 'no', reason: 'contact_frequency' }
  const free = capped(facts.marketingSent, settings.caps, now)
  if (free > lastMoment) return { is: 'no', reason: 'cap' }
  if (pausedUntil && pausedUntil > now) return { is: 'later', reason: 'contact_pause', until: pausedUntil }
  if (own > now && own >= free) return { is: 'later', reason: 'contact_frequency', until: own }
  if (free > now) return { is: 'later', reason: 'cap', until: free }
  const morning = settings.quietHours && endOfNight(now, facts.zone, settings.quietHours)
  return morning ? { is: 'later', reason: 'quiet_hours', until: morning } : null
}

type Cap = Settings['caps'][number]

const ownCap = (frequency: Frequency): Cap[] =>
  frequency === 'all' ? [] : [{ count: 1, hours: frequencyHours[frequency] }]

/** When the next marketing mail fits into all of these caps: now, or later. */
function capped(sent: Date[], caps: Cap[], now: Date): Date {
  let free = now
  for (const { count, hours } of caps) {
    const inWindow = sent.filter(at => at.getTime() > now.getTime() - hours * hourMs)
    const oldest = inWindow.sort((a, b) => b.getTime() - a.getTime())[count - 1]
    if (oldest) free = new Date(Math.max(free.getTime(), oldest.getTime() + hours * hourMs))
  }
  return free
}
