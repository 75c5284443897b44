-- crm: alerts for sales, whom they reached and who answered, and leads that were handed over.
create schema if not exists crm;

create table crm.alert_rule (
  id bigint primary key,
  name text not null,
  status text not null check (status in ('draft', 'live', 'paused', 'archived')),
  draft jsonb not null,
  -- Optimistic lock: every save names the version it started from.
  version integer not null,
  live_version integer,
  owner_id text,
  review_on date,
  -- How many a team got by turns so far: whose turn it is.
  turn bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table crm.alert_rule_version (
  rule_id bigint not null references crm.alert_rule,
  number integer not null,
  definition jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (rule_id, number)
);

create table crm.alert (
  contact_id bigint not null,
  id bigint not null,
  -- Null: a workflow raised it.
  rule_id bigint,
  -- The rule's or workflow's name, and what it says.
  source text not null,
  headline text not null,
  -- What happened, in words, and the event.
  because text,
  cause_id bigint,
  -- The same reason raises one alert, however often the tick is repeated.
  reason text not null,
  raised_at timestamptz not null,
  -- {afterMinutes, userIds}: who is told next while nobody answers; level: how many were.
  escalation jsonb,
  level smallint not null default 0,
  acknowledged_at timestamptz,
  acknowledged_by text,
  primary key (contact_id, id),
  unique (contact_id, reason)
);
create index alert_of_rule_idx on crm.alert (rule_id, id desc);

-- One per person or channel that is told.
create table crm.alert_notice (
  contact_id bigint not null,
  id bigint not null,
  alert_id bigint not null,
  level smallint not null,
  user_id text,
  channel text not null check (channel in ('email', 'slack', 'teams', 'task')),
  -- Not before: quiet hours, or the time of a digest.
  due_at timestamptz not null,
  -- Waits for a digest.
  waits boolean not null,
  primary key (contact_id, id)
);
create index alert_notice_alert_idx on crm.alert_notice (contact_id, alert_id);
create index alert_notice_due_idx on crm.alert_notice (due_at) where waits;

-- A lead that sales is asked to take.
create table crm.handoff (
  contact_id bigint not null,
  id bigint not null,
  user_id text not null,
  state text not null check (state in ('open', 'accepted', 'returned')),
  -- Why it was handed over, and by what.
  words text not null,
  requested_by text not null,
  alert_id bigint,
  -- The last time something made it hot: the feed's order.
  hot_at timestamptz not null,
  requested_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  return_reason text,
  note text,
  primary key (contact_id, id)
);
create unique index handoff_open_idx on crm.handoff (contact_id) where state = 'open';
create index handoff_mine_idx on crm.handoff (user_id, state, hot_at desc, id desc);
create index handoff_recent_idx on crm.handoff (state, hot_at desc, id desc);
