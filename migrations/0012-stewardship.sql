-- stewardship: care for the data. Merges with what it takes to undo them, duplicates, bulk changes, data quality.
create schema if not exists stewardship;

-- That records were merged into one; contact_id is the one that stayed. What it takes to undo it stands in merge_row.
create table stewardship.merge (
  contact_id bigint not null,
  id bigint not null,
  merged bigint[] not null,
  -- {"first_name": "<id of the contact whose value was taken>"}
  choices jsonb not null,
  at timestamptz not null,
  by text not null,
  undone_at timestamptz,
  undone_by text,
  primary key (contact_id, id)
);
create index merge_id on stewardship.merge (id);

-- Rows as they were before and after a merge, for 30 days. contact_id is the one that went. A row of his that only
-- changed hands has neither: it is found by its key, and goes back as it is by then.
create table stewardship.merge_row (
  contact_id bigint not null,
  merge_id bigint not null,
  n int not null,
  -- Whose row it was: of the one that went, or of the one that stayed.
  side text not null check (side in ('gone', 'stayed')),
  table_name text not null,
  -- The primary key without the contact.
  key jsonb not null,
  before jsonb,
  after jsonb,
  primary key (contact_id, merge_id, n)
);

-- Pairs that may be one person. contact_id is the older record.
create table stewardship.duplicate (
  contact_id bigint not null,
  other_contact_id bigint not null,
  -- Why: {"phone", "name_company", "address", "typo"}.
  reasons text[] not null,
  -- 0 to 100: how sure.
  score int not null,
  state text not null check (state in ('open', 'dismissed')),
  found_at timestamptz not null,
  decided_by text,
  primary key (contact_id, other_contact_id)
);
create index duplicate_open on stewardship.duplicate (score desc, contact_id, other_contact_id) where state = 'open';
create index duplicate_other on stewardship.duplicate (other_contact_id);

-- A change of many contacts at once.
create table stewardship.bulk (
  id bigint primary key,
  -- In words: "Set country to DE".
  title text not null,
  action jsonb not null,
  -- Who is meant: {"filter": ...} or {"ids": [...]}.
  target jsonb not null,
  at timestamptz not null,
  by text not null,
  by_id text not null,
  total int not null,
  changed int not null default 0,
  -- {"unchanged": 12}: left out, by reason.
  skipped jsonb not null default '{}',
  job_id bigint,
  undo_job_id bigint,
  undone int not null default 0,
  finished_at timestamptz,
  undone_at timestamptz
);

-- What a bulk change did to a contact, to take it back within 30 days.
create table stewardship.bulk_change (
  contact_id bigint not null,
  bulk_id bigint not null,
  -- The earlier value.
  before jsonb,
  primary key (contact_id, bulk_id)
);
create index bulk_change_bulk on stewardship.bulk_change (bulk_id, contact_id);

-- The last count of data quality: exactly one row per kind of finding.
create table stewardship.quality (
  name text primary key,
  -- {"count": 12, ...}
  value jsonb not null,
  counted_at timestamptz not null
);

-- How a company stands, counted from its people by a job.
create table stewardship.company_standing (
  company_id bigint primary key,
  people int not null,
  -- People who did something themselves in the last 30 days.
  engaged int not null,
  score_sum double precision not null,
  -- Over all its people; who has no score counts as 0.
  score_average double precision not null,
  last_activity timestamptz,
  counted_at timestamptz not null
);
