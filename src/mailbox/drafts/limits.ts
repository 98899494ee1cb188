// How many drafts there may be, and how long ones.

/** How many drafts one person may have at a time. */
export const maxDrafts = 100;
/** Together with those kept through a login, which nobody has asked for. */
export const maxPreservedDrafts = 200;
/** Characters of a draft: what the field for a text holds, and of names more than its field does. */
export const maxDraftLength = { body: 100_000, recipient: 10_000 };
/** In UTF-8 all drafts of a person take no more. */
export const maxDraftBytes = maxPreservedDrafts * 4 * (maxDraftLength.body + maxDraftLength.recipient);
