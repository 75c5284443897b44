import type { Notice } from './notice.ts'

/** What mail servers write when they give a mail back; shapes as they are met, all names made up. */
export type About = { returnPath: string; messageId: string; recipient: string }
export type Sample = {
  name: string
  kind: Notice['kind']
  status?: string | null
  raw: (about: About) => string
}

export const lines = (...parts: (string | string[])[]) => parts.flat().join('\r\n')

export const original = ({ returnPath, messageId, recipient }: About) => [
  `Return-Path: <${returnPath}>`,
  'Received: from tend.example (tend.example [192.0.2.7]) by mx.example.net with ESMTPS id 4bXyZ',
  `Message-ID: ${messageId}`,
  'From: Tend <hello@tend.example>',
  `To: ${recipient}`,
  'Subject: Three ideas for spring',
  'Date: Mon, 11 May 2026 09:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
]

type Dsn = {
  from: string
  subject: string
  human: string[]
  report: (about: About) => string[]
  head?: string[]
  /** How the original comes back; null: not at all. */
  back?: 'message/rfc822' | 'text/rfc822-headers' | null
}

export function dsn(given: Dsn): (about: About) => string {
  return about =>
    lines(
      `From: ${given.from}`,
      `To: ${about.returnPath}`,
      `Subject: ${given.subject}`,
      ...(given.head ?? []),
      'Date: Mon, 11 May 2026 09:00:05 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="4bXyZ.1778490005/mx.example.net"',
      '',
      'This is a MIME-encapsulated message.',
      '',
      '--4bXyZ.1778490005/mx.example.net',
      'Content-Description: Notification',
      'Content-Type: text/plain; charset=utf-8',
      '',
      given.human,
      '',
      '--4bXyZ.1778490005/mx.example.net',
      'Content-Description: Delivery report',
      'Content-Type: message/delivery-status',
      '',
      given.report(about),
      '',
      ...(given.back === null
        ? []
        : [
            '--4bXyZ.1778490005/mx.example.net',
            `Content-Type: ${given.back ?? 'message/rfc822'}`,
            '',
            ...original(about),
            '',
            'Hello Ann',
            '',
          ]),
      '--4bXyZ.1778490005/mx.example.net--',
      '',
    )
}

export const postfix = (status: string, diagnostic: string[], action = 'failed') =>
  dsn({
    from: 'MAILER-DAEMON@mx.example.net (Mail Delivery System)',
    subject:
      action === 'delayed' ? 'Delayed Mail (still being retried)' : 'Undelivered Mail Returned to Sender',
    head: ['Auto-Submitted: auto-replied'],
    human: [
      'This is the mail system at host mx.example.net.',
      '',
      "I'm sorry to have to inform you that your message could not",
      "be delivered to one or more recipients. It's attached below.",
    ],
    report: ({ recipient }) => [
      'Reporting-MTA: dns; mx.example.net',
      'X-Postfix-Queue-ID: 4bXyZ',
      'Arrival-Date: Mon, 11 May 2026 09:00:01 +0000 (UTC)',
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      `Original-Recipient: rfc822;${recipient}`,
      `Action: ${action}`,
      `Status: ${status}`,
      'Remote-MTA: dns; mail.people.example',
      ...diagnostic,
    ],
  })

export const exchange = (status: string, diagnostic: string) =>
  dsn({
    from: 'postmaster@people.example',
    subject: 'Undeliverable: Three ideas for spring',
    head: ['X-MS-Exchange-Message-Is-Ndr:', 'Auto-Submitted: auto-replied'],
    human: ['Delivery has failed to these recipients or groups:', '', 'Your message could not be delivered.'],
    report: ({ recipient }) => [
      'Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.example',
      'Received-From-MTA: dns;tend.example',
      '',
      `Final-Recipient: rfc822;${recipient}`,
      'Action: failed',
      `Status: ${status}`,
      `Diagnostic-Code: smtp;${diagnostic}`,
    ],
  })

export const plain = (head: string[], body: (about: About) => string[]) => (about: About) =>
  lines(
    ...head,
    `To: ${about.returnPath}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    body(about),
    '',
  )

export const bounces: Sample[] = [
  {
    name: 'Postfix: user unknown',
    kind: 'hard',
    status: '5.1.1',
    raw: postfix('5.1.1', [
      'Diagnostic-Code: smtp; 550 5.1.1 <ann@people.example>: Recipient address rejected:',
      '    User unknown in virtual mailbox table',
    ]),
  },
  {
    name: 'Postfix: mailbox full',
    kind: 'soft',
    status: '5.2.2',
    raw: postfix('5.2.2', ['Diagnostic-Code: smtp; 552 5.2.2 Mailbox full / over quota']),
  },
  {
    name: 'Postfix: given up after five days',
    kind: 'soft',
    status: '4.4.1',
    raw: postfix('4.4.1', [
      'Diagnostic-Code: X-Postfix; connect to mail.people.example[192.0.2.9]:25: Connection timed out',
    ]),
  },
  {
    name: 'Postfix: host not found',
    kind: 'hard',
    status: '5.4.4',
    raw: postfix('5.4.4', [
      'Diagnostic-Code: X-Postfix; Host or domain name not found. Name service error for name=people.example type=A: Host not found',
    ]),
  },
  {
    name: 'Postfix: on a blocklist',
    kind: 'block',
    status: '5.7.1',
    raw: postfix('5.7.1', [
      'Diagnostic-Code: smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org',
    ]),
  },
  {
    name: 'Postfix: a warning, not a failure',
    kind: 'delayed',
    status: '4.4.1',
    raw: postfix(
      '4.4.1',
      ['Diagnostic-Code: X-Postfix; connect to mail.people.example[192.0.2.9]:25: Connection refused'],
      'delayed',
    ),
  },
  {
    name: 'Exchange Online: no such recipient',
    kind: 'hard',
    status: '5.1.10',
    raw: exchange(
      '5.1.10',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ann@people.example not found by SMTP address lookup',
    ),
  },
  {
    name: 'Exchange Online: refused at the edge because nobody is there',
    kind: 'hard',
    status: '5.4.1',
    raw: exchange(
      '5.4.1',
      '550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [AM0EUR02FT017.eop-EUR02.prod.example]',
    ),
  },
  {
    name: 'Exchange Online: sender not authenticated',
    kind: 'block',
    status: '5.7.515',
    raw: exchange(
      '5.7.515',
      '550 5.7.515 Access denied, sending domain TEND.EXAMPLE does not meet the required authentication level',
    ),
  },
  {
    name: 'Exchange: too large',
    kind: 'block',
    status: '5.3.4',
    raw: exchange('5.3.4', '552 5.3.4 Message size exceeds fixed maximum message size'),
  },
  {
    name: 'Gmail: the account does not exist',
    kind: 'hard',
    status: '5.1.1',
    raw: dsn({
      from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      subject: 'Delivery Status Notification (Failure)',
      head: ['Auto-Submitted: auto-replied', 'X-Failed-Recipients: ann@people.example'],
      human: [
        '** Address not found **',
        '',
        "Your message wasn't delivered to ann@people.example because the address couldn't be found, or is unable to receive mail.",
      ],
      report: ({ recipient }) => [
        'Reporting-MTA: dns; googlemail.com',
        '',
        `Final-Recipient: rfc822; ${recipient}`,
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.27, the server for the domain people.example.)',
        'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try',
        " 550-5.1.1 double-checking the recipient's email address for typos or",
        ' 550 5.1.1 unnecessary spaces. NoSuchUser d2e1a72-gsmtp',
      ],
      back: 'text/rfc822-headers',
    }),
  },
  {
    name: 'Gmail: unsolicited mail',
    kind: 'block',
    status: '5.7.1',
    raw: postfix('5.7.1', [
      'Diagnostic-Code: smtp; 550-5.7.1 [192.0.2.7] Our system has detected that this message is likely unsolicited mail.',
      ' 550 5.7.1 To reduce the amount of spam sent to Gmail, this message has been blocked.',
    ]),
  },
  {
    name: 'Gmail: gets mail too fast, which is no dead mailbox',
    kind: 'block',
    status: '5.2.1',
    raw: postfix('5.2.1', [
      'Diagnostic-Code: smtp; 550-5.2.1 The user you are trying to contact is receiving mail at a rate that',
      ' 550 5.2.1 prevents additional messages from being delivered.',
    ]),
  },
  {
    name: 'a vague status, and the truth in the diagnostic',
    kind: 'hard',
    status: '5.1.1',
    raw: postfix('5.0.0', ['Diagnostic-Code: smtp; 550 5.1.1 unknown user']),
  },
  {
    name: 'Yahoo: no account, said in words only',
    kind: 'hard',
    raw: postfix('5.0.0', [
      "Diagnostic-Code: smtp; 554 delivery error: dd This user doesn't have a yahoo.example account (ann@people.example) [0]",
    ]),
  },
  {
    name: 'Exim with a report',
    kind: 'hard',
    status: '5.0.0',
    raw: dsn({
      from: 'Mail Delivery System <Mailer-Daemon@exim.example>',
      subject: 'Mail delivery failed: returning message to sender',
      head: ['X-Failed-Recipients: ann@people.example', 'Auto-Submitted: auto-replied'],
      human: ['This message was created automatically by mail delivery software.'],
      report: ({ recipient }) => [
        'Reporting-MTA: dns; exim.example',
        '',
        'Action: failed',
        `Final-Recipient: rfc822;${recipient}`,
        'Status: 5.0.0',
        'Remote-MTA: dns; mail.people.example',
        'Diagnostic-Code: smtp; 550 Unrouteable address',
      ],
    }),
  },
  {
    name: 'Exim without a report',
    kind: 'hard',
    raw: plain(
      [
        'From: Mail Delivery System <Mailer-Daemon@exim.example>',
        'Subject: Mail delivery failed: returning message to sender',
        'X-Failed-Recipients: ann@people.example',
        'Auto-Submitted: auto-replied',
      ],
      about => [
        'This message was created automatically by mail delivery software.',
        'A message that you sent could not be delivered to one or more of its',
        'recipients. This is a permanent error. The following address(es) failed:',
        '',
        `  ${about.recipient}`,
        '    SMTP error from remote mail server after RCPT TO:<ann@people.example>:',
        '    host mail.people.example [192.0.2.9]: 550 5.1.1 No such user here',
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        ...original(about),
      ],
    ),
  },
  {
    name: 'Exim: a warning without a report',
    kind: 'delayed',
    raw: plain(
      [
        'From: Mail Delivery System <Mailer-Daemon@exim.example>',
        'Subject: Warning: message 1abc delayed 24 hours',
        'Auto-Submitted: auto-replied',
      ],
      () => [
        'This message was created automatically by mail delivery software.',
        'A message that you sent has not yet been delivered to one or more of its',
        'recipients after more than 24 hours on the queue. The message could not be delivered so far.',
        'Delivery attempts will continue for some time.',
      ],
    ),
  },
  {
    name: 'qmail',
    kind: 'hard',
    raw: plain(['From: MAILER-DAEMON@qmail.example', 'Subject: failure notice'], about => [
      'Hi. This is the qmail-send program at qmail.example.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "This is a permanent error; I've given up. Sorry it didn't work out.",
      '',
      `<${about.recipient}>:`,
      '192.0.2.9 does not like recipient.',
      'Remote host said: 550 No such user here',
      'Giving up on 192.0.2.9.',
      '',
      '--- Below this line is a copy of the message.',
      '',
      ...original(about),
    ]),
  },
  {
    name: 'qmail: over quota',
    kind: 'soft',
    raw: plain(['From: MAILER-DAEMON@qmail.example', 'Subject: failure notice'], about => [
      'Hi. This is the qmail-send program at qmail.example.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      '',
      `<${about.recipient}>:`,
      'The users mailfolder is over the allowed quota (size). (#5.2.2)',
    ]),
  },
  {
    name: 'German: mailbox unknown',
    kind: 'hard',
    raw: plain(
      [
        'From: Mailer-Daemon@post.example',
        'Subject: =?UTF-8?Q?Unzustellbar=3A_Drei_Ideen_f=C3=BCr_den_Fr=C3=BChling?=',
      ],
      about => [
        'Die folgende Nachricht konnte nicht zugestellt werden.',
        '',
        `${about.recipient}: Benutzer unbekannt`,
      ],
    ),
  },
  {
    name: 'French: unknown, in base64 and Latin-1',
    kind: 'hard',
    raw: about =>
      lines(
        'From: postmaster@poste.example',
        `To: ${about.returnPath}`,
        'Subject: =?iso-8859-1?Q?=C9chec_de_la_remise?=',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from(
          `Votre message n'a pas pu être remis.\n${about.recipient}: destinataire inconnu\n`,
          'latin1',
        ).toString('base64'),
        '',
      ),
  },
  {
    name: 'an appliance that says it in a page',
    kind: 'block',
    raw: about =>
      lines(
        'From: MAILER-DAEMON@filter.example',
        `To: ${about.returnPath}`,
        'Subject: Returned mail: see transcript for details',
        'MIME-Version: 1.0',
        'Content-Type: text/html; charset=utf-8',
        '',
        '<html><body><b>550 5.7.1</b> Message rejected as spam by <i>content filter</i></body></html>',
        '',
      ),
  },
  {
    name: 'delivered, as asked',
    kind: 'delivered',
    status: '2.0.0',
    raw: postfix('2.0.0', ['Diagnostic-Code: smtp; 250 2.0.0 OK'], 'delivered'),
  },
]

const away = (head: string[]) =>
  plain(head, () => [
    'Thank you for your mail. I am out of the office until 550 Monday.',
    'User unknown to the office, ask Bob.',
  ])

export const answers: Sample[] = [
  {
    name: 'Outlook',
    kind: 'auto-reply',
    raw: away([
      'From: Ann <ann@people.example>',
      'Subject: Automatic reply: Three ideas for spring',
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: All',
    ]),
  },
  {
    name: 'Gmail',
    kind: 'auto-reply',
    raw: away([
      'From: Ann <ann@people.example>',
      'Subject: Out of office Re: Three ideas for spring',
      'Auto-Submitted: auto-replied',
      'Precedence: bulk',
      'X-Autoreply: yes',
    ]),
  },
  {
    name: 'a vacation program',
    kind: 'auto-reply',
    raw: away([
      'From: ann@people.example',
      'Subject: away from my mail',
      'Precedence: auto_reply',
      'X-Autorespond: vacation',
    ]),
  },
  {
    name: 'German, with nothing but a subject',
    kind: 'auto-reply',
    raw: away(['From: ann@people.example', 'Subject: =?utf-8?Q?Abwesenheitsnotiz:_Drei_Ideen?=']),
  },
  {
    name: 'one whose subject speaks of delivery',
    kind: 'auto-reply',
    raw: away([
      'From: ann@people.example',
      'Subject: Automatic reply: Delivery failed? How to write better mails',
      'Auto-Submitted: auto-replied',
      'In-Reply-To: <x@tend.example>',
    ]),
  },
  {
    name: 'a person who answers to the return path',
    kind: 'other',
    raw: plain(['From: Ann <ann@people.example>', 'Subject: Re: Three ideas for spring'], () => [
      'I like the second one. 550 people will, too.',
    ]),
  },
  {
    name: 'spam to the return path',
    kind: 'other',
    raw: plain(['From: Prince <prince@evil.example>', 'Subject: Delivery of your inheritance'], () => [
      'user unknown 550 5.1.1',
    ]),
  },
]

export const arf =
  (type: string, given: { redacted?: boolean } = {}) =>
  (about: About) =>
    lines(
      'From: <feedback@isp.example>',
      'To: <complaints@bounce.localhost>',
      'Subject: FW: Three ideas for spring',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=feedback-report; boundary="part1"',
      '',
      '--part1',
      'Content-Type: text/plain; charset="US-ASCII"',
      '',
      'This is an email abuse report for an email message received from 192.0.2.7.',
      '',
      '--part1',
      'Content-Type: message/feedback-report',
      '',
      `Feedback-Type: ${type}`,
      'User-Agent: SomeGenerator/1.0',
      'Version: 1',
      ...(given.redacted
        ? []
        : [`Original-Mail-From: <${about.returnPath}>`, `Original-Rcpt-To: <${about.recipient}>`]),
      'Source-IP: 192.0.2.7',
      '',
      '--part1',
      'Content-Type: message/rfc822',
      'Content-Disposition: inline',
      '',
      ...original(
        given.redacted ? { ...about, returnPath: 'redacted@tend.example', recipient: 'redacted' } : about,
      ),
      '',
      'Hello',
      '--part1--',
      '',
    )

export const complaints: Sample[] = [
  { name: 'abuse', kind: 'complaint', raw: arf('abuse') },
  { name: 'abuse, with every address taken out', kind: 'complaint', raw: arf('abuse', { redacted: true }) },
  { name: 'fraud', kind: 'complaint', raw: arf('fraud') },
  { name: 'taken back', kind: 'other', raw: arf('not-spam') },
  { name: 'a report about authentication', kind: 'other', raw: arf('auth-failure') },
  { name: 'an opt-out', kind: 'opt-out', raw: arf('opt-out') },
]
