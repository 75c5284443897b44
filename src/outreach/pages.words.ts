/** The words of the pages and letters that people outside meet, by language. A language more is an entry more. */
const en = {
  lang: 'en',
  unsubscribeAsk: 'Unsubscribe?',
  unsubscribeText: (brand: string) =>
    `${brand} will not send you marketing emails any more. It takes effect at once.`,
  unsubscribe: 'Unsubscribe',
  unsubscribed: 'You are unsubscribed',
  unsubscribedText: 'You will get no more marketing emails from us. You can close this page.',
  rather: 'Get less instead, or choose topics',
  why: 'May we ask why? It is up to you.',
  reasons: {
    'too-many': 'Too many emails',
    'not-relevant': 'Not interesting for me',
    'never-signed-up': 'I never asked for them',
    'other-address': 'I get them at another address',
    other: 'Something else',
  },
  sendReason: 'Send',
  thanks: 'Thank you for telling us.',
  preview: 'This is a preview',
  previewText: 'In a real email, this link lets its reader decide what he gets.',
  unknown: 'This link does not work',
  unknownText: 'It is not complete, or what it belonged to is gone. Try the link in the email again.',
  preferences: 'Your emails',
  preferencesText: (brand: string, address: string | null) =>
    `What ${brand} may send${address ? ` to ${address}` : ' to you'}. Changes take effect at once.`,
  gone: 'We hold no contact behind this link any more. If you had unsubscribed, that still holds.',
  topics: 'What about',
  noneNow: 'You get no marketing emails from us at present. Choose what you want, and save.',
  frequency: 'How often',
  frequencies: {
    all: 'Whenever there is something',
    weekly: 'At most one a week',
    monthly: 'At most one a month',
  },
  pause: 'A pause',
  pauseNow: 'No pause',
  pauseKeep: (day: string) => `Paused until ${day}`,
  pauseEnd: 'End the pause now',
  pauseDays: (days: number) => `No marketing emails for ${days} days`,
  save: 'Save',
  saved: 'Saved. It holds from the next email on.',
  leave: 'Nothing more',
  leaveText: 'No marketing emails at all. Receipts and what you ask us for still reach you.',
  leaveAll: 'Unsubscribe from everything',
  comeBack: 'Get marketing emails again',
  data: 'My data',
  dataText: 'What we hold about you is yours. We answer within thirty days, to this address.',
  askExport: 'Ask for a copy of my data',
  askErase: 'Ask to erase my data',
  asked: (day: string) =>
    `We have your request and will answer by ${day}. A confirmation is on its way to your mailbox.`,
  confirmAsk: 'One more click',
  confirmText: (brand: string) => `Do you want to get emails from ${brand}? Then confirm it here.`,
  confirm: 'Yes, I want these emails',
  remember: 'Remember me in this browser',
  rememberText: 'So that our forms do not ask again what you told us. It keeps one cookie for 180 days.',
  confirmed: 'Thank you, that is confirmed',
  confirmedText: 'From now on you get what you asked for. Every email has a link to change your mind.',
  expired: 'This link is over a week old',
  expiredText: 'Please sign up again, and we send you a new one.',
  nothingToConfirm: 'There is nothing to confirm',
  nothingText: 'It was confirmed already, or taken back since.',
  letterSubject: (brand: string) => `Please confirm: emails from ${brand}`,
  letterText: (brand: string) =>
    `Somebody, probably you, asked for emails from ${brand} to this address.\nIf it was you, please confirm it. The link works for seven days.`,
  letterButton: 'Confirm',
  letterIgnore: 'If it was not you, do nothing: without your confirmation you get nothing more from us.',
  requestSubject: {
    export: 'We have your request for your data',
    erase: 'We have your request to erase your data',
  },
  requestText: (brand: string, day: string) => ({
    export: `You asked ${brand} for a copy of what it holds about you. We answer by ${day}, to this address.`,
    erase: `You asked ${brand} to erase what it holds about you. We answer by ${day}, to this address.`,
  }),
  requestIgnore: 'If it was not you who asked, answer this email.',
}
export type Words = typeof en

const de: Words = {
  lang: 'de',
  unsubscribeAsk: 'Abmelden?',
  unsubscribeText: brand => `${brand} schickt Ihnen keine Werbemails mehr. Das gilt sofort.`,
  unsubscribe: 'Abmelden',
  unsubscribed: 'Sie sind abgemeldet',
  unsubscribedText: 'Sie bekommen keine Werbemails mehr von uns. Sie können diese Seite schließen.',
  rather: 'Lieber weniger bekommen, oder Themen wählen',
  why: 'Dürfen wir fragen, warum? Sie müssen nicht antworten.',
  reasons: {
    'too-many': 'Zu viele Mails',
    'not-relevant': 'Für mich nicht interessant',
    'never-signed-up': 'Ich habe sie nie bestellt',
    'other-address': 'Ich bekomme sie an eine andere Adresse',
    other: 'Etwas anderes',
  },
  sendReason: 'Senden',
  thanks: 'Danke für Ihre Antwort.',
  preview: 'Das ist eine Vorschau',
  previewText: 'In einer echten Mail entscheidet ihr Leser mit diesem Link, was er bekommt.',
  unknown: 'Dieser Link führt nirgendwohin',
  unknownText:
    'Er ist unvollständig, oder was er meinte, gibt es nicht mehr. Versuchen Sie es noch einmal aus der Mail.',
  preferences: 'Ihre Mails',
  preferencesText: (brand, address) =>
    `Was ${brand}${address ? ` an ${address}` : ' Ihnen'} schicken darf. Änderungen gelten sofort.`,
  gone: 'Zu diesem Link haben wir keinen Kontakt mehr. Falls Sie abgemeldet waren, gilt das weiterhin.',
  topics: 'Worüber',
  noneNow: 'Sie bekommen zurzeit keine Werbemails von uns. Wählen Sie, was Sie möchten, und speichern Sie.',
  frequency: 'Wie oft',
  frequencies: {
    all: 'Wenn es etwas gibt',
    weekly: 'Höchstens eine in der Woche',
    monthly: 'Höchstens eine im Monat',
  },
  pause: 'Eine Pause',
  pauseNow: 'Keine Pause',
  pauseKeep: day => `Pause bis ${day}`,
  pauseEnd: 'Die Pause jetzt beenden',
  pauseDays: days => `${days} Tage lang keine Werbemails`,
  save: 'Speichern',
  saved: 'Gespeichert. Es gilt ab der nächsten Mail.',
  leave: 'Nichts mehr',
  leaveText: 'Gar keine Werbemails. Belege, und worum Sie uns bitten, bekommen Sie weiterhin.',
  leaveAll: 'Von allem abmelden',
  comeBack: 'Wieder Werbemails bekommen',
  data: 'Meine Daten',
  dataText:
    'Was wir über Sie gespeichert haben, gehört Ihnen. Wir antworten binnen dreißig Tagen an diese Adresse.',
  askExport: 'Um eine Kopie meiner Daten bitten',
  askErase: 'Um Löschung meiner Daten bitten',
  asked: day =>
    `Wir haben Ihre Bitte und antworten bis ${day}. Eine Bestätigung ist unterwegs in Ihr Postfach.`,
  confirmAsk: 'Noch ein Klick',
  confirmText: brand => `Möchten Sie Mails von ${brand} bekommen? Dann bestätigen Sie es hier.`,
  confirm: 'Ja, ich möchte diese Mails',
  remember: 'In diesem Browser wiedererkennen',
  rememberText:
    'Damit unsere Formulare nicht noch einmal fragen, was Sie schon gesagt haben. Dafür bleibt ein Cookie 180 Tage lang.',
  confirmed: 'Danke, das ist bestätigt',
  confirmedText:
    'Ab jetzt bekommen Sie, worum Sie gebeten haben. In jeder Mail steht ein Link, um es sich anders zu überlegen.',
  expired: 'Dieser Link ist älter als eine Woche',
  expiredText: 'Bitte melden Sie sich noch einmal an, dann schicken wir einen neuen.',
  nothingToConfirm: 'Es gibt nichts zu bestätigen',
  nothingText: 'Es wurde schon bestätigt oder seither zurückgenommen.',
  letterSubject: brand => `Bitte bestätigen: Mails von ${brand}`,
  letterText: brand =>
    `Jemand, vermutlich Sie, hat für diese Adresse Mails von ${brand} bestellt.\nWenn Sie es waren, bestätigen Sie es bitte. Der Link gilt sieben Tage.`,
  letterButton: 'Bestätigen',
  letterIgnore:
    'Wenn Sie es nicht waren, tun Sie nichts: Ohne Ihre Bestätigung bekommen Sie nichts weiter von uns.',
  requestSubject: { export: 'Wir haben Ihre Bitte um Ihre Daten', erase: 'Wir haben Ihre Bitte um Löschung' },
  requestText: (brand, day) => ({
    export: `Sie haben ${brand} um eine Kopie dessen gebeten, was über Sie gespeichert ist. Wir antworten bis ${day} an diese Adresse.`,
    erase: `Sie haben ${brand} gebeten zu löschen, was über Sie gespeichert ist. Wir antworten bis ${day} an diese Adresse.`,
  }),
  requestIgnore: 'Wenn nicht Sie darum gebeten haben, antworten Sie auf diese Mail.',
}

const languages: Record<string, Words> = { en, de }

/** The first language that we speak, of what a contact has and then what his browser asks for; English otherwise. */
export function wordsFor(language: string | null, acceptLanguage: string | null = null): Words {
  const asked = (acceptLanguage ?? '').slice(0, 200).split(',', 20)
  for (const tag of [language ?? '', ...asked]) {
    const key = /^\s*([a-z]{2})(?:[-_;\s]|$)/i.exec(tag)?.[1]?.toLowerCase() ?? ''
    const words = Object.hasOwn(languages, key) ? languages[key] : undefined
    if (words) return words
  }
  return en
}

/** A day as people of that language write it. */
export function dayIn(words: Words, at: Date, zone: string): string {
  return new Intl.DateTimeFormat(words.lang, { dateStyle: 'long', timeZone: zone }).format(at)
}
