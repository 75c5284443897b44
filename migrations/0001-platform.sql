-- platform: what the program itself needs to run. Local to one server, no contact in it.
create schema platform;

-- Numbers the running processes, so that ids made by two of them never collide.
create sequence platform.process_number as bigint;

-- Business time in the sandbox: real time plus this offset. Exactly one row.
create table platform.clock (
  is_only boolean primary key default true check (is_only),
  offset_ms bigint not null default 0
);
insert into platform.clock default values;

-- Facts about this installation: its id, the fingerprint of the key its secrets are sealed with.
create table platform.setting (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- Long work that people watch: imports, rebuilds, back-fills. pg-boss carries the id; this row is what is shown.
create table platform.job (
  id bigint primary key,
  name text not null,
  title text not null,
  key text,
  input jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'stopped')),
  done bigint not null default 0,
  total bigint,
  words text,
  -- Where a resumed run goes on; written together with what it stands for.
  cursor jsonb,
  error text,
  stop_requested boolean not null default false,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
-- One unfinished job per key: a second start of the same thing returns the first.
create unique index job_key on platform.job (name, key) where key is not null and state in ('queued', 'running');
create index job_recent on platform.job (id desc);
