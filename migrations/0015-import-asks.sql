-- audience: people of a file who are asked by mail to confirm that they want mail.
alter table audience.import
  add column asked int not null default 0,
  -- The letters of this import are spread up to here: the next one leaves no sooner.
  add column asking_until timestamptz;
