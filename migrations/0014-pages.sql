-- New pages stand on the primary domain, if there is one.
alter table capture.domain add column is_primary boolean not null default false;
create unique index domain_primary_idx on capture.domain (is_primary) where is_primary;

-- The list of pages counts 30 days of visits without reading them.
create index page_visit_figures_idx on capture.page_visit (page_id, day) include (is_bot, converted_at);
