// Names that look like another name, or like the people who run this place.

/**
 * What is left of a username when everything is the same that can be taken for another: two names with the same skeleton
 * are one name. rn and vv are compared in their long form, so that "vvv" is one skeleton however it is read. For names
 * as they are stored; migrations/0014_look_alike_names.sql did the same once for the accounts of before.
 */
export function skeletonOf(username: string): string {
  return username
    .replaceAll(/[._-]/g, '')
    .replaceAll('0', 'o')
    .replaceAll(/[1l]/g, 'i')
    .replaceAll('m', 'rn')
    .replaceAll('w', 'vv');
}

// Names that could pass for the people who run this place, for the program itself, or for no one
// (after RFC 2142 and the common lists of reserved names).
const reserved = words(
  `account accounts all anonymous anybody api bot daemon deleted deletedaccount everybody everyone ftp guest help helpcenter
  helpcentre host inbox info localhost login logout mailer me member members message messages news nobody null private
  privatemessages register server setup settings somebody test the undefined unknown user users www you`,
);

/** Of those, the ones that speak for this place also beside another word: support.team, admin-bob, the_operator. */
const official = words(
  `abuse admin administrator administrators admins helpdesk hostmaster mailerdaemon mod moderator moderators noreply
  notification notifications official operator operators owner postmaster root security service staff superuser support
  sysadmin sysop system team theoperator webmaster`,
);

function words(list: string): Set<string> {
  return new Set(list.trim().split(/\s+/).map(skeletonOf));
}

// "supportteam" as well, which is made of nothing else.
const any = [...reserved, ...official].join('|');
const officialOnly = new RegExp(`^(?:${any})*(?:${[...official].join('|')})(?:${any})*$`);

export function isReserved(username: string): boolean {
  const skeleton = skeletonOf(username);
  const parts = username.split(/[._-]+/).map(skeletonOf);
  return reserved.has(skeleton) || parts.some((part) => official.has(part)) || officialOnly.test(skeleton);
}
