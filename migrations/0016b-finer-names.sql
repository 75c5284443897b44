-- With a hundred steps in a histogram a rare beginning of a name looked like a thousand people, and the list was
-- walked in the order of creation to find six of them.
alter index audience.contact_last_name alter column 1 set statistics 1000;
alter index audience.contact_first_name alter column 1 set statistics 1000;
