-- activity: what happened, append-only. Partitions are made ahead by the program (src/activity/partitions.ts).
create schema activity;

-- One b-tree and one BRIN, no more: random indexes on this table are what limits the whole product.
create table activity.event (
  contact_id bigint not null,
  at timestamptz not null,
  id bigint not null,
  -- The event of the same contact that led to this one.
  cause_id bigint,
  source_id bigint,
  received_at timestamptz not null,
  -- How many events led here, one causing the next; the engine stops what goes too deep.
  depth smallint not null,
  type text not null,
  name text,
  data jsonb not null,
  primary key (contact_id, at, id)
) partition by range (at);
create index event_at_idx on activity.event using brin (at);

-- Catches what lies outside the months made ahead: old history, clocks that run wild.
create table activity.event_default partition of activity.event default;

-- Message ids already taken, as hashes of source and id. A partition spans a week, and the present one and the
-- one before are asked: a repetition collapses for at least 7 days at the price of two look-ups.
create table activity.seen (
  id uuid not null,
  week date not null,
  primary key (id, week)
) partition by list (week);
create table activity.seen_default partition of activity.seen default;

-- Names met so far, for pickers. last_seen is true to the hour.
create table activity.event_name (
  type text not null,
  name text not null,
  last_seen timestamptz not null,
  primary key (type, name)
);
