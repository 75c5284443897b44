import type { Contact } from '#audience/contacts.ts'
import { visitorToken } from '#audience/recognition.ts'
import type { Services } from '#platform/services.ts'
import { newNonce, replaceLinks, webAddress } from './render/markers.ts'
import type { Parts } from './render/protocol.ts'
import { makeToken, type Subject, signLink } from './tokens.ts'

/** The values that a template can use: `{{ contact.first_name }}`, `{{ contact.plan }}`, `{{ unsubscribe_url }}`. */
export type Context = Record<string, unknown> & {
  tend: { nonce: string; marketing: boolean; open: string | null }
}

/** Custom fields stand beside the usual ones, which win; all of them also under `contact.attrs`. */
function contactValues(contact: Contact | null): Record<string, unknown> {
  if (!contact) return { attrs: {} }
  return {
    ...contact.attrs,
    id: contact.id,
    email: contact.email,
    first_name: contact.firstName,
    last_name: contact.lastName,
    phone: contact.phone,
    job_title: contact.jobTitle,
    country: contact.country,
    language: contact.language,
    time_zone: contact.timeZone,
    stage: contact.stage,
    company: { name: contact.companyName },
    attrs: contact.attrs,
  }
}

export type Addressee = {
  contact: Contact | null
  isMarketing: boolean
  postalAddress: string
  now: Date
  /** Null for previews and tests, whose links lead straight to where they lead. */
  subject: Subject | null
  /** Whether the mail may notice that it was opened. */
  tracksOpens?: boolean
}

export function contextFor(
  services: Services,
  { contact, isMarketing, postalAddress, now, subject, tracksOpens = true }: Addressee,
): Context {
  const { secrets, config } = services
  return {
    contact: contactValues(contact),
    now: now.toISOString(),
    postal_address: postalAddress.replace(/\s*\n\s*/g, ', '),
    unsubscribe_url: subject ? unsubscribeUrl(services, subject) : `${config.streetUrl}/u/preview`,
    preferences_url: subject ? preferencesUrl(services, subject) : `${config.streetUrl}/p/preview`,
    visitor_token: subject && contact ? visitorToken({ secrets }, contact.id, now) : 'preview',
    tend: {
      nonce: newNonce(),
      marketing: isMarketing,
      open:
        subject && tracksOpens ? `${config.streetUrl}/o/${makeToken(secrets, 'open', subject)}.gif` : null,
    },
  }
}

export function unsubscribeUrl({ secrets, config }: Services, subject: Subject): string {
  return `${config.streetUrl}/u/${makeToken(secrets, 'unsubscribe', subject)}`
}

/** Where the reader of a mail says what he wants and how often. */
export function preferencesUrl({ secrets, config }: Services, subject: Subject): string {
  return `${config.streetUrl}/p/${makeToken(secrets, 'preferences', subject)}`
}

/**
 * Puts addresses where the markers are: tracked ones for a message, the real ones for previews, tests and people who
 * are not to be followed. Links
 * whose address is only known per recipient carry it, signed. What is no web address leads nowhere.
 */
export function finishLinks(
  services: Services,
  parts: Parts,
  given: {
    nonce: string
    subject: Subject | null
    isDynamic: (index: number) => boolean
    tracksClicks?: boolean
  },
): Parts {
  const { secrets, config } = services
  const { nonce, subject, isDynamic, tracksClicks = true } = given
  const token = subject && tracksClicks && makeToken(secrets, 'click', subject)
  const address = (index: number, url: string): string => {
    const target = webAddress(url)
    if (target === null) return '#'
    if (!token) return target
    const tracked = `${config.streetUrl}/c/${token}/${index}`
    if (!isDynamic(index)) return tracked
    return `${tracked}?u=${Buffer.from(target).toString('base64url')}&s=${signLink(secrets, token, index, target)}`
  }
  return {
    subject: parts.subject,
    html: replaceLinks(parts.html, nonce, { isHtml: true, address }),
    text: replaceLinks(parts.text, nonce, { isHtml: false, address }),
  }
}
