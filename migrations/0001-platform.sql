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
