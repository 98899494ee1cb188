// What public/app.js provides to the other scripts.
declare function loadPage(address: string, headers?: Record<string, string>): Promise<Document | undefined>;
