import type { Contact } from './contact'
import type { AttrValue } from './field-input'

export const texts = [
  ['email', 'Address'],
  ['firstName', 'First name'],
  ['lastName', 'Last name'],
  ['jobTitle', 'Job title'],
  ['phone', 'Phone'],
  ['country', 'Country'],
  ['language', 'Language'],
] as const
export const labels: Record<string, string> = {
  ...Object.fromEntries(texts),
  timeZone: 'Time zone',
  stage: 'Stage',
  ownerId: 'Owner',
  companyId: 'Company',
}

export type Core = Record<(typeof texts)[number][0] | 'timeZone' | 'stage' | 'ownerId' | 'companyId', string>
export type Draft = { core: Core; attrs: Record<string, AttrValue> }

export const draftOf = (contact: Contact): Draft => ({
  core: {
    email: contact.email ?? '',
    firstName: contact.firstName ?? '',
    lastName: contact.lastName ?? '',
    jobTitle: contact.jobTitle ?? '',
    phone: contact.phone ?? '',
    country: contact.country ?? '',
    language: contact.language ?? '',
    timeZone: contact.timeZone ?? '',
    stage: contact.stage,
    ownerId: contact.ownerId ?? '',
    companyId: contact.company?.id ?? '',
  },
  attrs: contact.attrs as Record<string, AttrValue>,
})

/** Only what was changed is sent, so that two people can work on different fields of one contact. */
export function changesOf(before: Draft, after: Draft) {
  const core = Object.entries(after.core).filter(
    ([key, value]) => value.trim() !== before.core[key as keyof Core],
  )
  const attrs = Object.entries(after.attrs).filter(
    ([key, value]) => (value ?? null) !== (before.attrs[key] ?? null),
  )
  return {
    core: Object.fromEntries(core.map(([key, value]) => [key, value.trim() === '' ? null : value.trim()])),
    attrs: Object.fromEntries(attrs),
  }
}
