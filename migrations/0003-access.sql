-- access: who may use the product, and what they did in it. Small tables, none of them about a contact.
create schema access;

-- The first four tables are the sign-in library's, in our names; a test proves that it wants nothing else.
create table access."user" (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null,
  image text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  role text not null check (role in ('owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer')),
  active boolean not null,
  second_factor boolean not null default false
);

create table access.session (
  id text primary key,
  -- Ends after 12 idle hours; the row is moved on while it is used, never past 7 days after created_at.
  expires_at timestamptz not null,
  token text not null unique,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  ip_address text,
  user_agent text,
  user_id text not null references access."user" (id) on delete cascade,
  -- When the person last showed who he is; what is grave asks for minutes, not days.
  proven_at timestamptz,
  -- When the second factor was given in this session; null: it opens nothing yet, where one is asked for.
  second_factor_at timestamptz
);
create index session_user_id_idx on access.session (user_id);

create table access.account (
  id text primary key,
  account_id text not null,
  provider_id text not null,
  user_id text not null references access."user" (id) on delete cascade,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  -- argon2id in the PHC string format, so that the parameters can change without locking anybody out.
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index account_user_id_idx on access.account (user_id);

-- One-time sign-in links: the identifier holds the SHA-256 of the token, never the token.
create table access.verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index verification_identifier_idx on access.verification (identifier);

-- The secret of an authenticator app (RFC 6238), sealed; the last step used, so that no code works twice.
create table access.totp (
  user_id text primary key references access."user" (id) on delete cascade,
  secret text not null,
  last_step bigint not null default 0,
  created_at timestamptz not null,
  confirmed_at timestamptz
);

-- Ten per person, each good once; SHA-256 of 80 random bits.
create table access.recovery_code (
  user_id text not null references access."user" (id) on delete cascade,
  hash bytea not null,
  used_at timestamptz,
  primary key (user_id, hash)
);

-- People who are asked in. The link holds the token, this its hash.
create table access.invitation (
  id bigint primary key,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer')),
  token_hash bytea not null unique,
  created_at timestamptz not null,
  created_by text not null,
  created_by_name text not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by text,
  revoked_at timestamptz
);
create unique index invitation_open_idx on access.invitation (email) where accepted_at is null and revoked_at is null;

-- What owners decide for everybody who signs in: exactly one row.
create table access.rule (
  single boolean primary key default true check (single),
  second_factor_for_all boolean not null default false
);
insert into access.rule default values;

-- Attempts to sign in, counted per account, address and device in fixed windows.
create table access.throttle (
  bucket text primary key,
  started_at timestamptz not null,
  tries integer not null
);

create table access.api_key (
  id bigint primary key,
  name text not null,
  prefix text not null unique,
  -- SHA-256 of 256 random bits: nothing to guess, so no slow hash is needed.
  secret_hash bytea not null,
  role text not null check (role in ('owner', 'admin', 'marketer', 'analyst', 'sales', 'viewer')),
  -- null: everything its role may do.
  scopes text[],
  created_at timestamptz not null,
  -- The user who made it, null for the command line; a key dies with its maker's account.
  created_by text,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- What depends on what: "used by" on every definition.
create table access.reference (
  to_kind text not null,
  to_id text not null,
  from_kind text not null,
  from_id text not null,
  from_name text not null,
  primary key (to_kind, to_id, from_kind, from_id)
);
create index reference_from_idx on access.reference (from_kind, from_id);

-- Who changed what. Append-only; each row's hash covers the row before it.
create table access.audit (
  position bigint primary key,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  actor_name text not null,
  action text not null,
  subject_kind text not null,
  subject_id text not null,
  detail jsonb not null,
  hash bytea not null
);
create index audit_actor_idx on access.audit (actor_id, position);
create index audit_action_idx on access.audit (action text_pattern_ops, position);
create index audit_at_idx on access.audit using brin (at);
create index audit_subject_idx on access.audit (subject_kind, subject_id, position);

-- The end of the chain: exactly one row, locked while a row is appended.
create table access.audit_head (
  single boolean primary key default true check (single),
  position bigint not null default 0,
  hash bytea not null default '\x'
);
insert into access.audit_head default values;
