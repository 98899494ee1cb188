// Look-alike usernames: skeletons to compare, and reserved names that could pass for the operator.

/** Usernames with equal skeletons count as one; migrations/0014_look_alike_names.sql did this for older accounts. */
export function skeletonOf(username: string): string {
  // rn and vv in their long form, so that "vvv" has one skeleton however it is read.
  return username
    .replaceAll(/[._-]/g, '')
    .replaceAll('0', 'o')
    .replaceAll(/[1l]/g, 'i')
    .replaceAll('m', 'rn')
    .replaceAll('w', 'vv');
}

// Names that could pass for the operator, the program itself or nobody (after RFC 2142 and common lists).
const reserved = words(
  `account accounts all anonymous anybody api bot daemon deleted deletedaccount everybody everyone ftp guest help
  helpcenter helpcentre host inbox info localhost login logout mailer me member members message messages news nobody
  null private privatemessages register server setup settings somebody test the undefined unknown user users www you`,
);

/** Also reserved as one part of a name: support.team, admin-bob, the_operator. */
const official = words(
  `abuse admin administrator administrators admins helpdesk hostmaster mailerdaemon mod moderator moderators noreply
  notification notifications official operator operators owner postmaster root security service staff superuser support
  sysadmin sysop system team theoperator webmaster`,
);

function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/).map(skeletonOf));
}

// Also refuses names made only of reserved words, such as "supportteam".
const any = [...reserved, ...official].join('|');
const officialOnly = new RegExp(`^(?:${any})*(?:${[...official].join('|')})(?:${any})*$`);

export function isReserved(username: string): boolean {
  const skeleton = skeletonOf(username);
  const parts = username.split(/[._-]+/).map(skeletonOf);
  return reserved.has(skeleton) || parts.some((part) => official.has(part)) || officialOnly.test(skeleton);
}
