/** The URL of the folder that the page is in; its own API is below it. */
export const base = new URL('.', document.baseURI).href;
