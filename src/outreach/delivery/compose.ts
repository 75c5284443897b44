import MailComposer from 'nodemailer/lib/mail-composer'
import type { Services } from '#platform/services.ts'
import { unsubscribeUrl } from '../context.ts'
import type { Settings } from '../settings.ts'
import { makeMailToken, type Subject } from '../tokens.ts'
import { encodeBody, type Marked } from './body.ts'
import type { Claimed } from './claim.ts'

const subjectOf = (message: { contactId: string; id: string }) => ({
  contactId: message.contactId,
  messageId: message.id,
})

/** The return path: whoever bounces there names the message, and nobody can make one up. */
export function returnPath(
  { secrets, config }: Services,
  message: { contactId: string; id: string },
): string {
  return `b+${makeMailToken(secrets, 'bounce', subjectOf(message))}@${config.bounceDomain}`
}

/** One id per message, the same when it is sent again, so that the other side can tell. It names the message as well. */
export function messageIdOf(
  { secrets, config }: Services,
  message: { contactId: string; id: string },
): string {
  return `<${makeMailToken(secrets, 'message', subjectOf(message))}@${config.bounceDomain}>`
}

/**
 * The whole mail as it leaves, with the headers that mailbox providers ask of bulk senders. The library writes the
 * head; the body is put together of bytes that are the same in every mail and those that are not.
 */
export function composeMail(
  services: Services,
  message: Claimed,
  given: { parts: Marked; settings: Settings; now: Date },
): Buffer {
  const { config } = services
  const { parts, settings, now } = given
  const draft = message.version?.draft
  const composer = new MailComposer({
    from: { name: draft?.fromName || settings.fromName, address: draft?.fromAddress || config.mailFrom },
    to: [{ name: '', address: message.address ?? '' }],
    ...(draft?.replyTo ? { replyTo: { name: '', address: draft.replyTo } } : {}),
    subject: parts.subject,
    // Only so that the library knows of two alternatives.
    text: '-',
    html: '-',
    messageId: messageIdOf(services, message),
    date: now,
    headers: headersOf(services, message),
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const mail = composer.compile()
  const head = mail.buildHeaders()
  if (!mail.boundary) throw new Error('a mail with two alternatives has a boundary')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), encodeBody(parts, mail.boundary)])
}

function headersOf(services: Services, message: Claimed): Record<string, string> {
  const { config } = services
  // Our own people are told by a machine, and no machine is to answer (RFC 3834).
  if (message.class === 'alert' || message.class === 'test')
    return { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' }
  const subject = subjectOf(message)
  const purpose =
    message.purpose
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 40) || 'mail'
  const topicId = message.topicId === '0' ? (message.version?.draft.topicId ?? '0') : message.topicId
  const topic = topicId === '0' ? '' : `${topicId}.`
  const feedback = `${message.version?.emailId ?? '0'}:${message.emailVersionId ?? '0'}:${purpose}:tend`
  return {
    'Feedback-ID': feedback,
    ...(message.class === 'marketing'
      ? {
          'List-Id': `<${topic}${purpose}.${config.bounceDomain}>`,
          'List-Unsubscribe': wayOut(services, subject),
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        }
      : { 'Auto-Submitted': 'auto-generated' }),
  }
}

/** By web, and by mail where somebody listens for it (RFC 2369, RFC 8058). */
function wayOut(services: Services, subject: Subject): string {
  const web = `<${unsubscribeUrl(services, subject)}>`
  const { bouncePort, bounceDomain } = services.config
  if (bouncePort === null) return web
  const token = makeMailToken(services.secrets, 'unsubscribe-mail', subject)
  return `${web}, <mailto:u+${token}@${bounceDomain}?subject=unsubscribe>`
}
