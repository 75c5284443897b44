import type { Payload } from '#outreach/messages.ts'
import { nameOf, type Story } from './story.ts'

/** What a message about a contact says. */
export type Telling = {
  headline: string
  /** The rule's or workflow's name. */
  source: string
  /** What set it off, in words. */
  because: string | null
  story: Story | null
  /** Said before all else: nobody answered so far. */
  urgent: string | null
  links: { contact: string; acknowledge: string }
  zone: string
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, mark => `&#${mark.charCodeAt(0)};`)
const oneLine = (text: string) => text.replace(/[\r\n\t]+/g, ' ')
/** Slack's own three. A name must neither make a link nor call the whole channel. */
const escapeSlack = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
/** Cards read a little Markdown; a name is no Markdown. */
const escapeCard = (text: string) => text.replace(/[\\`*_{}[\]()#+!|~>-]/g, '\\$&')

function timeIn(zone: string, at: Date): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'medium', timeStyle: 'short' }).format(
    at,
  )
}

/** What every way of telling says, each in its own form. */
function partsOf({ headline, source, because, story, zone }: Telling) {
  const contact = story?.contact ?? null
  const work = [contact?.jobTitle, contact?.companyName].filter(Boolean).join(', ')
  const reach = [contact?.email, contact?.phone].filter(Boolean).join(' · ')
  const score = story?.score
  const change =
    score && score.gained !== 0 ? ` (${score.gained > 0 ? '+' : ''}${score.gained} in 7 days)` : ''
  return {
    who: nameOf(contact),
    headline,
    work,
    reach,
    score: score ? `${score.name}: ${score.score}${change}` : null,
    why: because ? `${source}: ${because}` : source,
    actions: (story?.actions ?? []).map(({ at, sentence }) => ({ when: timeIn(zone, at), sentence })),
  }
}

export function subjectOf(telling: Telling): string {
  const start = telling.urgent ? 'Still waiting: ' : ''
  return oneLine(`${start}${nameOf(telling.story?.contact)}: ${telling.headline}`).slice(0, 200)
}

/** The email: text and a page that says the same. */
export function emailOf(telling: Telling): Payload {
  const { links, urgent } = telling
  const parts = partsOf(telling)
  const facts = [parts.work, parts.reach, parts.score].filter(isText)
  const text = [
    ...(urgent ? [urgent, ''] : []),
    `${parts.who}: ${parts.headline}`,
    ...facts,
    `Why: ${parts.why}`,
    ...(parts.actions.length > 0
      ? ['', 'What happened last:', ...parts.actions.map(({ when, sentence }) => `- ${when}: ${sentence}`)]
      : []),
    '',
    `I look after this: ${links.acknowledge}`,
    `See ${parts.who}: ${links.contact}`,
  ].join('\n')
  return { subject: subjectOf(telling), text, html: pageOf(telling, parts, facts) }
}

function pageOf({ links, urgent }: Telling, parts: ReturnType<typeof partsOf>, facts: string[]): string {
  const line = (text: string, more = '') => `<p style="margin:0 0 6px${more}">${escapeHtml(text)}</p>`
  const rows = parts.actions.map(
    ({ when, sentence }) =>
      `<tr><td style="padding:4px 14px 4px 0;color:#5c6876;white-space:nowrap;vertical-align:top">${escapeHtml(when)}</td><td style="padding:4px 0">${escapeHtml(sentence)}</td></tr>`,
  )
  const actions =
    rows.length > 0
      ? `<p style="margin:18px 0 4px;font-weight:600">What happened last</p><table role="presentation" style="border-collapse:collapse;font-size:15px">${rows.join('')}</table>`
      : ''
  const button = `<p style="margin:24px 0 12px"><a href="${escapeHtml(links.acknowledge)}" style="background:#2f6f4f;color:#ffffff;padding:12px 22px;border-radius:8px;text-decoration:none;font-weight:600">I look after this</a></p><p style="margin:0"><a href="${escapeHtml(links.contact)}" style="color:#2a6347">See ${escapeHtml(parts.who)} in Tend</a></p>`
  return `<!doctype html><html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 Helvetica,Arial,sans-serif;color:#27313f"><div style="max-width:560px;margin:0 auto">${urgent ? line(urgent, ';background:#fdf0d5;border-radius:8px;padding:10px 14px') : ''}<h1 style="font-size:20px;line-height:1.3;margin:12px 0 8px">${escapeHtml(parts.who)}: ${escapeHtml(parts.headline)}</h1>${facts.map(fact => line(fact)).join('')}${line(`Why: ${parts.why}`, ';color:#5c6876;font-size:14px')}${actions}${button}</div></body></html>`
}

/** Slack's incoming webhook: text for notifications, blocks for reading. */
export function slackOf(telling: Telling): Payload {
  const parts = partsOf(telling)
  const bold = `*${escapeSlack(`${parts.who}: ${parts.headline}`)}*`
  const facts = [telling.urgent, parts.work, parts.reach, parts.score, `Why: ${parts.why}`]
    .filter(isText)
    .map(escapeSlack)
  const actions = parts.actions.map(({ when, sentence }) => `• ${escapeSlack(`${when}: ${sentence}`)}`)
  const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 2900) } })
  const button = (text: string, url: string) => ({ type: 'button', text: { type: 'plain_text', text }, url })
  const body = {
    text: `${bold}\n${[...facts, ...actions].join('\n')}`.slice(0, 3000),
    blocks: [
      section(`${bold}\n${facts.join('\n')}`),
      ...(actions.length > 0 ? [section(actions.join('\n'))] : []),
      {
        type: 'actions',
        elements: [
          button('I look after this', telling.links.acknowledge),
          button('See the contact', telling.links.contact),
        ],
      },
    ],
  }
  return { subject: subjectOf(telling), text: body.text, body }
}

/** A card for a Microsoft Teams workflow ("when a webhook request is received"), well below its 28 KB. */
export function teamsOf(telling: Telling): Payload {
  const parts = partsOf(telling)
  const block = (text: string, more: object = {}) => ({ type: 'TextBlock', text, wrap: true, ...more })
  const facts = [parts.work, parts.reach, parts.score].filter(isText).map(escapeCard)
  const actions = parts.actions.map(({ when, sentence }) => `- ${escapeCard(`${when}: ${sentence}`)}`)
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      ...(telling.urgent ? [block(escapeCard(telling.urgent), { color: 'Attention' })] : []),
      block(escapeCard(`${parts.who}: ${parts.headline}`), { size: 'Medium', weight: 'Bolder' }),
      ...facts.map(fact => block(fact, { spacing: 'None' })),
      block(escapeCard(`Why: ${parts.why}`), { isSubtle: true }),
      ...(actions.length > 0 ? [block(actions.join('\n'))] : []),
    ],
    actions: [
      { type: 'Action.OpenUrl', title: 'I look after this', url: telling.links.acknowledge },
      { type: 'Action.OpenUrl', title: 'See the contact', url: telling.links.contact },
    ],
  }
  const body = {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
  return { subject: subjectOf(telling), text: subjectOf(telling), body }
}

/** Several alerts for one person in one mail. */
export function digestOf(tellings: Telling[]): Payload {
  const many = tellings.length
  const subject = many === 1 && tellings[0] ? subjectOf(tellings[0]) : `${many} leads are waiting for you`
  const entries = tellings.map(telling => {
    const parts = partsOf(telling)
    const facts = [parts.work, parts.score, parts.why].filter(isText)
    return { telling, parts, facts, last: parts.actions.slice(0, 2) }
  })
  const text = entries
    .map(({ telling, parts, facts, last }) =>
      [
        `${parts.who}: ${parts.headline}`,
        ...facts.map(fact => `  ${fact}`),
        ...last.map(({ when, sentence }) => `  - ${when}: ${sentence}`),
        `  I look after this: ${telling.links.acknowledge}`,
      ].join('\n'),
    )
    .join('\n\n')
  const html = entries
    .map(
      ({ telling, parts, facts, last }) =>
        `<div style="border-top:1px solid #dfe5e0;padding:14px 0"><p style="margin:0 0 4px;font-weight:600"><a href="${escapeHtml(telling.links.contact)}" style="color:#27313f">${escapeHtml(parts.who)}</a>: ${escapeHtml(parts.headline)}</p>${[...facts, ...last.map(({ when, sentence }) => `${when}: ${sentence}`)].map(fact => `<p style="margin:0 0 2px;color:#5c6876;font-size:14px">${escapeHtml(fact)}</p>`).join('')}<p style="margin:8px 0 0"><a href="${escapeHtml(telling.links.acknowledge)}" style="color:#2a6347;font-weight:600">I look after this</a></p></div>`,
    )
    .join('')
  return {
    subject,
    text,
    html: `<!doctype html><html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 Helvetica,Arial,sans-serif;color:#27313f"><div style="max-width:560px;margin:0 auto"><h1 style="font-size:20px">${escapeHtml(subject)}</h1>${html}</div></body></html>`,
  }
}

const isText = (text: string | null): text is string => text !== null && text !== ''
