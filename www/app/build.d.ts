/** Whether the page contains the model server. */
declare const __STATIC__: boolean;
/** The URL of the repository, or empty. */
declare const __SOURCE__: string;
