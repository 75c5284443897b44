-- Outgoing webhooks: who is told of which events, and what became of every call.

create table outreach.endpoint (
  id bigint primary key,
  name text not null,
  url text not null,
  -- Event types; {*} means all.
  types text[] not null,
  -- A filter on the contact, or null for all contacts.
  filter jsonb,
  -- off: by a person; disabled: by us, because it failed for days or said that it is gone.
  state text not null check (state in ('on', 'off', 'disabled')),
  state_words text,
  -- Sealed with the key of the installation. After a rotation both sign until the old one runs out.
  secret text not null,
  old_secret text,
  old_secret_until timestamptz,
  -- Who hears when it is disabled.
  owner_id text not null,
  -- Since when and how often in a row it has failed.
  failing_since timestamptz,
  failures integer not null default 0,
  delivered_at timestamptz,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- The outbox: one row per event and endpoint, written in the tick that saw the event. The body is made from the
-- ledger when it is called, so that nothing about a person is kept twice.
create table outreach.call (
  contact_id bigint not null,
  event_id bigint not null,
  endpoint_id bigint not null,
  event_at timestamptz not null,
  type text not null,
  lane smallint not null,
  state text not null check (state in ('waiting', 'calling', 'delivered', 'failed')),
  attempt smallint not null,
  not_before timestamptz not null,
  queued_at timestamptz not null,
  -- The worker that calls it.
  sender text,
  done_at timestamptz,
  status smallint,
  words text,
  primary key (contact_id, event_id, endpoint_id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create index call_due_idx on outreach.call (endpoint_id, not_before) where state = 'waiting';
create index call_calling_idx on outreach.call (sender) where state = 'calling';
create index call_log_idx on outreach.call (endpoint_id, queued_at desc, event_id desc);
create index call_age_idx on outreach.call using brin (queued_at);

-- What was sent and answered, cut to 4 kB each, without signatures; for 30 days.
create table outreach.call_attempt (
  contact_id bigint not null,
  event_id bigint not null,
  endpoint_id bigint not null,
  number smallint not null,
  at timestamptz not null,
  took_ms integer not null,
  status smallint,
  words text not null,
  request text not null,
  response text not null,
  primary key (contact_id, event_id, endpoint_id, number)
);
create index call_attempt_age_idx on outreach.call_attempt using brin (at);
