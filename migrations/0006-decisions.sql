-- decisions: who qualifies. Definitions, memberships, counters; scoring has a file of its own (0006b).
create schema decisions;

-- The number in a text, or null: only a plain decimal number is one.
create function decisions.number_of(value text) returns numeric language sql immutable parallel safe as $$
  select case when value ~ '^ *[-+]?[0-9]{1,30}(\.[0-9]{1,30})? *$' then value::numeric end
$$;

-- The first moment of a calendar day in a zone. Where the clocks go back over midnight the day has two; where they
-- go forward over it, it begins with what comes instead.
create function decisions.day_start(day date, zone text) returns timestamptz language sql immutable strict parallel safe as $$
  select case
    when (day::timestamp - interval '3 hours') at time zone zone + interval '3 hours' < day::timestamp at time zone zone
      and (((day::timestamp - interval '3 hours') at time zone zone + interval '3 hours') at time zone zone)::date = day
      then (day::timestamp - interval '3 hours') at time zone zone + interval '3 hours'
    else day::timestamp at time zone zone
  end
$$;

-- The moment in a text, or null. ISO 8601 only; a day begins at midnight in the zone, a wall time is one of the zone.
create function decisions.moment_of(value text, zone text) returns timestamptz language sql stable parallel safe as $$
  select case
    when value !~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[-+](0[0-9]|1[0-4]):?[0-5][0-9])?)?$'
      then null
    when substr(value, 9, 2)::int > extract(day from (substr(value, 1, 8) || '01')::date + interval '1 month' - interval '1 day')
      then null
    when length(value) = 10 then decisions.day_start(value::date, zone)
    when value ~ '(Z|[-+][0-9][0-9]:?[0-9][0-9])$' then value::timestamptz
    else value::timestamp at time zone zone
  end
$$;

create table decisions.segment (
  id bigint primary key,
  name text not null,
  description text not null default '',
  status text not null default 'draft' check (status in ('draft', 'live', 'paused', 'archived')),
  owner_id text,
  review_on date,
  -- The filter that is being worked on; null before there is one.
  draft jsonb,
  -- Grows with every change; an editor must send the one it has read.
  version integer not null default 1,
  live_version integer,
  -- Contacts up to this id have been judged by the live version; null: all have.
  built_to bigint,
  built_at timestamptz,
  -- Why it cannot be asked; it keeps its last good members meanwhile.
  broken text,
  -- What the last nightly check found: members too many or too few.
  drift integer,
  checked_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- What was published, never changed again.
create table decisions.segment_version (
  segment_id bigint not null,
  version integer not null,
  filter jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (segment_id, version)
);

create table decisions.segment_member (
  contact_id bigint not null,
  segment_id bigint not null,
  entered_at timestamptz not null,
  primary key (contact_id, segment_id)
);
create index segment_member_segment_idx on decisions.segment_member (segment_id, contact_id);

-- What is counted by day: events of a type, a name and demands on their values, in one spelling.
create table decisions.metric (
  id bigint primary key,
  key text not null unique,
  definition jsonb not null,
  -- The zone whose days are counted; null: nothing has been counted yet.
  zone text,
  -- Set when the past has been counted; before, filters count in the ledger itself.
  ready boolean not null default false
);

-- Who needs it; the last one takes it along.
create table decisions.metric_user (
  metric_id bigint not null,
  user_kind text not null,
  user_id text not null,
  primary key (metric_id, user_kind, user_id)
);
create index metric_user_user_idx on decisions.metric_user (user_kind, user_id);

create table decisions.counter (
  contact_id bigint not null,
  metric_id bigint not null,
  day date not null,
  n integer not null,
  primary key (contact_id, metric_id, day)
) with (fillfactor = 80);
create index counter_metric_idx on decisions.counter (metric_id, day);
