-- With a hundred steps in its histogram a rare beginning of a name looked like a thousand people, and the list was
-- walked in the order of creation to find six of them.
alter index audience.contact_name alter column 1 set statistics 1000;
