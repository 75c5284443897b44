-- engine: lanes, work and timers. All tables but `timer` and `parked` are local to one server (on Citus, the
-- coordinator); they hold references to events, never facts about a contact.
create schema engine;

-- The 64 lanes. Whoever owns a lane decides for its contacts; `epoch` grows with every change of hands.
-- A tick holds these rows FOR KEY SHARE until it commits; a takeover needs them FOR UPDATE. That is the fence.
create table engine.lane (
  lane smallint primary key check (lane between 0 and 63),
  owner text,
  epoch bigint not null default 0,
  -- Machine time: a lease is no business.
  lease_until timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into engine.lane (lane) select generate_series(0, 63);

-- The workers that live, to share the lanes out among them.
create table engine.worker (
  id text primary key,
  host text not null,
  process_id int not null,
  started_at timestamptz not null,
  alive_until timestamptz not null
) with (fillfactor = 50);

-- What is to be looked at: one row per lane and batch of events. The three arrays run in parallel.
create table engine.work (
  lane smallint not null,
  -- The moment the oldest of its events was queued: rows made by splitting keep their place in the line.
  queued_at timestamptz not null,
  id bigint not null,
  contact_ids bigint[] not null,
  -- 0 where there is no event: the contact is here for its timers.
  event_ids bigint[] not null,
  -- Milliseconds since 1970: exact, and cheaper to read and write than times.
  ats bigint[] not null,
  -- Failed attempts so far; rows above 0 hold one contact only, and hold back what comes after for it.
  attempt smallint not null default 0,
  not_before timestamptz not null default '-infinity',
  -- The reactors that still have to see these events; null means all of them.
  reactors jsonb,
  -- Timers that were due and are carried along: [{"contactId", "kind", "key", "dueAt"}].
  timers jsonb,
  primary key (lane, queued_at, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, toast_tuple_target = 8160);
-- Written once and read once: compressing the arrays in between would be the dearest part of queueing.
alter table engine.work alter column contact_ids set storage external;
alter table engine.work alter column event_ids set storage external;
alter table engine.work alter column ats set storage external;
create index work_retry_idx on engine.work (lane, not_before) where attempt > 0;

-- When a contact is to be looked at again, in business time. `key` is the id of what waits (an enrolment, a segment).
create table engine.timer (
  contact_id bigint not null,
  kind text not null,
  key bigint not null,
  due_at timestamptz not null,
  lane smallint not null,
  primary key (contact_id, kind, key)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index timer_due_idx on engine.timer (lane, due_at);

-- What could not be processed, with all that is needed to try it again by hand.
create table engine.parked (
  contact_id bigint not null,
  id bigint not null,
  -- error: it failed four times; loop: events caused each other deeper than allowed.
  kind text not null check (kind in ('error', 'loop')),
  reason text not null,
  detail text,
  attempts smallint not null,
  event_ids bigint[] not null,
  ats bigint[] not null,
  reactors jsonb,
  timers jsonb,
  parked_at timestamptz not null,
  primary key (contact_id, id)
);
create index parked_id_idx on engine.parked (id);
