/** The URL of the page's folder, which also contains the page's own API. */
export const base = new URL('.', document.baseURI).href;
