// What the commands say that can take the rights of the last administrator.

/** In the help. */
export const refused = `Refused for the last administrator, unless you add
--last-administrator; then the next start prints the link for a first one.`;

/** After a refusal. */
export const otherwise = 'To do it all the same, add --last-administrator.';
