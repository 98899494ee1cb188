-- How many errors the processes logged in each hour of the last days, for the page about the site's health.
create table error_counts (
  hour timestamptz primary key,
  errors integer not null
);
