-- capture: forms. What strangers send is kept as it came; what became of it is written to contacts by audience.
create table capture.form (
  id bigint primary key,
  -- In its address; given once, so that no embedded form ever breaks.
  key text not null unique check (key ~ '^[a-z0-9-]{5,60}$'),
  name text not null,
  status text not null check (status in ('draft', 'live', 'paused', 'archived')),
  document jsonb not null,
  -- Optimistic lock of the draft.
  version integer not null,
  live_version integer,
  -- Another version that is tried beside the live one: {"number": 2, "weight": 50, ...}
  test jsonb,
  owner_id text,
  review_on date,
  updated_at timestamptz not null,
  updated_by text not null,
  created_at timestamptz not null
);
create index form_name_idx on capture.form (name, id);

-- What was published, for good.
create table capture.form_version (
  form_id bigint not null references capture.form,
  number integer not null,
  document jsonb not null,
  owner_id text not null,
  review_on date not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (form_id, number)
);

-- Files that are given in return for a submission; the bytes lie in the data folder.
create table capture.form_asset (
  id bigint primary key,
  name text not null,
  type text not null,
  size integer not null,
  created_by text not null,
  created_at timestamptz not null
);

-- What somebody sent. Contact 0: it waits in quarantine, or nobody can be named for it.
create table capture.form_submission (
  contact_id bigint not null,
  id bigint not null,
  form_id bigint not null,
  version integer not null,
  at timestamptz not null,
  -- accepted: worked through; held: waits for a look; spam: somebody said so.
  status text not null check (status in ('accepted', 'held', 'spam')),
  -- Why it is held.
  reasons text[] not null,
  -- By field; consent with the wording that was agreed to.
  answers jsonb not null,
  consents jsonb not null,
  address text,
  -- For the search: all answers in lower case.
  words text not null,
  language text not null,
  -- Page, referrer, utm, shortened network address, browser.
  origin jsonb not null,
  -- Sent by a browser that we recognise, so it speaks for its contact.
  recognised boolean not null,
  primary key (contact_id, id)
);
create index form_submission_form_idx on capture.form_submission (form_id, id desc);
create index form_submission_held_idx on capture.form_submission (id) where contact_id = 0;
create index form_submission_address_idx on capture.form_submission (address) where address is not null;

-- A render token that was used, and what was answered: sending twice is answered twice and done once.
create table capture.form_token (
  id bigint primary key,
  form_id bigint not null,
  reply jsonb not null,
  at timestamptz not null
);
create index form_token_at_idx on capture.form_token (at);

-- Solutions of the proof of work that were used.
create table capture.form_proof (
  signature text primary key,
  until timestamptz not null
);
create index form_proof_until_idx on capture.form_proof (until);

-- How often within an hour, by a keyed hash of what is counted.
create table capture.form_tally (
  hash bytea not null,
  hour timestamptz not null,
  n integer not null,
  primary key (hash, hour)
);
create index form_tally_hour_idx on capture.form_tally (hour);

-- Files that strangers sent; the bytes lie in quarantine in the data folder. Not taken up by a submission they go after a day.
create table capture.form_upload (
  id bigint primary key,
  form_id bigint not null,
  field text not null,
  name text not null,
  type text not null,
  size integer not null,
  taken boolean not null,
  at timestamptz not null
);
create index form_upload_loose_idx on capture.form_upload (at) where not taken;

-- What was entered so far in a form that saves step by step; goes when it is sent, and after two weeks.
create table capture.form_partial (
  id bigint primary key,
  form_id bigint not null,
  version integer not null,
  answers jsonb not null,
  step text not null,
  at timestamptz not null
);
create index form_partial_form_idx on capture.form_partial (form_id, id desc);
create index form_partial_at_idx on capture.form_partial (at);

-- One showing of a form. Nothing here says whose it was.
create table capture.form_view (
  form_id bigint not null,
  id bigint not null,
  version integer not null,
  at timestamptz not null,
  source text not null,
  medium text not null,
  campaign text not null,
  host text not null,
  started_at timestamptz,
  completed_at timestamptz,
  -- Fields that were left with an answer, in the order they came first.
  touched text[] not null default '{}',
  last_field text,
  primary key (form_id, id)
);
create index form_view_at_idx on capture.form_view (form_id, at);
