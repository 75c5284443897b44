-- crm: what other systems of the house know of the same people, and what passes between them and us.
create schema crm;

create table crm.connection (
  id bigint primary key,
  name text not null,
  connector text not null,
  status text not null check (status in ('draft', 'live', 'paused', 'archived')),
  -- Why it does not run: a person's word, or ours (the CRM refuses our key).
  pause_words text,
  settings jsonb not null,
  -- Sealed with the key of the installation: what an admin typed in, and what sign-in gave us.
  secrets text not null,
  vault text not null,
  -- The mapping as it is being edited; published ones are in crm.mapping and never change.
  draft jsonb not null,
  live_mapping int,
  -- What the CRM said of its objects and fields, when, and what is not as it was.
  schema jsonb,
  described_at timestamptz,
  drift jsonb not null default '[]',
  calls_per_day int not null,
  -- From the CRM's own headers; null until it said anything.
  quota jsonb,
  -- none -> checking -> report -> accepted -> loading -> done
  load_state text not null default 'none',
  load_report jsonb,
  load_job text,
  loaded_at timestamptz,
  -- In the address that the CRM calls.
  hook_key text not null,
  owner_id text,
  review_on date,
  version int not null default 1,
  synced_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);

create table crm.mapping (
  connection_id bigint not null,
  version int not null,
  mapping jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (connection_id, version)
);

-- One record of a CRM and what it is here. The look-up over all records, as audience.identity is over all names:
-- `local_id` is a contact for the kind person; what is held of a contact is taken out by the room's own forget.
create table crm.link (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  kind text not null,
  local_id bigint not null,
  -- The record that fields flow to and from, where a person is several records.
  is_primary boolean not null,
  state text not null check (state in ('active', 'deleted_remote', 'deleted_local', 'merged', 'converted')),
  -- The record it became (merge, conversion).
  became jsonb,
  -- Field -> the values both sides agreed on last: one value, or {"l": ours, "r": theirs} where they differ.
  base jsonb not null default '{}',
  -- What is on its way there: found there later, it is our own word.
  sent jsonb,
  -- Fields that went back and forth too often, and how often they did.
  frozen text[] not null default '{}',
  flips jsonb not null default '{}',
  remote_version text,
  remote_modified timestamptz,
  -- When the values were asked for that this row knows: older answers are not news.
  read_at timestamptz not null,
  pulled_at timestamptz,
  pushed_at timestamptz,
  version int not null default 1,
  primary key (connection_id, remote_type, remote_id)
) with (fillfactor = 80);
create index link_local on crm.link (local_id, kind, connection_id);

-- Where a stream of changes stands.
create table crm.stream (
  connection_id bigint not null,
  remote_type text not null,
  stream text not null,
  at text not null,
  id text not null,
  token text,
  done boolean not null default false,
  count bigint not null default 0,
  polled_at timestamptz,
  primary key (connection_id, remote_type, stream)
);

-- What may have to be written: looked at when its turn comes, so that ten changes are one write.
create table crm.outbox (
  connection_id bigint not null,
  kind text not null,
  local_id bigint not null,
  lane text not null check (lane in ('interactive', 'delta', 'backfill')),
  state text not null default 'waiting' check (state in ('waiting', 'parked')),
  -- Their side is to be changed whatever ours says: it was found there that it is not as agreed.
  is_urged boolean not null default false,
  -- Raised whenever it is asked for again: what was asked for meanwhile is not done.
  seq int not null default 1,
  attempts int not null default 0,
  not_before timestamptz not null,
  queued_at timestamptz not null,
  issue_id bigint,
  primary key (connection_id, kind, local_id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
create index outbox_due on crm.outbox (connection_id, lane, not_before) where state = 'waiting';
create index outbox_issue on crm.outbox (issue_id) where issue_id is not null;

-- Records that a webhook, a person or a comparison asks to be read again.
create table crm.hint (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  at timestamptz not null,
  primary key (connection_id, remote_type, remote_id)
);

-- Records to be deleted in the CRM because they were here; kept afterwards, so that nothing brings them back.
create table crm.removal (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  reason text not null,
  at timestamptz not null,
  state text not null check (state in ('waiting', 'done', 'kept', 'parked')),
  attempts int not null default 0,
  issue_id bigint,
  primary key (connection_id, remote_type, remote_id)
);

-- Records that were read and are nobody here: without an address, or not to be made. The comparison knows them.
create table crm.stranger (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  primary key (connection_id, remote_type, remote_id)
);

-- Ids that the nightly comparison saw; emptied when it is over.
create unlogged table crm.sighting (
  connection_id bigint not null,
  remote_type text not null,
  remote_id text not null,
  primary key (connection_id, remote_type, remote_id)
);

-- One cause: the same kind, code, object and fields.
create table crm.issue (
  id bigint primary key,
  connection_id bigint not null,
  fingerprint text not null,
  kind text not null,
  remote_type text,
  words text not null,
  fields text[] not null default '{}',
  -- An exchange as an example, without secrets.
  sample jsonb,
  state text not null check (state in ('open', 'ignored', 'resolved')),
  first_at timestamptz not null,
  last_at timestamptz not null,
  unique (connection_id, fingerprint)
);

-- The records that have it.
create table crm.issue_item (
  issue_id bigint not null,
  item text not null,
  connection_id bigint not null,
  kind text not null,
  local_id bigint,
  remote_type text,
  remote_id text,
  words text not null,
  at timestamptz not null,
  primary key (issue_id, item)
);
create index issue_item_local on crm.issue_item (local_id, kind) where local_id is not null;
create index issue_item_remote on crm.issue_item (connection_id, remote_type, remote_id);

-- Both sides changed one field: both values, and who won.
create table crm.clash (
  contact_id bigint not null,
  id bigint not null,
  connection_id bigint not null,
  field text not null,
  ours jsonb,
  theirs jsonb,
  winner text not null,
  at timestamptz not null,
  primary key (contact_id, id)
);

-- Calls per day of the machine and lane.
create table crm.call (
  connection_id bigint not null,
  day date not null,
  lane text not null,
  calls int not null,
  primary key (connection_id, day, lane)
);

create table crm.person_of (
  connection_id bigint not null,
  remote_id text not null,
  name text not null,
  email text,
  is_active boolean not null,
  user_id text,
  primary key (connection_id, remote_id)
);

create table crm.campaign (
  id bigint primary key,
  connection_id bigint not null,
  name text not null,
  status text,
  updated_at timestamptz not null
);

create table crm.member (
  contact_id bigint not null,
  id bigint not null,
  campaign_id bigint not null,
  connection_id bigint not null,
  status text not null,
  updated_at timestamptz not null,
  primary key (contact_id, id)
);

create index member_id on crm.member (id);

create table crm.task (
  contact_id bigint not null,
  id bigint not null,
  connection_id bigint not null,
  subject text not null,
  body text not null,
  due_on date,
  owner_id text,
  -- open, done
  status text not null,
  -- What asked for it: the same again changes it instead of making another.
  reason text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (contact_id, id)
);

create index task_id on crm.task (id);

create table crm.deal (
  id bigint primary key,
  connection_id bigint not null,
  name text not null,
  stage text,
  pipeline text,
  status text not null check (status in ('open', 'won', 'lost')),
  amount numeric,
  currency text,
  probability numeric,
  close_on date,
  company_id bigint,
  owner_id text,
  opened_at timestamptz,
  closed_at timestamptz,
  gone boolean not null default false,
  updated_at timestamptz not null
);
create index deal_company on crm.deal (company_id) where company_id is not null;

create table crm.deal_step (
  deal_id bigint not null,
  id bigint not null,
  at timestamptz not null,
  from_stage text,
  to_stage text,
  status text not null,
  amount numeric,
  primary key (deal_id, id)
);

create table crm.deal_role (
  contact_id bigint not null,
  deal_id bigint not null,
  role text,
  is_primary boolean not null,
  primary key (contact_id, deal_id)
);
create index deal_role_deal on crm.deal_role (deal_id);
