// Contacts in exports and imports, by username.

export interface Contacts {
  /** Whom the owner has written to or accepted. */
  accepted: string[];
  blocked: string[];
}
