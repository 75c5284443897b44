-- audience: what people ask of us about their own data (GDPR articles 15 and 17). Fulfilled by the room above all.
create table audience.request (
  contact_id bigint not null,
  id bigint not null,
  kind text not null check (kind in ('export', 'erase')),
  state text not null default 'open' check (state in ('open', 'fulfilled', 'refused')),
  -- Where it was asked: the preference centre, a letter to the office ...
  source text not null,
  note text not null default '',
  opened_at timestamptz not null,
  due_on date not null,
  closed_at timestamptz,
  closed_by text,
  -- What the person was told when it was refused.
  reason text,
  primary key (contact_id, id)
);
-- One open request of a kind per person: asking twice is asking once.
create unique index request_open on audience.request (contact_id, kind) where state = 'open';
create index request_state on audience.request (state, due_on, id);
