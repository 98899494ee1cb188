-- The link of the first administrator is an invitation that also makes one.
alter table invitations add column makes_admin boolean not null default false;
