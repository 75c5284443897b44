/** What our own parts of a page say, by language; English where we do not speak it. */
export type PageWords = {
  skip: string
  play(title: string): string
  playNote(provider: string): string
  privacyChoices: string
  consentTitle: string
  consentText: string
  purposes: Record<'analytics' | 'marketing', string>
  acceptAll: string
  onlyNeeded: string
  saveChoice: string
  privacyNotice: string
  form: string
  missingTitle: string
  missingText: string
  newTab: string
}

const en: PageWords = {
  skip: 'Skip to content',
  play: title => `Play the video: ${title}`,
  playNote: provider => `Playing loads the video from ${provider}.`,
  privacyChoices: 'Privacy choices',
  consentTitle: 'May we?',
  consentText: 'We would like to remember your visit. You can change your mind at any time.',
  purposes: { analytics: 'See how this site is used', marketing: 'Show you what may interest you' },
  acceptAll: 'Accept all',
  onlyNeeded: 'Only what is needed',
  saveChoice: 'Save my choice',
  privacyNotice: 'Privacy notice',
  form: 'Open the form',
  missingTitle: 'There is nothing here',
  missingText: 'The address is wrong, or the page was taken down.',
  newTab: '(opens in a new tab)',
}

const de: PageWords = {
  skip: 'Zum Inhalt',
  play: title => `Video abspielen: ${title}`,
  playNote: provider => `Beim Abspielen wird das Video von ${provider} geladen.`,
  privacyChoices: 'Datenschutz-Einstellungen',
  consentTitle: 'Dürfen wir?',
  consentText: 'Wir würden uns Ihren Besuch gerne merken. Sie können das jederzeit ändern.',
  purposes: {
    analytics: 'Sehen, wie diese Seite genutzt wird',
    marketing: 'Zeigen, was Sie interessieren könnte',
  },
  acceptAll: 'Alle erlauben',
  onlyNeeded: 'Nur das Nötige',
  saveChoice: 'Auswahl speichern',
  privacyNotice: 'Datenschutzhinweis',
  form: 'Formular öffnen',
  missingTitle: 'Hier ist nichts',
  missingText: 'Die Adresse stimmt nicht, oder die Seite wurde entfernt.',
  newTab: '(öffnet einen neuen Tab)',
}

export function pageWords(language: string): PageWords {
  return language.toLowerCase().startsWith('de') ? de : en
}

/** Languages that are written from right to left. */
export const isRightToLeft = (language: string) => /^(ar|fa|he|ur|ps|dv|yi|ku-arab)\b/i.test(language)
