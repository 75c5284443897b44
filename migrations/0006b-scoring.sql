-- scoring: models with versions, the state of each contact, the ledger of every point.


create table decisions.score_model (
  id bigint primary key,
  name text not null,
  status text not null default 'draft' check (status in ('draft', 'live', 'paused', 'archived')),
  owner_id text,
  review_on date,
  draft jsonb not null,
  -- Grows with every change; an editor must send the one it has read.
  version integer not null default 1,
  live_version integer,
  -- The version by which all contacts were counted last.
  counted_version integer,
  -- A publication or a new watched value asks for a pass over the contacts; done follows wanted.
  passes_wanted integer not null default 0,
  passes_done integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- What was published, never changed again.
create table decisions.score_model_version (
  model_id bigint not null,
  version integer not null,
  definition jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (model_id, version)
);

-- Values between the thresholds that somebody waits for: the score conditions of live segments and workflows.
create table decisions.score_watch (
  model_id bigint not null,
  value double precision not null,
  user_kind text not null,
  user_id text not null,
  primary key (model_id, value, user_kind, user_id)
);
create index score_watch_user_idx on decisions.score_watch (user_kind, user_id);

-- The score of a contact: behaviour, as it was at as_of, decays from there by its half-life; fit does not.
create table decisions.score (
  contact_id bigint not null,
  model_id bigint not null,
  behaviour double precision not null,
  as_of timestamptz not null,
  fit double precision not null,
  -- Copied from the model, so that a score can be read without it; null: no decay.
  half_life_ms double precision,
  -- The fit rules that match now.
  fit_rules text[] not null,
  -- Every crossing of a threshold or watched value up to this moment has been told.
  settled_at timestamptz not null,
  -- The version of the model by which this was counted; another one means: recount from the ledger of events.
  model_version integer not null,
  primary key (contact_id, model_id)
) with (fillfactor = 85);
-- For recounts, which walk a model's contacts in key order.
create index score_model_idx on decisions.score (model_id, contact_id);

-- Every point with its reason. The id is made from what it was given for, so nothing is given twice.
create table decisions.score_entry (
  contact_id bigint not null,
  id bigint not null,
  model_id bigint not null,
  -- behaviour and workflow decay, fit does not.
  kind text not null check (kind in ('behaviour', 'fit', 'workflow')),
  rule_id text,
  points double precision not null,
  reason text not null,
  cause_id bigint,
  at timestamptz not null,
  key text not null,
  primary key (contact_id, id)
);
