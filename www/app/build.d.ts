/** Whether the page plays its model server itself. */
declare const __STATIC__: boolean;
/** The URL of the repository; empty if it isn't known. */
declare const __SOURCE__: string;
