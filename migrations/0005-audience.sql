-- audience: who. `contact.id` is what every other table calls contact_id.
create schema audience;

-- A contact is somebody we know. Visitors have an id in `identity` and events, but no row here.
create table audience.contact (
  id bigint primary key,
  email text,
  first_name text,
  last_name text,
  phone text,
  company_id bigint,
  job_title text,
  country text,
  language text,
  time_zone text,
  stage text not null default 'lead',
  owner_id text,
  attrs jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Who or what changed it last, in words.
  updated_by text not null default '',
  version int not null default 1
) with (fillfactor = 85);
create index contact_created on audience.contact (created_at desc, id desc);
create index contact_updated on audience.contact (updated_at desc, id desc);
-- The orders of the list, exactly as contacts.list.ts asks for them; what is empty comes last (U+FFFF sorts after all).
-- The order of addresses serves the search by their beginning, too.
create index contact_email on audience.contact ((coalesce(email, U&'\FFFF') collate "C"), id);
create index contact_name on audience.contact
  ((coalesce(nullif(lower(coalesce(last_name || ' ', '') || coalesce(first_name, '')), ''), U&'\FFFF') collate "und-x-icu"), id);
create index contact_last_name on audience.contact ((lower(last_name) collate "C"));
create index contact_first_name on audience.contact ((lower(first_name) collate "C"));
create index contact_company on audience.contact (company_id) where company_id is not null;
create index contact_owner on audience.contact (owner_id) where owner_id is not null;

-- The only uniqueness over all contacts: one address, one user id, one device belongs to one contact.
create table audience.identity (
  kind text not null check (kind in ('email', 'user_id', 'anonymous_id')),
  value text not null check (length(value) between 1 and 512),
  contact_id bigint not null,
  -- A device on which two people made themselves known: it belongs to an anonymous visitor for good, and joins nobody.
  shared boolean not null default false,
  created_at timestamptz not null,
  primary key (value, kind)
);
create index identity_contact on audience.identity (contact_id);

-- Raised whenever a known identity is taken from somebody (merge, erasure): processes that remember identities look
-- here in every transaction. Exactly one row.
create table audience.identity_epoch (
  is_only boolean primary key default true check (is_only),
  epoch bigint not null default 0
);
insert into audience.identity_epoch default values;

-- Ids that were joined into another contact: old links and messages still find their person.
create table audience.redirect (
  contact_id bigint primary key,
  to_contact_id bigint not null,
  at timestamptz not null
);
create index redirect_to on audience.redirect (to_contact_id);

create table audience.company (
  id bigint primary key,
  external_id text unique,
  domain text unique,
  name text not null,
  attrs jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version int not null default 1
);
create index company_name on audience.company (lower(name) text_pattern_ops, id);

-- Typed custom fields: a row here, a key in contact.attrs, never a column.
create table audience.field (
  key text primary key check (key ~ '^[A-Za-z][A-Za-z0-9_ .-]{0,63}$'),
  label text not null,
  type text not null check (type in ('text', 'number', 'boolean', 'date', 'choice')),
  choices text[] not null default '{}',
  archived_at timestamptz,
  created_at timestamptz not null,
  source text not null
);

create table audience.list (
  id bigint primary key,
  name text not null,
  description text not null default '',
  archived_at timestamptz,
  created_at timestamptz not null,
  created_by text not null
);
create unique index list_name on audience.list (lower(name)) where archived_at is null;

create table audience.list_member (
  contact_id bigint not null,
  list_id bigint not null,
  added_at timestamptz not null,
  primary key (contact_id, list_id)
);
create index list_member_list on audience.list_member (list_id, contact_id);

create table audience.topic (
  id bigint primary key,
  name text not null,
  description text not null default '',
  archived_at timestamptz,
  created_at timestamptz not null
);

-- What a contact agreed to: append-only, with proof (GDPR article 7(1)). topic_id 0 = the purpose as a whole.
create table audience.consent (
  contact_id bigint not null,
  id bigint not null,
  purpose text not null,
  topic_id bigint not null default 0,
  state text not null check (state in ('granted', 'withdrawn', 'pending')),
  basis text not null,
  source text not null,
  wording text,
  proof jsonb not null default '{}',
  at timestamptz not null,
  primary key (contact_id, id)
);

-- The last word of the ledger above, for the gate and for segments.
create table audience.consent_current (
  contact_id bigint not null,
  purpose text not null,
  topic_id bigint not null default 0,
  state text not null,
  since timestamptz not null,
  primary key (contact_id, purpose, topic_id)
);

-- Addresses never to be written to, by keyed hash: it outlives the contact and gives nobody away.
create table audience.suppression (
  address_hash bytea primary key,
  reason text not null check (reason in ('unsubscribed', 'hard_bounce', 'complaint', 'erased', 'manual')),
  source text not null,
  at timestamptz not null
);
