import { simpleParser } from 'mailparser'
import { type Db, many, maybeOne, sql } from '#platform/db/db.ts'

export type MailboxItem = {
  id: string
  contactId: string
  channel: 'email' | 'webhook'
  from: string
  to: string
  subject: string
  at: Date
  also: string | null
}
export type MailboxLetter = MailboxItem & {
  html: string | null
  text: string
  headers: { name: string; value: string }[]
  links: { url: string; label: string }[]
}

const columns = sql`m.id, m.contact_id as "contactId", m.channel, m.sender as "from", m.recipient as "to", m.subject, m.at, m.also`

/** What the sandbox sent, the newest first; to one address if given. */
export function listMailbox(
  db: Db,
  ask: { to: string | null; before: string | null; limit: number },
): Promise<MailboxItem[]> {
  return many(
    db,
    sql`
    select ${columns} from outreach.mailbox m
    where true ${ask.to ? sql`and m.recipient = ${ask.to}` : sql``}
      ${ask.before ? sql`and m.id < ${ask.before}::bigint` : sql``}
    order by m.id desc limit ${ask.limit}`,
  )
}

export async function readRaw(db: Db, id: string): Promise<(MailboxItem & { raw: Buffer }) | null> {
  const row = await maybeOne<MailboxItem & { raw: Buffer }>(
    db,
    sql`select ${columns}, m.raw from outreach.mailbox m where m.id = ${id}::bigint`,
  )
  return row ?? null
}

/** One letter taken apart, by another program than the one that put it together. */
export async function readLetter(db: Db, id: string): Promise<MailboxLetter | null> {
  const row = await readRaw(db, id)
  if (!row) return null
  const { raw, ...item } = row
  if (item.channel === 'webhook')
    return { ...item, html: null, text: raw.toString('utf8'), headers: [], links: [] }
  const mail = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true })
  const html = mail.html || null
  return {
    ...item,
    html,
    text: mail.text ?? '',
    headers: mail.headerLines.map(({ key, line }) => ({
      name: line.slice(0, key.length) || key,
      value: line.slice(key.length + 1).trim(),
    })),
    links: html ? linksOf(html) : [],
  }
}

export async function htmlOf(db: Db, id: string): Promise<string | null> {
  return (await readLetter(db, id))?.html ?? null
}

function linksOf(html: string): { url: string; label: string }[] {
  return [...html.matchAll(/<a\s[^>]*?href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/gi)].map(
    ([, url = '', label = '']) => ({
      url: plain(url),
      label: plain(label.replace(/<[^>]*>/g, ' '))
        .replace(/\s+/g, ' ')
        .trim(),
    }),
  )
}

/** Text without the entities that our own renderer writes. */
function plain(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replace(
      /&(lt|gt|quot|nbsp);/g,
      (_entity, name: string) => ({ lt: '<', gt: '>', quot: '"' })[name] ?? ' ',
    )
    .replaceAll('&amp;', '&')
}
