-- Workflows: definitions, versions, who is inside and where, and what each step did.
create schema workflows;

create table workflows.workflow (
  id bigint primary key,
  name text not null,
  status text not null check (status in ('draft', 'live', 'paused', 'archived')),
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

create table workflows.version (
  workflow_id bigint not null references workflows.workflow,
  number integer not null,
  definition jsonb not null,
  -- What became of those who were inside an earlier version: stay in it, move over, or leave.
  inside text not null check (inside in ('stay', 'move', 'exit')),
  owner_id text not null,
  review_on date not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (workflow_id, number)
);

create table workflows.enrolment (
  contact_id bigint not null,
  id bigint not null,
  workflow_id bigint not null,
  -- The version a participant is pinned to.
  version integer not null,
  -- Re-entry as a constraint: two ways in that race make the same key, and one of them stays outside.
  entry_key text not null,
  status text not null check (status in ('active', 'done', 'left', 'parked')),
  node text not null,
  arrived_at timestamptz not null,
  -- Steps done so far: the number of the next row in the step log, and part of every message's reason.
  steps integer not null,
  wake_at timestamptz,
  -- Event types that may move a participant on while he waits.
  listens text[] not null,
  -- A wake that came while the workflow was paused; resuming makes up for it.
  held boolean not null,
  state jsonb not null,
  why jsonb not null,
  cause_id bigint,
  entered_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  -- Every write names the revision it read: a lost race is seen, not written over.
  rev integer not null,
  primary key (contact_id, id),
  unique (contact_id, workflow_id, entry_key)
) with (fillfactor = 80);
create unique index enrolment_inside on workflows.enrolment (contact_id, workflow_id) where status = 'active';
create index enrolment_standing on workflows.enrolment (workflow_id, version, node, contact_id) where status = 'active';
create index enrolment_of_workflow on workflows.enrolment (workflow_id, id);

create table workflows.step (
  contact_id bigint not null,
  enrolment_id bigint not null,
  id integer not null,
  node text not null,
  exit text not null,
  at timestamptz not null,
  cause_id bigint,
  primary key (contact_id, enrolment_id, id)
);

-- How many left each step by each exit: additive, one shard per group of lanes so that workers never meet on a row.
create table workflows.tally (
  workflow_id bigint not null,
  version integer not null,
  node text not null,
  exit text not null,
  shard smallint not null,
  n bigint not null,
  primary key (workflow_id, version, node, exit, shard)
) with (fillfactor = 50);
