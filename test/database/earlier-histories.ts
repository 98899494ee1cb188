// All published states of the migrations, as lists of names with the beginning of each file's hash.
const start = ['0001_people_and_sessions.da2dca38a507'];
const mailbox = [
  ...start,
  '0002_messages.14a696ec9799',
  '0003_drafts.3250c73f094a',
  '0004_search.70de6070b463',
];
const accounts = [...mailbox, '0005_accounts_and_notices.a1e096508c73'];
const nothing = 'da6389d5811b';

const reserved = {
  '0006_mailbox_sizes': nothing,
  '0007_known_browsers': nothing,
  '0008_recovery_codes': nothing,
  '0009_second_factor': nothing,
  '0010_operator': nothing,
  '0011_transfers': nothing,
};
const names = { '0012_names_used': '13c7fcd5695b' };
const factor = { ...reserved, ...names, '0009_second_factor': '72e02d4e67ea' };
const browsers = { ...factor, '0007_known_browsers': '895d4e848ced' };
const sizes = { ...browsers, '0006_mailbox_sizes': 'ca31acd4d2ba' };
const exports = { ...sizes, '0011_transfers': 'fcc3ea416e24' };
const operator = { ...sizes, '0010_operator': '115149a3bd31' };
const codes = { ...operator, '0008_recovery_codes': 'e06bd81ddb5c' };
const together = { ...codes, '0011_transfers': 'fcc3ea416e24' };
const confirmed = { ...together, '0009_second_factor': 'b38283bdf6a3' };

const withAll = (hashes: Record<string, string>) => [
  ...accounts,
  ...Object.entries(hashes).map(([name, hash]) => `${name}.${hash}`),
];

export const earlierHistories = [
  [...start, '0002_messages.65014eb8a5ef'],
  mailbox,
  accounts,
  ...[reserved, { ...reserved, ...names }, factor, browsers, sizes, exports, operator, codes, together].map(
    withAll,
  ),
  withAll(confirmed),
  withAll({ ...confirmed, '0013_search_by_periods': 'a8743f419e30' }),
  withAll({ ...confirmed, '0013_search_by_periods': '4f3364a17a11' }),
  withAll({ ...confirmed, '0013_search_by_time': '0f2a52012653' }),
  withAll({ ...confirmed, '0013_search_by_time': '35abeb01adcd' }),
];
