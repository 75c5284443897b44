import MailComposer from 'nodemailer/lib/mail-composer'
import { normalizeAddress } from '#audience/address.ts'
import type { Note, Posted, Services } from '#platform/services.ts'
import { createSmtp } from './delivery/smtp.ts'
import { plainLetter } from './letters.ts'
import { wordsFor } from './pages.words.ts'
import { readSettings } from './settings.ts'

const connectMs = 10_000
const replyMs = 20_000

/**
 * Hands a letter to the mail server while somebody waits for it. It is not one of the ledger's messages: its link
 * opens a door, and what is in the ledger or in the sandbox's mailbox can be read by colleagues. It never throws; the
 * words say what the mail server said.
 */
export async function postNote(
  services: Pick<Services, 'config' | 'db' | 'log'>,
  note: Note,
): Promise<Posted> {
  const { config, db, log } = services
  if (config.mode === 'sandbox') return { sent: false, words: 'The sandbox sends no mail to the world.' }
  if (config.smtpUrl === null)
    return { sent: false, words: 'No mail server is set up (TEND_SMTP_URL), so no mail was sent.' }
  const to = normalizeAddress(note.to)
  if (to === null) return { sent: false, words: 'Mail cannot go to this address.' }
  const { settings } = await readSettings(db, config.mode)
  const { subject, text, html } = plainLetter(wordsFor('en'), note)
  const mail = new MailComposer({
    from: { name: settings.fromName, address: config.mailFrom },
    to: [{ name: '', address: to }],
    subject,
    text,
    html,
    // A machine writes, and no machine is to answer (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const raw = await mail.compile().build()
  const smtp = createSmtp(config.smtpUrl, { width: 1, connectMs, replyMs })
  try {
    const outcome = await smtp.send({ from: config.mailFrom, to, raw }, () => true)
    if (outcome.is === 'reply' && outcome.code < 300)
      return { sent: true, words: 'The mail server has taken it.' }
    const text = outcome.is === 'unused' ? '' : outcome.text.replace(/\s+/g, ' ').slice(0, 300)
    log.warn({ outcome: outcome.is, text }, 'a letter to a colleague was not taken')
    return { sent: false, words: `The mail server did not take it: ${text}` }
  } finally {
    await smtp.close()
  }
}
