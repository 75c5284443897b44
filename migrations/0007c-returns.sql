-- outreach: what comes back, and how people want to be written to.

-- What became of a message after it had left: beside its state, which says how it left.
alter table outreach.message
  add column bounced_at timestamptz,
  add column bounce text check (bounce in ('hard', 'soft', 'block')),
  add column bounce_words text,
  add column complained_at timestamptz;

create index message_bounced_idx on outreach.message (id desc) where bounce is not null;
create index message_complained_idx on outreach.message (id desc) where complained_at is not null;

-- Mail that the bounce listener took and nobody has read yet; a row is gone once it is understood.
create table outreach.inbox (
  id bigint primary key,
  at timestamptz not null,
  -- Our address that it was sent to: a return path, or the one for complaints.
  recipient text not null,
  raw bytea not null,
  -- What it failed on, if it did: it is tried three times, then kept for a week.
  tries smallint not null default 0,
  trouble text
);

-- What was learned from it, once per message and kind: the same news again changes nothing.
create table outreach.news (
  contact_id bigint not null,
  id bigint not null,
  message_id bigint not null,
  kind text not null check (kind in ('hard', 'soft', 'block', 'delayed', 'delivered', 'auto-reply', 'complaint')),
  -- RFC 3463, `5.1.1`, and what the provider wrote.
  status text,
  words text not null default '',
  -- Where it came in: smtp, listener, or the name of a webhook.
  source text not null,
  at timestamptz not null,
  primary key (contact_id, id)
);
create unique index news_once on outreach.news (contact_id, message_id, kind);
create index news_recent on outreach.news (id desc);

-- Providers that tell by webhook what came back.
create table outreach.news_source (
  id bigint primary key,
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  -- Sealed with the key of the installation.
  secret text not null,
  created_at timestamptz not null,
  created_by text not null,
  -- Machine time of the last call that was signed as it should be.
  last_at timestamptz
);

-- How a contact wants to be written to, in his own words in the preference centre.
create table outreach.preference (
  contact_id bigint primary key,
  frequency text not null default 'all' check (frequency in ('all', 'weekly', 'monthly')),
  paused_until timestamptz,
  updated_at timestamptz not null
);

-- Why somebody left, where he wanted to say so.
create table outreach.leaving (
  contact_id bigint not null,
  message_id bigint not null,
  reason text not null check (reason in ('too-many', 'not-relevant', 'never-signed-up', 'other-address', 'other')),
  at timestamptz not null,
  primary key (contact_id, message_id)
);
create index leaving_at on outreach.leaving (at);

-- Requests to confirm a subscription (double opt-in): at most one letter per address a day.
create table outreach.opt_in (
  contact_id bigint not null,
  id bigint not null,
  address_hash bytea not null,
  asked_at timestamptz not null,
  confirmed_at timestamptz,
  primary key (contact_id, id)
);
