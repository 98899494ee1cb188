-- For an hour 0006 to 0011 were files that held nothing: they run again.
delete from schema_migrations where sha256 = 'da6389d5811b02ae883cd443c6266498f11213932105314246835ed4cf3d07fa';
