-- Answers to creating requests that named an Idempotency-Key: the same request again gets the same answer.
create table platform.idempotency (
  -- "key 123" or "user 456": a key means something only to who made it up.
  actor text not null,
  key text not null,
  -- SHA-256 of method, address and body.
  request_hash bytea not null,
  -- Null while the first is under way.
  status smallint,
  -- Sealed: an answer may hold a secret that is shown only once.
  answer text,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);
create index idempotency_created on platform.idempotency (created_at);
