-- A request for every range that fills up was more than the server keeps, and a line of its log each time. Autovacuum
-- summarizes what was inserted anyway; until then the last ranges are read whole.
alter index outreach.message_day_idx set (autosummarize = off);
alter index workflows.step_at_idx set (autosummarize = off);
alter index workflows.enrolment_entered_idx set (autosummarize = off);
alter index workflows.enrolment_ended_idx set (autosummarize = off);
