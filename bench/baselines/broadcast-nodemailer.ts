// What one would write by hand: recipients from a table, a template filled in, nodemailer's pool, a receipt per batch.
import nodemailer from 'nodemailer'
import pg from 'pg'
import { links, source } from '../broadcast/mail.ts'

const batch = 200

/** Mails per second over `count` recipients: composed by nodemailer per mail, 10 connections, receipts written. */
export async function nodemailerRate(given: {
  url: string
  smtpPort: number
  count: number
}): Promise<number> {
  const db = new pg.Client({ connectionString: given.url })
  await db.connect()
  await db.query('drop table if exists public.by_hand')
  await db.query(
    'create table public.by_hand (id bigint primary key, email text not null, name text not null, sent_at timestamptz)',
  )
  await db.query(
    "insert into public.by_hand (id, email, name) select n, 'r' || n || '@bench.example', 'Ann' from generate_series(1, $1::int) n",
    [given.count],
  )
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: given.smtpPort,
    pool: true,
    maxConnections: 10,
    maxMessages: 100,
    ignoreTLS: true,
  })
  const began = performance.now()
  let after = '0'
  for (;;) {
    const { rows } = await db.query<{ id: string; email: string; name: string }>(
      'select id, email, name from public.by_hand where id > $1 order by id limit $2',
      [after, batch],
    )
    if (rows.length === 0) break
    await Promise.all(rows.map(row => transport.sendMail(mailTo(row))))
    await db.query('update public.by_hand set sent_at = now() where id = any($1::bigint[])', [
      rows.map(row => row.id),
    ])
    after = rows.at(-1)?.id ?? after
  }
  const seconds = (performance.now() - began) / 1000
  transport.close()
  await db.end()
  return given.count / seconds
}

/** Links are tracked and values filled in by plain replacing: the fastest that a template can be. */
function mailTo({ id, email, name }: { id: string; email: string; name: string }) {
  let html = source
    .replaceAll('{{ contact.email }}', email)
    .replace('{{ contact.first_name | default: "there" }}', name)
    .replace('{{ unsubscribe_url }}', `https://t.example/u/${id}`)
  for (const [i, url] of links.entries()) html = html.replace(url, `https://t.example/c/${id}/${i}`)
  return {
    from: 'Anna <anna@tend.example>',
    to: email,
    subject: 'News for you',
    html,
    text: html.replace(/<[^>]+>/g, ''),
    headers: { 'List-Unsubscribe': `<https://t.example/u/${id}>` },
  }
}
