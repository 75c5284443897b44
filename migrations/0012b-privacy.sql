-- stewardship: what is kept about people, for how long, and the proof that it was taken away.
create schema if not exists stewardship;

-- That somebody was erased, in numbers: no name and no address, the contact that the id stood for is gone.
create table stewardship.erasure (
  contact_id bigint not null,
  id bigint not null,
  at timestamptz not null,
  by text not null,
  -- {"activity.event": 120, ...}: rows removed by table; scrubbed: texts elsewhere that named the person.
  removed jsonb not null,
  -- Until then a second pass removes what was under way at that moment.
  recheck_until timestamptz not null,
  primary key (contact_id, id)
);
create index erasure_recheck on stewardship.erasure (recheck_until);

-- Settings of privacy; what is not here has the default of src/stewardship/retention.ts.
create table stewardship.setting (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null,
  updated_by text not null
);
