// Limits on the number and the length of drafts.

export const maxDrafts = 100;
/** Including drafts preserved through a login, which nobody has asked for. */
export const maxPreservedDrafts = 200;
/** Characters: the maxlength of the text field, and more than that of the recipients. */
export const maxDraftLength = { body: 100_000, recipient: 10_000 };
/** UTF-8 bytes that all drafts of a user can take. */
export const maxDraftBytes = maxPreservedDrafts * 4 * (maxDraftLength.body + maxDraftLength.recipient);
