-- capture: landing pages. No table here has a row per contact: visits are kept by a hash that lives for a day.
create table capture.brand_kit (
  only_one boolean primary key default true check (only_one),
  kit jsonb not null,
  version integer not null,
  updated_at timestamptz not null,
  updated_by text not null
);

-- A domain of the customer's own on which pages are served.
create table capture.domain (
  id bigint primary key,
  host text not null unique check (host = lower(host)),
  -- pending: not shown to be ours yet; verified: pages are served; failed: the last check did not find the proof.
  status text not null check (status in ('pending', 'verified', 'failed')),
  -- What has to be found at the domain (TXT record or file).
  proof text not null,
  verified_at timestamptz,
  checked_at timestamptz,
  -- acme: we get and renew its certificate; proxy: something before us ends TLS.
  tls text not null check (tls in ('acme', 'proxy')),
  hsts boolean not null default false,
  -- Certificate chain in PEM; its key is sealed.
  certificate text,
  certificate_key text,
  certificate_until timestamptz,
  -- When the loop looks at it next: proof, certificate or renewal.
  due_at timestamptz,
  attempts integer not null default 0,
  -- Why the last attempt failed.
  words text,
  -- The page at "/" of this domain.
  home_page_id bigint,
  created_by text not null,
  created_at timestamptz not null,
  version integer not null
);
create index domain_due_idx on capture.domain (due_at);

-- Our account at a certificate authority; the key is sealed.
create table capture.acme_account (
  directory text primary key,
  account_key text not null,
  account_url text,
  made_at timestamptz not null
);

-- Answers that a certificate authority asks for at /.well-known/acme-challenge/.
create table capture.acme_challenge (
  token text primary key,
  answer text not null,
  made_at timestamptz not null
);

create table capture.page (
  id bigint primary key,
  name text not null,
  status text not null check (status in ('draft', 'live', 'paused', 'archived')),
  -- Of the draft; what is live stands in page_address.
  slug text not null,
  -- 0: the street itself.
  domain_id bigint not null default 0,
  document jsonb not null,
  -- Optimistic lock of the draft.
  version integer not null,
  live_version integer,
  -- Weights of a test that was decided: {"winner": "b", "at": ...}
  decision jsonb,
  owner_id text,
  review_on date,
  -- The draft goes live by itself at this moment, as the one who scheduled it.
  publish_at timestamptz,
  publish_by jsonb,
  unpublish_at timestamptz,
  -- Why what was scheduled did not happen.
  schedule_words text,
  updated_at timestamptz not null,
  updated_by text not null,
  created_at timestamptz not null
);
create index page_name_idx on capture.page (name, id);
create index page_publish_idx on capture.page (publish_at);
create index page_unpublish_idx on capture.page (unpublish_at);

-- What was published, for good.
create table capture.page_version (
  page_id bigint not null references capture.page,
  number integer not null,
  slug text not null,
  domain_id bigint not null,
  document jsonb not null,
  owner_id text not null,
  review_on date not null,
  published_by text not null,
  published_at timestamptz not null,
  primary key (page_id, number)
);

-- Every address that leads to a page: the one it has, and those it had, which redirect.
create table capture.page_address (
  domain_id bigint not null,
  slug text not null,
  page_id bigint not null references capture.page,
  is_current boolean not null,
  since timestamptz not null,
  primary key (domain_id, slug)
);
create index page_address_page_idx on capture.page_address (page_id);

-- Images of pages, freed of everything but the picture.
create table capture.page_image (
  id bigint primary key,
  name text not null,
  type text not null check (type in ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
  hash text not null unique,
  width integer not null,
  height integer not null,
  size integer not null,
  bytes bytea not null,
  created_by text not null,
  created_at timestamptz not null
);

-- The salt of a day: without it, and it is deleted after two days, nobody can say which address a hash was made of.
create table capture.page_salt (
  day date primary key,
  salt bytea not null
);

-- One visitor of a page on one day.
create table capture.page_visit (
  page_id bigint not null,
  day date not null,
  -- Keyed, and of that day only: nobody is known by it tomorrow.
  visitor_hash bytea not null,
  variant text not null,
  -- Where he came from, as the first view of the day said.
  source text not null,
  medium text not null,
  campaign text not null,
  click text not null,
  referrer text not null,
  -- As the last view of the day said.
  last_source text not null,
  last_campaign text not null,
  device text not null,
  is_bot boolean not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  views integer not null,
  -- Deepest scroll in percent and longest stay in seconds, as his browser told us.
  scroll smallint not null default 0,
  seconds integer not null default 0,
  -- The first time that he did what the page is for.
  converted_at timestamptz,
  conversions integer not null default 0,
  primary key (page_id, day, visitor_hash)
);
create index page_visit_day_idx on capture.page_visit (day);
