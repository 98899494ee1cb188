// What public/app.js gives the other scripts.
declare function loadPage(address: string, headers?: Record<string, string>): Promise<Document | undefined>;
