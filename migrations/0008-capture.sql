-- capture: where events come from. No table of this module has a row per contact.
create schema capture;

-- A source is a place that sends events: a server (its key is a secret, only its hash is kept) or a web site
-- (its key is public, and stands in the page).
create table capture.source (
  id bigint primary key,
  name text not null check (length(name) between 1 and 120),
  type text not null check (type in ('server', 'browser')),
  -- What people recognise a key by: its first characters.
  key_prefix text not null,
  key_hash bytea not null unique,
  public_key text check ((public_key is not null) = (type = 'browser')),
  -- Hosts of the pages that may use a browser key, like shop.example or *.shop.example; none = any.
  allowed_hosts text[] not null default '{}',
  enabled boolean not null default true,
  -- Browser sources: nothing is recorded of a visitor before he has agreed on that site.
  needs_consent boolean not null default false check (type = 'browser' or not needs_consent),
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version int not null default 1
);

-- Calls that were not taken, and why: what a developer looks at when events are missing. Kept for days only,
-- because a rejected call may hold anything, also personal data that erasure cannot find.
create table capture.reject (
  id bigint primary key,
  source_id bigint not null references capture.source (id) on delete cascade,
  received_at timestamptz not null,
  reason text not null,
  detail text not null,
  message_id text,
  call text not null
);
create index on capture.reject (source_id, id desc);
create index on capture.reject (received_at);

-- How much came, per source and day of business time (UTC). Additive; written every few seconds, not per event.
create table capture.source_day (
  source_id bigint not null references capture.source (id) on delete cascade,
  day date not null,
  accepted bigint not null default 0,
  rejected bigint not null default 0,
  bots bigint not null default 0,
  opted_out bigint not null default 0,
  last_at timestamptz not null,
  primary key (source_id, day)
);
