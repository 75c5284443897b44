-- outreach: what we say. Definitions are small tables; message, hit and mailbox belong to a contact.
create schema outreach;

-- Business settings of sending; what is not here has the default of src/outreach/settings.ts.
create table outreach.setting (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- The draft of an email, and which of its versions is live.
create table outreach.email (
  id bigint primary key,
  name text not null,
  status text not null check (status in ('draft', 'live', 'archived')),
  -- {subject, preheader, fromName, fromAddress, replyTo, kind, source, text}
  draft jsonb not null,
  -- Optimistic lock of the draft: every save names the version it started from.
  version integer not null,
  live_version integer,
  owner_id text,
  review_on date,
  updated_at timestamptz not null,
  updated_by text not null,
  created_at timestamptz not null
);
create index email_name_idx on outreach.email (name, id);

-- What was published, compiled once: messages keep pointing at the version they were made with.
create table outreach.email_version (
  id bigint primary key,
  email_id bigint not null references outreach.email,
  number integer not null,
  draft jsonb not null,
  subject text not null,
  html text not null,
  text text not null,
  -- [{url, label, dynamic}] in the order of their index in tracked links.
  links jsonb not null,
  owner_id text not null,
  review_on date not null,
  published_by text not null,
  published_at timestamptz not null,
  unique (email_id, number)
);

-- The ledger of messages: one row each, whatever becomes of it.
create table outreach.message (
  contact_id bigint not null,
  id bigint not null,
  lane smallint not null,
  -- 0: somebody waits for it (alert, test, service); 1: marketing.
  urgency smallint not null,
  channel text not null check (channel in ('email', 'webhook')),
  class text not null check (class in ('marketing', 'service', 'alert', 'test')),
  state text not null check (state in
    ('queued', 'sending', 'sent', 'failed', 'deferred', 'unknown', 'suppressed', 'cancelled')),
  -- What it is for, in the words of whoever queued it: the same reason makes the same message, once.
  reason text not null,
  generation integer not null,
  email_version_id bigint,
  -- Address or web address; for emails to contacts known from the moment of sending on.
  recipient text,
  -- The keyed hash of the address, by which it can be suppressed after its contact was deleted.
  address_hash bytea,
  payload jsonb,
  cause_id bigint,
  why jsonb not null,
  purpose text not null,
  -- 0: the purpose as a whole.
  topic_id bigint not null,
  queued_at timestamptz not null,
  not_before timestamptz not null,
  -- Attempts that the other side answered; a connection that broke before the body counts for nothing.
  attempt smallint not null,
  -- The gate's last word and its reason.
  verdict text,
  verdict_reason text,
  decided_at timestamptz,
  -- The worker that sends it or sent it last.
  sender text,
  sending_at timestamptz,
  sent_at timestamptz,
  reply_code smallint,
  reply_status text,
  reply_text text,
  -- First signal that was not a machine's.
  opened_at timestamptz,
  clicked_at timestamptz,
  -- [{state, at, words}] in order: every state it has been in.
  history jsonb not null,
  primary key (contact_id, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create unique index message_reason_idx on outreach.message (contact_id, reason, generation);
create index message_due_idx on outreach.message (lane, urgency, not_before, id) where state in ('queued', 'deferred');
create index message_sending_idx on outreach.message (sender) where state = 'sending';
create index message_recent_idx on outreach.message (id desc);
create index message_unknown_idx on outreach.message (id) where state = 'unknown';

-- Whom messages went to that were deleted with their contact: their links to unsubscribe still work.
create table outreach.farewell (
  contact_id bigint not null,
  address_hash bytea not null,
  primary key (contact_id, address_hash)
);

-- Every open and click as it came in, machine or not, so that a better rule can judge it anew.
create table outreach.hit (
  contact_id bigint not null,
  id bigint not null,
  message_id bigint not null,
  kind text not null check (kind in ('open', 'click')),
  link_index smallint,
  url text,
  at timestamptz not null,
  -- {method, userAgent, purpose, ...}: what the verdict is made from.
  signals jsonb not null,
  verdict text check (verdict in ('human', 'machine', 'unsure')),
  verdict_reason text,
  -- Until then more of the same may come and change the verdict.
  judge_at timestamptz not null,
  primary key (contact_id, id)
);
create index hit_message_idx on outreach.hit (contact_id, message_id, at);
create index hit_unjudged_idx on outreach.hit (judge_at) where verdict is null;

-- What was sent in the sandbox, as it would have left.
create table outreach.mailbox (
  contact_id bigint not null,
  id bigint not null,
  channel text not null,
  sender text not null,
  recipient text not null,
  subject text not null,
  at timestamptz not null,
  raw bytea not null,
  -- Where it went besides: "SMTP", "webhook", or null.
  also text,
  primary key (contact_id, id)
);
create index mailbox_id_idx on outreach.mailbox (id desc);
create index mailbox_recipient_idx on outreach.mailbox (recipient, id desc);

-- Documents for the sandboxed frame; gone after a quarter of an hour.
create table outreach.preview (
  id bigint primary key,
  html text not null,
  expires_at timestamptz not null
);

-- What became of messages per hour, for the breakers.
create table outreach.tally (
  hour timestamptz not null,
  outcome text not null,
  n integer not null,
  primary key (hour, outcome)
);

-- Test mails per person, so that nobody makes us an open relay.
create table outreach.test_send (
  actor text not null,
  id bigint not null,
  at timestamptz not null,
  primary key (actor, id)
);
