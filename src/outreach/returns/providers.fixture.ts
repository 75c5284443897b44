import { type About, dsn, exchange, plain, postfix, type Sample } from './corpus.fixture.ts'

// What large providers and common servers answer, each in the shape in which it comes back to us: the words after
// their public lists of error codes, all names made up.

type Kind = Sample['kind']
type Row = [name: string, kind: Kind, status: string | null, diagnostic: string]
const samples = (rows: Row[], shape: (status: string | null, text: string) => Sample['raw']): Sample[] =>
  rows.map(([name, kind, status, text]) => ({
    name,
    kind,
    ...(status ? { status } : {}),
    raw: shape(status, text),
  }))

/** Our own Postfix relay gives back what the provider said. */
const relayed = samples(
  [
    [
      'Gmail: no such user',
      'hard',
      '5.1.1',
      "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos",
    ],
    [
      'Gmail: disabled account',
      'hard',
      '5.2.1',
      '550 5.2.1 The email account that you tried to reach is disabled.',
    ],
    [
      'Gmail: inactive account',
      'hard',
      '5.2.1',
      '550 5.2.1 The email account that you tried to reach is inactive.',
    ],
    [
      'Gmail: over quota',
      'soft',
      '5.2.2',
      "552 5.2.2 The recipient's inbox is out of storage space and inactive.",
    ],
    [
      'Gmail: over quota, for now',
      'soft',
      '4.2.2',
      "452 4.2.2 The recipient's inbox is out of storage space.",
    ],
    [
      'Gmail: low reputation of the domain',
      'block',
      '5.7.1',
      '550 5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of the sending domain.',
    ],
    [
      'Gmail: unauthenticated',
      'block',
      '5.7.26',
      '550 5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.',
    ],
    [
      'Gmail: DMARC',
      'block',
      '5.7.26',
      "550 5.7.26 Unauthenticated email from tend.example is not accepted due to domain's DMARC policy.",
    ],
    [
      'Gmail: no PTR record',
      'block',
      '5.7.25',
      '550 5.7.25 The IP address sending this message does not have a PTR record setup',
    ],
    [
      'Gmail: no Message-ID',
      'block',
      '5.7.1',
      '550 5.7.1 Messages missing a valid Message-ID header are not accepted. 550-5.7.1 policy',
    ],
    [
      'Gmail: rate limited',
      'block',
      '4.7.28',
      '421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.',
    ],
    [
      'Gmail: TLS needed',
      'block',
      '5.7.29',
      '550 5.7.29 This mail has been rate limited because it was sent over a connection without TLS.',
    ],
    ['Gmail: try later', 'soft', '4.3.0', '451 4.3.0 Mail server temporarily rejected message.'],
    [
      'Gmail: daily limit of the recipient',
      'soft',
      '4.2.1',
      '450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend later.',
    ],
    [
      'Gmail: attachment it does not take',
      'block',
      '5.7.0',
      '552 5.7.0 This message was blocked because its content presents a potential security issue.',
    ],
    [
      'Outlook.com: no such mailbox',
      'hard',
      '5.5.0',
      '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).',
    ],
    [
      'Outlook.com: address on a block list',
      'block',
      '5.7.1',
      "550 5.7.1 Unfortunately, messages from [192.0.2.7] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
    ],
    [
      'Outlook.com: authentication',
      'block',
      '5.7.515',
      '550 5.7.515 Access denied, sending domain TEND.EXAMPLE does not meet the required authentication level.',
    ],
    [
      'Outlook.com: throttled',
      'block',
      '4.7.650',
      '451 4.7.650 The mail server [192.0.2.7] has been temporarily rate limited due to IP reputation.',
    ],
    ['Outlook.com: server busy', 'soft', '4.3.2', '451 4.3.2 Server busy. Please try again later.'],
    [
      'Yahoo: no such user',
      'hard',
      '5.0.0',
      "554 delivery error: dd This user doesn't have a yahoo.example account (ann@people.example) [0]",
    ],
    ['Yahoo: mailbox not found', 'hard', '5.1.1', '552 1 Requested mail action aborted, mailbox not found'],
    [
      'Yahoo: deferred for complaints',
      'block',
      '4.7.0',
      '421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume or user complaints',
    ],
    [
      'Yahoo: permanently deferred',
      'block',
      '4.7.1',
      '421 4.7.1 [TS03] All messages from 192.0.2.7 will be permanently deferred; Retrying will NOT succeed.',
    ],
    ['Yahoo: policy', 'block', '5.7.9', '554 5.7.9 Message not accepted for policy reasons.'],
    [
      'Yahoo: over quota',
      'soft',
      '5.2.2',
      '554 5.2.2 30 Sorry, your message to ann@people.example cannot be delivered. This mailbox is over quota.',
    ],
    ['GMX: mailbox unavailable', 'hard', '5.1.1', '550 Requested action not taken: mailbox unavailable'],
    [
      'GMX: blocked for reputation',
      'block',
      '5.7.1',
      '554 5.7.1 Transaction failed. Reject due to policy restrictions. For explanation visit https://postmaster.gmx.example/error',
    ],
    [
      'GMX: blacklisted',
      'block',
      null,
      '554 IP address is blacklisted. Explanation: https://postmaster.gmx.example',
    ],
    [
      'GMX: quota',
      'soft',
      '5.2.2',
      '552 5.2.2 Quota exceeded. The recipient has exceeded their mailbox quota.',
    ],
    [
      'GMX: too many connections',
      'soft',
      '4.3.2',
      '421 4.3.2 Service not available, closing transmission channel, please try again later',
    ],
    ['T-Online: unknown user', 'hard', '5.1.1', '550 5.1.1 unknown user. Kein Postfach dieses Namens.'],
    [
      'T-Online: sender refused',
      'block',
      '5.7.0',
      '554 5.7.0 IP=192.0.2.7 - A problem occurred. Ask your postmaster for help or to contact tosa@rx.t-online.example to clarify.',
    ],
    ['T-Online: full', 'soft', '5.2.2', '552 5.2.2 <ann@people.example> Mailbox over quota'],
    [
      'Freenet: unknown',
      'hard',
      '5.1.1',
      '550 5.1.1 <ann@people.example>: Recipient address rejected: unknown user',
    ],
    ['iCloud: unknown', 'hard', '5.1.1', '550 5.1.1 unknown or illegal alias: ann@people.example'],
    ['iCloud: over quota', 'soft', '5.2.2', '552 5.2.2 user is over quota'],
    [
      'iCloud: policy',
      'block',
      '5.7.1',
      '554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.icloud.example',
    ],
    ['iCloud: DMARC', 'block', '5.7.1', "550 5.7.1 Message rejected due to the domain's DMARC policy"],
    [
      'AOL: refused for content',
      'block',
      '5.7.0',
      '554 5.7.0 (HVU:B1) Message rejected because of the content',
    ],
    ['Comcast: no mailbox', 'hard', '5.1.1', '550 5.1.1 Not our Customer, recipient not found'],
    [
      'Comcast: blocked',
      'block',
      '5.7.1',
      '554 5.7.1 resimta-po.example 192.0.2.7 Comcast block for spam. Please see https://postmaster.comcast.example',
    ],
    [
      'Orange: unknown, in French',
      'hard',
      '5.1.1',
      '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]',
    ],
    [
      'Orange: too many',
      'block',
      '4.7.0',
      '421 4.7.0 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_999 too many connections',
    ],
    ['Free.fr: full', 'soft', '5.2.2', '552 5.2.2 Over quota'],
    [
      'Mail.ru: no such user',
      'hard',
      '5.1.1',
      '550 Message was not accepted -- invalid mailbox.  Local mailbox ann@people.example is unavailable: user not found',
    ],
    [
      'Mail.ru: spam',
      'block',
      '5.7.1',
      '550 5.7.1 spam message rejected. Please visit http://help.mail.example/notspam-support',
    ],
    ['Yandex: no such user', 'hard', '5.7.1', '550 5.7.1 No such user!'],
    [
      'QQ: refused for frequency',
      'block',
      '5.7.1',
      '550 5.7.1 Mail content denied, or connection frequency limited.',
    ],
    ['QQ: no mailbox', 'hard', '5.1.1', '550 5.1.1 Mailbox unavailable or access denied: user not found'],
    ['NetEase: rate', 'block', '4.7.1', '451 4.7.1 RP:CTL too many connections from your IP'],
    ['Zoho: unknown', 'hard', '5.1.1', '550 5.1.1 User does not exist - <ann@people.example>'],
    [
      'Fastmail: unknown',
      'hard',
      '5.1.1',
      '550 5.1.1 <ann@people.example>: Recipient address rejected: User unknown in virtual alias table',
    ],
    [
      'Proton: unknown',
      'hard',
      '5.1.1',
      '550 5.1.1 <ann@people.example>: Recipient address rejected: Address does not exist',
    ],
    [
      'Mimecast: refused by policy',
      'block',
      '5.7.1',
      '550 5.7.1 Rejected by header based manually Blocked Senders - https://community.mimecast.example [policy]',
    ],
    [
      'Mimecast: unknown',
      'hard',
      '5.1.1',
      '550 5.1.1 Invalid Recipient - https://community.mimecast.example',
    ],
    [
      'Proofpoint: blocked',
      'block',
      '5.7.0',
      '554 5.7.0 Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.7',
    ],
    [
      'Barracuda: blocked',
      'block',
      '5.7.1',
      '554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using Barracuda Reputation',
    ],
    [
      'Spamhaus',
      'block',
      '5.7.1',
      '554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.example',
    ],
    ['SpamAssassin', 'block', '5.7.1', '550 5.7.1 This message scored 9.4 points and is considered spam'],
    [
      'Cisco ESA: reputation',
      'block',
      null,
      "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.",
    ],
    ['Sophos: content', 'block', '5.7.1', '550 5.7.1 Message content rejected as it contains a virus'],
    [
      'greylisting',
      'block',
      '4.7.1',
      '450 4.7.1 <ann@people.example>: Recipient address rejected: Greylisted, see http://postgrey.example',
    ],
    ['relay denied', 'block', '5.7.1', '554 5.7.1 <ann@people.example>: Relay access denied'],
    [
      'sender refused',
      'block',
      '5.1.8',
      '550 5.1.8 <hello@tend.example>: Sender address rejected: Domain not found',
    ],
    ['a moved mailbox', 'hard', '5.1.6', '551 5.1.6 User has moved; please try <ann@elsewhere.example>'],
    ['a null MX', 'hard', '5.1.10', '556 5.1.10 Domain people.example does not accept mail (nullMX)'],
    ['bad syntax of the address', 'hard', '5.1.3', '553 5.1.3 The recipient address is not a valid address'],
    [
      'no DNS for the moment',
      'soft',
      '4.4.3',
      '451 4.4.3 Host or domain name not found. Name service error: try again',
    ],
    [
      'connection timed out',
      'soft',
      '4.4.1',
      '421 4.4.1 connect to mail.people.example[192.0.2.9]:25: Connection timed out',
    ],
    ['the disk is full', 'soft', '4.3.1', '452 4.3.1 Insufficient system storage'],
    ['too large', 'block', '5.3.4', '552 5.3.4 Message size exceeds fixed maximum message size: 10240000'],
    [
      'too large for the mailbox',
      'block',
      '5.2.3',
      '552 5.2.3 Message exceeds the maximum size for this user',
    ],
    ['mail loop', 'soft', '5.4.6', '554 5.4.6 Too many hops: mail loop detected'],
  ],
  (status, text) => postfix(status ?? '5.0.0', [`Diagnostic-Code: smtp; ${text}`]),
)

/** Exchange, on premises and online, writes reports of its own. */
const ofExchange = samples(
  [
    [
      'Exchange: RESOLVER.ADR.RecipientNotFound',
      'hard',
      '5.1.1',
      '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found',
    ],
    [
      'Exchange: ex-recipient of an old list',
      'hard',
      '5.1.1',
      '550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found',
    ],
    [
      'Exchange: mailbox full',
      'soft',
      '5.2.2',
      "550 5.2.2 STOREDRV.Deliver; mailbox full. The following information should help: 'MapiExceptionShutoffQuotaExceeded'",
    ],
    [
      'Exchange: restricted recipient',
      'block',
      '5.7.1',
      '550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized',
    ],
    [
      'Exchange: restricted to people within',
      'block',
      '5.7.134',
      '550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required; the sender is unauthenticated',
    ],
    [
      'Exchange: transport rule',
      'block',
      '5.7.1',
      '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy',
    ],
    [
      'Exchange: tenant blocked us',
      'block',
      '5.7.606',
      '550 5.7.606 Access denied, banned sending IP [192.0.2.7]',
    ],
    ['Exchange: on a list', 'block', '5.7.511', '550 5.7.511 Access denied, banned sender[192.0.2.7]'],
    [
      'Exchange: directory-based blocking',
      'hard',
      '5.4.1',
      '550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [AM0PR01]',
    ],
    ['Exchange: message expired', 'soft', '5.4.7', '550 5.4.7 QUEUE.Expired; message expired'],
    [
      'Exchange: domain does not exist',
      'hard',
      '5.4.310',
      '550 5.4.310 DNS domain people.example does not exist [Message=InfoDomainNonexistent]',
    ],
    [
      'Exchange: connection refused',
      'soft',
      '5.4.316',
      '550 5.4.316 Message expired, connection refused(Socket error code 10061)',
    ],
    ['Exchange: loop', 'soft', '5.4.14', '554 5.4.14 Hop count exceeded - possible mail loop ATTR34'],
    [
      'Exchange: content too large',
      'block',
      '5.2.3',
      '550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient',
    ],
    ['Exchange: disabled mailbox', 'hard', '5.2.1', '550 5.2.1 STOREDRV.Deliver: mailbox disabled'],
    [
      'Exchange: throttled',
      'block',
      '4.7.500',
      '451 4.7.500 Server busy. Please try again later from [192.0.2.7].',
    ],
  ],
  (status, text) => exchange(status ?? '', text),
)

const sendmail = (status: string | null, text: string) =>
  dsn({
    from: 'Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>',
    subject: status?.startsWith('4.')
      ? 'Returned mail: see transcript for details'
      : 'Returned mail: User unknown',
    head: ['Auto-Submitted: auto-generated (failure)'],
    human: [
      'The original message was received at Mon, 11 May 2026 09:00:00 GMT',
      'from tend.example [192.0.2.7]',
      '',
      '   ----- The following addresses had permanent fatal errors -----',
      '<ann@people.example>',
      `    (reason: ${text})`,
      '',
      '   ----- Transcript of session follows -----',
      '... while talking to mail.people.example.:',
      '>>> DATA',
      `<<< ${text}`,
    ],
    report: ({ recipient }) => [
      'Reporting-MTA: dns; mx.example.net',
      'Received-From-MTA: DNS; tend.example',
      'Arrival-Date: Mon, 11 May 2026 09:00:00 GMT',
      '',
      `Final-Recipient: RFC822; ${recipient}`,
      'Action: failed',
      `Status: ${status ?? '5.0.0'}`,
      'Remote-MTA: DNS; mail.people.example',
      `Diagnostic-Code: SMTP; ${text}`,
      'Last-Attempt-Date: Mon, 11 May 2026 09:00:02 GMT',
    ],
    back: 'text/rfc822-headers',
  })

const ofSendmail = samples(
  [
    ['Sendmail: user unknown', 'hard', '5.1.1', '550 5.1.1 <ann@people.example>... User unknown'],
    [
      'Sendmail: host unknown',
      'hard',
      '5.1.2',
      '550 5.1.2 <ann@people.example>... Host unknown (Name server: people.example: host not found)',
    ],
    [
      'Sendmail: refused by a list',
      'block',
      '5.7.1',
      '550 5.7.1 Rejected: 192.0.2.7 listed at dnsbl.example',
    ],
    ['Sendmail: quota', 'soft', '5.2.2', '552 5.2.2 <ann@people.example>... Mailbox full'],
    [
      'Sendmail: given up',
      'soft',
      '4.4.7',
      '451 4.4.7 Message timed out: Operation timed out with mail.people.example.',
    ],
  ],
  sendmail,
)

/** Amazon SES, and relays like it, leave out the original. */
const ofSes = samples(
  [
    ['SES: unknown', 'hard', '5.1.1', 'smtp; 550 5.1.1 user unknown'],
    [
      'SES: suppressed there',
      'hard',
      '5.1.1',
      'Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.',
    ],
    ['SES: full', 'soft', '5.2.2', 'smtp; 552 5.2.2 mailbox full'],
    [
      'SES: gave up',
      'soft',
      '4.4.7',
      'smtp; 550 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for people.example>',
    ],
    ['SES: content', 'block', '5.7.1', 'smtp; 554 5.7.1 message content rejected'],
  ],
  (status, text) =>
    dsn({
      from: 'MAILER-DAEMON@eu-central-1.amazonses.example',
      subject: 'Delivery Status Notification (Failure)',
      human: [
        'An error occurred while trying to deliver the mail to the following recipients:',
        'ann@people.example',
      ],
      report: ({ recipient }) => [
        'Reporting-MTA: dns; a1-2.smtp-out.eu-central-1.amazonses.example',
        '',
        'Action: failed',
        `Final-Recipient: rfc822; ${recipient}`,
        `Diagnostic-Code: ${text.startsWith('smtp;') ? text : `X-Amazon; ${text}`}`,
        `Status: ${status}`,
      ],
      back: null,
    }),
)

const quoted = ({ messageId, recipient }: About) => [
  `Message-ID: ${messageId}`,
  `To: ${recipient}`,
  'Subject: Three ideas',
]

const ofQmail = samples(
  [
    ['qmail: no mailbox by that name', 'hard', '5.1.1', 'Sorry, no mailbox here by that name. (#5.1.1)'],
    [
      'qmail: host not found',
      'hard',
      '5.1.2',
      "Sorry, I couldn't find any host named people.example. (#5.1.2)",
    ],
    [
      'qmail: it tried for a week',
      'soft',
      '4.4.1',
      "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.",
    ],
    [
      'qmail: refused as spam',
      'block',
      '5.7.1',
      '192.0.2.9 failed after I sent the message.\nRemote host said: 554 5.7.1 Spam message rejected',
    ],
    [
      'qmail: does not like the recipient',
      'hard',
      '5.1.1',
      '192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 <ann@people.example>: user unknown\nGiving up on 192.0.2.9.',
    ],
  ],
  (_status, text) =>
    plain(['From: MAILER-DAEMON@mx.example.net', 'Subject: failure notice'], about => [
      'Hi. This is the qmail-send program at mx.example.net.',
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "This is a permanent error; I've given up. Sorry it didn't work out.",
      '',
      `<${about.recipient}>:`,
      ...text.split('\n'),
      '',
      '--- Below this line is a copy of the message.',
      '',
      ...quoted(about),
    ]),
)

const ofExim = samples(
  [
    ['Exim: unrouteable', 'hard', null, 'Unrouteable address'],
    [
      'Exim: refused after RCPT',
      'hard',
      '5.1.1',
      'host mail.people.example [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<ann@people.example>:\n    550 5.1.1 No such user here',
    ],
    [
      'Exim: refused after the data',
      'block',
      '5.7.1',
      'host mail.people.example [192.0.2.9]\n    SMTP error from remote mail server after end of data:\n    550 5.7.1 This message was classified as SPAM',
    ],
    ['Exim: mailbox is full', 'soft', null, 'mailbox is full: retry timeout exceeded'],
    [
      'Exim: retry time is over',
      'soft',
      null,
      'all hosts for people.example have been failing for a long time: retry time not reached: connection timed out',
    ],
  ],
  (_status, text) =>
    plain(
      [
        'From: Mail Delivery System <Mailer-Daemon@mx.example.net>',
        'Subject: Mail delivery failed: returning message to sender',
        'X-Failed-Recipients: ann@people.example',
        'Auto-Submitted: auto-replied',
      ],
      about => [
        'This message was created automatically by mail delivery software.',
        '',
        'A message that you sent could not be delivered to one or more of its',
        'recipients. This is a permanent error. The following address(es) failed:',
        '',
        `  ${about.recipient}`,
        ...text.split('\n').map(line => `    ${line}`),
        '',
        '------ This is a copy of the message, including all the headers. ------',
        '',
        ...quoted(about),
      ],
    ),
)

/** Servers that speak to their people: subject and text in their language, no report. */
const spoken: Sample[] = (
  [
    [
      'Spanish: the account does not exist',
      'hard',
      'No se pudo entregar: Three ideas',
      'No se ha podido entregar su mensaje: no existe la cuenta ann@people.example.',
    ],
    [
      'Italian: unknown',
      'hard',
      'Mancata consegna: Three ideas',
      'Il messaggio non è stato consegnato: utente sconosciuto.',
    ],
    [
      'Dutch: unknown',
      'hard',
      'Onbestelbaar: Three ideas',
      'Uw bericht kon niet worden bezorgd: gebruiker onbekend.',
    ],
    [
      'German: full',
      'soft',
      'Unzustellbar: Three ideas',
      'Ihre Nachricht konnte nicht zugestellt werden: Das Postfach ist voll.',
    ],
    [
      'German: refused as spam',
      'block',
      'Unzustellbar: Three ideas',
      'Ihre Nachricht wurde als Spam abgewiesen (554 5.7.1).',
    ],
    [
      'French: unknown',
      'hard',
      'Non remis : Three ideas',
      "Votre message n'a pas pu être remis : destinataire inconnu.",
    ],
  ] as const
).map(([name, kind, subject, words]) => ({
  name,
  kind,
  raw: plain(['From: postmaster@people.example', `Subject: ${subject}`], about => [
    words,
    '',
    ...quoted(about),
  ]),
}))

export const providers: Sample[] = [
  ...relayed,
  ...ofExchange,
  ...ofSendmail,
  ...ofSes,
  ...ofQmail,
  ...ofExim,
  ...spoken,
]

/** Answers of machines for people who are there, in the words of their languages. */
export const away: Sample[] = (
  [
    ['Dutch', 'Automatisch antwoord: Three ideas'],
    ['Swedish', 'Automatiskt svar: Three ideas'],
    ['Italian', 'Risposta automatica: Three ideas'],
    ['Spanish', 'Respuesta automática: Three ideas'],
    ['Portuguese', 'Resposta automática: Three ideas'],
    ['French', 'Réponse automatique : Three ideas'],
    ['Japanese', '自動応答: Three ideas'],
    ['English, on leave', 'On leave until 2 June'],
    ['German, on holiday', 'Im Urlaub bis 2. Juni'],
  ] as const
).map(([name, subject]) => ({
  name: `${name}: away`,
  kind: 'auto-reply',
  raw: plain(
    ['From: Ann <ann@people.example>', `Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`],
    () => ['550 kilometres from my desk; user unknown to the beach.'],
  ),
}))
